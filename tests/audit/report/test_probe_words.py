"""Warnings beside a probe: a model that guesses, and one that answers everything alike."""

from audit.report.probe_words import EXPLAINED, no_skill, one_answer
from audit.results import Interval, Measure


def measure(name: str, metric: str, value: float, low: float | None = None) -> Measure:
    interval = Interval(low=low, high=1.0, confidence=0.95, method="Wilson") if low is not None else None
    return Measure(id=name, title=name, metric=metric, model="base", value=value, n=40, interval=interval)


def test_a_model_that_may_be_guessing_is_told():
    better = measure("base.probe.bbq.accuracy.disambiguated", "probe_accuracy", 0.6, 0.4)
    guessing = better.model_copy(update={"value": 0.36, "interval": better.interval.model_copy(update={"low": 0.3})})
    other = measure("base.probe.bbq.accuracy.ambiguous", "probe_accuracy", 0.1, 0.0)
    assert no_skill([other, better], EXPLAINED["bbq"], ("base",)) == ()
    (said,) = no_skill([other, guessing], EXPLAINED["bbq"], ("base", "tuned"))
    assert said.startswith("Base model: accuracy where the context tells the answer is 36.0")
    assert no_skill([guessing], EXPLAINED["winogender"], ("base",)) == ()


def test_a_model_that_answers_all_alike_is_told():
    flips, positive = measure("f", "flip_rate", 0.0), measure("p", "positive_answers", 0.0)
    (said,) = one_answer([flips, positive], ("base",))
    assert said.startswith("Base model: it answers every sentence alike")
    assert one_answer([flips, measure("p", "positive_answers", 0.4)], ("base",)) == ()
    assert one_answer([measure("f", "flip_rate", 0.1), positive], ("base",)) == ()
    assert one_answer([], ("base",)) == ()
