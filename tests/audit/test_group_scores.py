"""Balanced accuracy, F1 and macro-F1 by group, and every kind of gap: fairlearn's values over rows."""

import numpy as np
import pytest
from audit_frames import CHANCE, by_id, evidence, recipe

from audit.classification import classification_measures
from audit.fairness import fairness_measures
from audit.metrics import compute
from curate.audit_settings import RATE_METRICS, SCORE_METRICS

METRICS = (*RATE_METRICS, *SCORE_METRICS)
RANDOM = np.random.default_rng(9)
TRUTH, GROUPS = RANDOM.integers(0, 2, 240), RANDOM.choice(["blue", "green", "red"], 240)
ANSWERS = np.where(RANDOM.random(240) < 0.25 + 0.25 * (GROUPS == "red"), 1 - TRUTH, TRUTH)


@pytest.fixture(scope="module")
def table():
    return evidence(TRUTH.tolist(), {"given": ANSWERS.tolist()}, color=[[group] for group in GROUPS])


@pytest.fixture(scope="module")
def found(table):
    whole = classification_measures(table, recipe("color"), "given", METRICS, CHANCE)
    return by_id(
        [*whole, *fairness_measures(table, recipe("color"), "given", (*METRICS, "bias_amplification"), CHANCE)]
    )


def function(metric):
    import fairlearn.metrics
    import sklearn.metrics

    if metric == "macro_f1":
        return lambda truth, answers: sklearn.metrics.f1_score(truth, answers, average="macro")
    return getattr(sklearn.metrics, f"{metric}_score", None) or getattr(fairlearn.metrics, metric)


@pytest.mark.parametrize("metric", METRICS)
def test_values_and_gaps_are_fairlearns_over_rows(found, metric):
    from fairlearn.metrics import MetricFrame

    frame = MetricFrame(metrics=function(metric), y_true=TRUTH, y_pred=ANSWERS, sensitive_features=GROUPS)
    expected = {
        "": frame.overall,
        **{f".color.{group}": frame.by_group[group] for group in ("blue", "green", "red")},
        ".color.difference": frame.difference(method="between_groups"),
        ".color.ratio": frame.ratio(method="between_groups"),
        ".color.lowest": frame.group_min(),
        ".color.highest": frame.group_max(),
        ".color.difference_to_overall": frame.difference(method="to_overall"),
        ".color.ratio_to_overall": frame.ratio(method="to_overall"),
    }
    for name, value in expected.items():
        measure = found[f"given.{metric}{name}"]
        assert measure.value == pytest.approx(value, abs=1e-12), name
        assert measure.interval.low <= measure.value <= measure.interval.high, name


def test_bias_amplification_by_hand(found):
    def gap(values):
        rates = [values[group == GROUPS].mean() for group in ("blue", "green", "red")]
        return max(rates) - min(rates)

    measure = found["given.bias_amplification.color.difference"]
    assert measure.value == pytest.approx(gap(ANSWERS) - gap(TRUTH))
    assert measure.parts == ("given.selection_rate.color.difference", "given.prevalence.color.difference")


def test_every_number_is_recomputed_from_its_rows(table, found):
    for measure in found.values():
        assert compute(measure, table, found) == pytest.approx(measure.value, abs=1e-12), measure.id


def test_a_score_over_one_kind_of_rows_is_undefined():
    table = evidence([1, 1, 0, 1], {"given": [1, 0, 1, 1]}, color=[["a"], ["a"], ["b"], ["b"]])
    found = by_id(fairness_measures(table, recipe("color"), "given", ("balanced_accuracy",), CHANCE))
    measure = found["given.balanced_accuracy.color.a"]
    assert (measure.value, measure.undefined) == (None, "there are not both truly positive and truly negative rows")
    assert found["given.balanced_accuracy.color.difference"].value is None


def test_every_label_against_the_others():
    truth, answers = list("abcabcabca"), list("abcbbaacca")
    groups = [["x"], ["y"]] * 5
    asked = recipe("color", task={"kind": "classification", "label": "label", "prediction": "answer"})
    table = evidence(truth, {"given": answers}, color=groups)
    found = by_id(fairness_measures(table, asked, "given", ("accuracy",), CHANCE))
    in_x = np.array([group == ["x"] for group in groups])
    right, told = np.array(truth), np.array(answers)
    assert found["given.true_positive_rate.of.b.color.x"].value == pytest.approx(
        (told[in_x & (right == "b")] == "b").mean()
    )
    assert found["given.false_positive_rate.of.b.color.x"].value == pytest.approx(
        (told[in_x & (right != "b")] == "b").mean()
    )
    assert found["given.precision.of.a.color.y"].value == pytest.approx((right[~in_x & (told == "a")] == "a").mean())
    assert found["given.selection_rate.of.c.color.y"].value == pytest.approx((told[~in_x] == "c").mean())


def test_a_row_of_two_groups_is_one_row_of_their_gap():
    groups = [["a", "b"], ["a"], ["b"], ["unknown"]] * 10
    table = evidence([0, 1, 1, 0] * 10, {"given": [0, 1, 0, 0] * 10}, color=groups)
    found = by_id(fairness_measures(table, recipe("color"), "given", ("f1", "accuracy"), CHANCE))
    assert found["given.f1.color.difference"].n == found["given.accuracy.color.difference"].n == 30


def test_odds_that_are_undefined_have_no_p_value():
    table = evidence([0, 0, 1, 0] * 10, {"given": [0, 1, 1, 0] * 10}, color=[["a"], ["b"], ["b"], ["a"]] * 10)
    found = by_id(fairness_measures(table, recipe("color"), "given", ("equalized_odds",), CHANCE))
    odds = found["given.equalized_odds.color.difference"]
    assert (odds.value, odds.interval, odds.p_value) == (None, None, None)
    assert odds.undefined
