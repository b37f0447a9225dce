"""Gates: which measure each is about, and what is said of it."""

import pytest

from audit.gates import Question, verdict
from audit.results import Interval, Measure
from curate.audit_settings import Gate


@pytest.mark.parametrize(
    ("gate", "whose", "name"),
    [
        ({"metric": "accuracy", "min": 0.5}, "tuned", "tuned.accuracy"),
        ({"metric": "accuracy", "of": "tuned_minus_base", "min": 0.0}, "tuned_minus_base", "change.accuracy"),
        (
            {"metric": "equalized_odds", "compare": "ratio", "group": "Age Band", "min": 0.8},
            "given",
            "given.equalized_odds.age_band.ratio",
        ),
        (
            {"metric": "drop_rate", "compare": "ratio", "group": "g", "step": "length-2", "min": 0.8},
            "",
            "drop_rate.length-2.g.ratio",
        ),
        (
            {"metric": "drop_rate", "compare": "difference", "group": "g", "max": 0.1},
            "",
            "drop_rate.all_steps.g.difference",
        ),
        ({"metric": "label_rate", "compare": "difference", "group": "g", "max": 0.1}, "", "label_rate.g.difference"),
        (
            {"metric": "mention_change", "compare": "difference", "group": "g", "max": 0.1},
            "",
            "mention_change.all_steps.g.difference",
        ),
    ],
)
def test_the_measure_of_a_gate(gate, whose, name):
    assert Question(Gate(**gate), whose).measure_id == name


def measured(low: float, high: float, **more: object) -> dict[str, Measure]:
    interval = Interval(low=low, high=high, confidence=0.95, method="m")
    measure = Measure(
        id="change.accuracy", title="", metric="accuracy", value=(low + high) / 2, n=900, interval=interval
    )
    return {"change.accuracy": measure.model_copy(update=more)}


def judge(measures: dict[str, Measure], **gate: float):
    return verdict(Question(Gate(metric="accuracy", of="tuned_minus_base", **gate), "tuned_minus_base"), measures, 0.95)


def test_the_sentence_says_value_n_interval_and_limit():
    found = judge(measured(0.01, 0.05), min=0.0)
    assert found.outcome == "met"
    assert found.gate == "the change of the accuracy from base to tuned must be at least 0.0 points"
    assert found.sentence == (
        "The change of the accuracy from base to tuned is 3.0 points, n = 900, 95 % interval 1.0 to 5.0 points. "
        "The limit is at least 0.0 points; all of it keeps the limit: met."
    )


def test_at_the_limit():
    assert judge(measured(0.0, 0.1), min=0.0).outcome == "met"
    assert judge(measured(0.0, 0.1), max=0.1).outcome == "met"
    assert judge(measured(0.1, 0.2), max=0.1).outcome == "insufficient evidence"
    assert judge(measured(0.11, 0.2), max=0.1).outcome == "not met"


def test_without_measure_value_or_interval_nothing_is_met():
    assert judge({}, min=-1.0).outcome == "insufficient evidence"
    undefined = judge(measured(0, 0, value=None, interval=None, undefined="no rows"), min=-1.0)
    assert (undefined.outcome, "is undefined: no rows" in undefined.sentence) == ("insufficient evidence", True)
    bare = judge(measured(0, 0, interval=None), min=-1.0)
    assert (bare.outcome, "without an interval" in bare.sentence) == ("insufficient evidence", True)


def test_unread_answers_widen_a_gap():
    def rate(name: str, low: float, high: float, **more: object) -> Measure:
        interval = Interval(low=low, high=high, confidence=0.95, method="Wilson")
        return Measure(
            id=name,
            title="",
            metric="accuracy",
            model="given",
            value=(low + high) / 2,
            n=50,
            numerator=25,
            interval=interval,
            **more,
        )

    unparsed = Measure(id="given.unparsed", title="", metric="unparsed", model="given", value=0.1, n=100, numerator=10)
    parts = [rate("given.accuracy.g.a", 0.50, 0.52), rate("given.accuracy.g.b", 0.50, 0.52)]
    cases = [
        rate(f"{part.id}.{case}", *ends)
        for part in parts
        for case, ends in (("worst_case", (0.3, 0.4)), ("best_case", (0.6, 0.7)))
    ]
    gap = rate(
        "given.accuracy.g.difference",
        0.0,
        0.02,
        compare="difference",
        attribute="g",
        parts=tuple(part.id for part in parts),
    )
    measures = {measure.id: measure for measure in (unparsed, gap, *parts, *cases)}
    question = Question(Gate(metric="accuracy", of="given", compare="difference", group="g", max=0.1), "given")
    assert verdict(question, measures, 0.95).outcome == "insufficient evidence"
    assert "interval 0.0 to 40.0 points" in verdict(question, measures, 0.95).sentence
    del measures["given.unparsed"]
    assert verdict(question, measures, 0.95).outcome == "met"


def test_a_change_of_accuracy_stands_beside_the_baseline():
    measures = measured(0.01, 0.05, parts=("base.accuracy", "tuned.accuracy"))
    for name, value in (("base.accuracy", 0.58), ("tuned.accuracy", 0.61), ("majority_baseline", 0.6)):
        measures[name] = Measure(id=name, title="", metric="accuracy", value=value, n=900, label="0")
    sentence = judge(measures, min=0.0).sentence
    assert "Accuracy: base 58.0 %, tuned 61.0 %, always answering the commonest label (0) 60.0 %. The limit" in sentence
