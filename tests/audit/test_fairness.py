"""Group metrics: fairlearn's values at row level, and each a second time by hand."""

import numpy as np
import pytest
from audit_frames import CHANCE, by_id, evidence, recipe

from audit.fairness import fairness_measures
from audit.metrics import GROUP_GAPS
from audit.results import Measure

METRICS = (
    "accuracy",
    "selection_rate",
    "true_positive_rate",
    "false_positive_rate",
    "equalized_odds",
    "equalized_odds_mean",
)


def measured(truth, answers, groups) -> dict[str, Measure]:
    found = fairness_measures(
        evidence(truth, {"given": answers}, color=groups), recipe("color"), "given", METRICS, CHANCE
    )
    return by_id(found)


@pytest.fixture(scope="module")
def drawn():
    random = np.random.default_rng(5)
    truth, groups = random.integers(0, 2, 200), random.choice(["blue", "green", "red"], 200)
    answers = np.where(random.random(200) < 0.3 + 0.3 * (groups == "red"), 1 - truth, truth)
    return truth, answers, groups, measured(truth.tolist(), answers.tolist(), [[group] for group in groups])


@pytest.mark.parametrize("metric", ["accuracy", "selection_rate", "true_positive_rate", "false_positive_rate"])
def test_values_are_fairlearns_over_rows(drawn, metric):
    import fairlearn.metrics
    from sklearn.metrics import accuracy_score

    truth, answers, groups, found = drawn
    function = accuracy_score if metric == "accuracy" else getattr(fairlearn.metrics, metric)
    frame = fairlearn.metrics.MetricFrame(metrics=function, y_true=truth, y_pred=answers, sensitive_features=groups)
    for group in ("blue", "green", "red"):
        assert found[f"given.{metric}.color.{group}"].value == pytest.approx(frame.by_group[group], abs=1e-12)
    assert found[f"given.{metric}.color.difference"].value == pytest.approx(frame.difference(), abs=1e-12)
    assert found[f"given.{metric}.color.ratio"].value == pytest.approx(frame.ratio(), abs=1e-12)


def test_equalized_odds_are_fairlearns_over_rows(drawn):
    from fairlearn.metrics import equalized_odds_difference, equalized_odds_ratio

    truth, answers, groups, found = drawn
    for metric, how in (("equalized_odds", "worst_case"), ("equalized_odds_mean", "mean")):
        difference = equalized_odds_difference(truth, answers, sensitive_features=groups, agg=how)
        ratio = equalized_odds_ratio(truth, answers, sensitive_features=groups, agg=how)
        assert found[f"given.{metric}.color.difference"].value == pytest.approx(difference, abs=1e-12)
        assert found[f"given.{metric}.color.ratio"].value == pytest.approx(ratio, abs=1e-12)
    worse, mean = (
        found[f"given.{metric}.color.difference"].interval for metric in ("equalized_odds", "equalized_odds_mean")
    )
    assert mean.low <= worse.low
    assert mean.high < worse.high


def test_values_by_hand():
    truth = [1, 1, 0, 0, 1, 0, 0, 0]
    answers = [1, 0, 1, 0, 1, 0, 0, 1]
    groups = [["a"]] * 4 + [["b"]] * 4
    found = measured(truth, answers, groups)
    values = {
        "accuracy": (2 / 4, 3 / 4), "selection_rate": (2 / 4, 2 / 4), "true_positive_rate": (1 / 2, 1 / 1), "false_positive_rate": (1 / 2, 1 / 3),
    }  # fmt: skip
    for metric, (a, b) in values.items():
        assert found[f"given.{metric}.color.a"].value == pytest.approx(a)
        assert found[f"given.{metric}.color.b"].value == pytest.approx(b)
        assert found[f"given.{metric}.color.a.rest"].value == pytest.approx(b)
        assert found[f"given.{metric}.color.a.difference"].value == pytest.approx(a - b)
        assert found[f"given.{metric}.color.a.ratio"].value == pytest.approx(a / b)
        assert found[f"given.{metric}.color.difference"].value == pytest.approx(abs(a - b))
        assert found[f"given.{metric}.color.ratio"].value == pytest.approx(min(a, b) / max(a, b))
    assert found["given.equalized_odds.color.difference"].value == pytest.approx(max(1 / 2, 1 / 6))
    assert found["given.equalized_odds.color.ratio"].value == pytest.approx(1 / 2)


def test_counts_behind_a_rate(drawn):
    truth, answers, groups, found = drawn
    measure = found["given.false_positive_rate.color.red"]
    mask = (truth == 0) & (groups == "red")
    assert (measure.numerator, measure.n) == (int((answers[mask] == 1).sum()), int(mask.sum()))
    rest = found["given.false_positive_rate.color.red.rest"]
    mask = (truth == 0) & (groups != "red")
    assert (rest.numerator, rest.n) == (int((answers[mask] == 1).sum()), int(mask.sum()))


def test_a_ratio_over_nobody_is_undefined():
    found = measured([1, 0, 1, 0], [0, 0, 0, 0], [["a"], ["a"], ["b"], ["b"]])
    for name in ("given.selection_rate.color.ratio", "given.selection_rate.color.a.ratio"):
        assert found[name].value is None
        assert found[name].undefined
    assert found["given.selection_rate.color.difference"].value == 0.0


def test_every_gap_names_its_groups(drawn):
    _truth, _answers, _groups, found = drawn
    for metric in METRICS[:4]:
        for compare in GROUP_GAPS:
            gap = found[f"given.{metric}.color.{compare}"]
            groups = tuple(f"given.{metric}.color.{group}" for group in ("blue", "green", "red"))
            assert gap.parts == ((f"given.{metric}", *groups) if compare.endswith("to_overall") else groups)
            assert gap.note.startswith("highest ")
            assert "simultaneous" in gap.interval.method


def test_a_class_that_is_predicted_and_true_of_nobody_has_rates_of_its_own():
    groups = [["blue"], ["blue"], ["red"], ["red"]]
    found = measured(["1", "0", "1", "0"], ["2", "0", "1", "2"], groups)
    assert [found[f"given.accuracy.color.{group}"].value for group in ("blue", "red")] == [0.5, 0.5]
    assert found["given.selection_rate.of.2.color.blue"].value == 0.5
    undefined = found["given.true_positive_rate.of.2.color.blue"]
    assert (undefined.value, undefined.undefined) == (None, "no row here is truly 2")
    assert found["given.false_positive_rate.of.2.color.red"].value == 0.5


def test_the_precision_of_a_class_that_is_true_of_nobody_is_zero():
    table = evidence(["1", "0"] * 2, {"given": ["2", "0"] * 2}, color=[["blue"]] * 4)
    found = by_id(fairness_measures(table, recipe("color"), "given", ("precision",), CHANCE))
    assert (found["given.precision.of.2.color.blue"].value, found["given.precision.of.2.color.blue"].n) == (0.0, 2)
