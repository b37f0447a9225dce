"""Calibration, Brier score and log loss where scores are missing for some rows, and where a label was never scored."""

import numpy as np
import polars as pl
import pytest
from audit_frames import CHANCE, by_id, kept, recipe

from audit.calibration import certainty_measures
from audit.evidence import Evidence
from audit.metrics import compute
from audit.prediction_table import prediction_table

TRUTH = [0, 1, 0, 1, 1, 0, 1, 0] * 10
SCORES = [0.1, 0.9, 0.6, 0.7, 0.4, 0.2, None, float("nan")] * 10
ASKED = ("auc", "calibration_error", "log_loss")


def measured(answers: pl.DataFrame, truth=TRUTH):
    rows = kept(truth, color=[["a"], ["b"]] * (len(truth) // 2))
    table = prediction_table(rows, {"given": answers.with_columns(row=rows["row"])}, recipe("color"))
    evidence = Evidence({"predictions": table}, ())
    return evidence, by_id(certainty_measures(evidence, recipe("color"), "given", ASKED, CHANCE))


def test_rows_without_a_score_are_not_counted_and_spoil_nothing():
    answers = pl.DataFrame({"answer": ["1" if (score or 0) > 0.5 else "0" for score in SCORES], "score": SCORES})
    evidence, found = measured(answers)
    known = [
        (truth, score) for truth, score in zip(TRUTH, SCORES, strict=True) if score is not None and not np.isnan(score)
    ]
    chances = [score if truth else 1 - score for truth, score in known]
    assert found["given.log_loss"].n == found["given.brier"].n == found["given.auc"].n == len(known) == 60
    assert found["given.log_loss"].value == pytest.approx(-np.mean(np.log(chances)))
    assert found["given.brier"].value == pytest.approx(np.mean([(1 - chance) ** 2 for chance in chances]))
    for measure in found.values():
        assert compute(measure, evidence, found) == pytest.approx(measure.value, abs=1e-12), measure.id


def test_a_true_label_that_was_not_scored_was_given_no_chance():
    answers = pl.DataFrame({"answer": ["0", "1"] * 2, "score_0": [0.0, -1.0] * 2, "score_1": [-1.0, 0.0] * 2})
    _evidence, found = measured(answers, [0, 1, 2, 1])
    sure = -np.log(1 / (1 + np.exp(-1.0)))
    assert found["given.log_loss"].value == pytest.approx((3 * sure - np.log(2.220446049250313e-16)) / 4)
    chance = 1 / (1 + np.exp(-1.0))
    squares = 3 * (1 - chance) ** 2 + (chance**2 + (1 - chance) ** 2 + 1) / 2
    assert found["given.brier"].value == pytest.approx(squares / 4)
