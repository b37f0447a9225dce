"""AUC by group, BPSN and BNSP AUC: over rows that are picked by hand."""

import numpy as np
import polars as pl
import pytest
from audit_frames import CHANCE, by_id, kept, recipe

from audit.calibration import certainty_measures
from audit.evidence import Evidence
from audit.metrics import compute
from audit.prediction_table import prediction_table
from audit.quotients import BY_GROUP
from audit.ranking import ranking_changes

RANDOM = np.random.default_rng(6)
TRUTH = RANDOM.integers(0, 2, 160)
GROUPS = [
    ["a", "b"] if place % 8 == 0 else ["unknown"] if place % 11 == 0 else ["a"] if place % 2 else ["b"]
    for place in range(160)
]
SCORES = {
    model: (RANDOM.random(160) + weight * TRUTH) / (1 + weight) for model, weight in (("base", 0.2), ("tuned", 0.7))
}


@pytest.fixture(scope="module")
def table() -> Evidence:
    rows = kept(TRUTH.tolist(), color=GROUPS)
    answers = {
        model: pl.DataFrame(
            {"row": rows["row"], "answer": ["1" if score > 0.5 else "0" for score in scores], "score": scores}
        )
        for model, scores in SCORES.items()
    }
    return Evidence({"predictions": prediction_table(rows, answers, recipe("color"))}, ())


@pytest.fixture(scope="module")
def found(table):
    each = [
        m for model in SCORES for m in certainty_measures(table, recipe("color"), model, ("auc", "log_loss"), CHANCE)
    ]
    return by_id([*each, *ranking_changes(table, each, CHANCE)])


def of(positive, negative, model="tuned"):
    from sklearn.metrics import roc_auc_score

    inside = (positive & (TRUTH == 1)) | (negative & (TRUTH == 0))
    return roc_auc_score(TRUTH[inside], SCORES[model][inside])


def test_auc_by_group_and_of_groups_against_the_rest(found):
    every, in_a = np.full(160, fill_value=True), np.array(["a" in group for group in GROUPS])
    rest = np.array(["a" not in group and "unknown" not in group for group in GROUPS])
    assert found["tuned.auc"].value == pytest.approx(of(every, every))
    assert found["tuned.auc.color.a"].value == pytest.approx(of(in_a, in_a))
    assert found["tuned.bpsn_auc.color.a"].value == pytest.approx(of(rest, in_a))
    assert found["tuned.bnsp_auc.color.a"].value == pytest.approx(of(in_a, rest))
    assert found["tuned.bnsp_auc.color.a"].n == int((in_a & (TRUTH == 1)).sum() + (rest & (TRUTH == 0)).sum())
    assert found["tuned.auc.color.unknown"].n == sum(group == ["unknown"] for group in GROUPS)
    assert "tuned.bpsn_auc.color.unknown" not in found  # who is outside the unknown is not known


def test_gaps_and_changes(found):
    a, b = (found[f"tuned.auc.color.{group}"].value for group in "ab")
    assert found["tuned.auc.color.difference"].value == pytest.approx(abs(a - b))
    assert found["tuned.auc.color.lowest"].value == min(a, b)
    change = found["change.auc"]
    assert change.value == pytest.approx(found["tuned.auc"].value - found["base.auc"].value)
    assert change.interval.low <= change.value <= change.interval.high
    assert change.test == "DeLong's paired test"
    moved = found["change.auc.color.difference"]
    gaps = [found[f"{model}.auc.color.difference"].value for model in ("base", "tuned")]
    assert moved.value == pytest.approx(gaps[1] - gaps[0])
    assert moved.interval.low < moved.value < moved.interval.high
    # as wide as the errors of four AUCs that err by themselves, or narrower as those of a group err together
    widths = [
        (m.interval.high - m.interval.low) / 2
        for m in found.values()
        if m.metric == "auc" and m.group in ("a", "b") and m.model
    ]
    assert moved.interval.high - moved.interval.low < 2 * np.sqrt(np.sum(np.square(widths))) * 1.1


def test_every_number_is_recomputed_from_its_rows(table, found):
    for measure in found.values():
        assert compute(measure, table, found) == pytest.approx(measure.value, abs=1e-12), measure.id


def test_log_loss_is_scikit_learns(found):
    from sklearn.metrics import log_loss

    in_a = np.array(["a" in group for group in GROUPS])
    assert found["tuned.log_loss"].value == pytest.approx(log_loss(TRUTH, SCORES["tuned"]))
    assert found["base.log_loss.color.a"].value == pytest.approx(log_loss(TRUTH[in_a], SCORES["base"][in_a]))
    assert found["base.log_loss.color.a"].interval.method == f"{BY_GROUP}, 400 replicates, seed 7"


def test_scores_that_are_missing_on_different_rows_are_compared_as_far_as_they_are_there():
    rows = kept(TRUTH.tolist(), color=GROUPS)
    missing = {"base": {3}, "tuned": {10, 11}}
    answers = {
        model: pl.DataFrame(
            {
                "row": rows["row"],
                "answer": ["1" if score > 0.5 else "0" for score in scores],
                "score": [None if place in missing[model] else score for place, score in enumerate(scores)],
            }
        )
        for model, scores in SCORES.items()
    }
    table = Evidence({"predictions": prediction_table(rows, answers, recipe("color"))}, ())
    each = [m for model in SCORES for m in certainty_measures(table, recipe("color"), model, ("auc",), CHANCE)]
    found = by_id([*each, *ranking_changes(table, each, CHANCE)])
    assert (found["base.auc"].n, found["tuned.auc"].n) == (159, 158)
    for name in ("change.auc", "change.auc.color.a", "change.auc.color.difference"):
        assert found[name].interval.low < found[name].value < found[name].interval.high, name
    assert found["change.auc.color.difference"].interval.method.startswith("draws of both AUCs")
