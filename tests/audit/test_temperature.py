"""Temperature scaling: the fit by its own conditions, that no test row is looked at, and what the test rows become by it."""

import numpy as np
import polars as pl
import pytest
from audit_frames import CHANCE, by_id, kept, recipe

from audit.calibration import certainty_measures
from audit.evidence import Evidence
from audit.metrics import compute
from audit.prediction_table import prediction_table
from audit.temperature import HIGHEST, LOWEST, temperature_interval, temperature_of, temperatures_of, validation_table

ASKED = ("calibration_error", "log_loss")
TASK = {"kind": "classification", "label": "label", "text": "text", "labels": {"0": "no", "1": "yes"}}
RECIPE = recipe(task=TASK, split={}, train={})


def drawn(rows: int, seed: int, sharpness: float) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rows whose labels are drawn from the model's probabilities, and scores that are `sharpness` times too far apart."""
    random = np.random.default_rng(seed)
    logits = random.normal(size=(rows, 2)) * 1.5
    chance = 1 / (1 + np.exp(logits[:, 0] - logits[:, 1]))
    truth = (random.random(rows) < chance).astype(int)
    frame = kept(truth.tolist())
    scores = logits * sharpness
    said = pl.DataFrame({"row": frame["row"], "score_0": scores[:, 0], "score_1": scores[:, 1]})
    return frame, said.with_columns(answer=pl.Series([str(label) for label in scores.argmax(axis=1)]))


def evidence_of(validation, test) -> Evidence:
    (rows, said), (test_rows, test_said) = validation, test
    table = validation_table(rows, {"tuned": said}, RECIPE)
    temperatures = temperatures_of(table, ("tuned",))
    predictions = prediction_table(test_rows, {"tuned": test_said}, RECIPE, temperatures)
    return Evidence({"predictions": predictions, "validation": table}, ())


def by_hand(scores, truth, temperature):
    scaled = scores / temperature
    return np.log(np.exp(scaled).sum(axis=1)) - scaled[np.arange(len(truth)), truth]


def test_the_fit_is_where_the_log_loss_is_lowest_and_its_interval_is_its_curvature():
    rows, said = drawn(400, 3, 3.0)
    table = validation_table(rows, {"tuned": said}, RECIPE)
    found = temperature_of(table, "tuned")
    scores, truth = said.select("score_0", "score_1").to_numpy(), rows["label"].cast(pl.Int64).to_numpy()
    losses = {t: by_hand(scores, truth, t).mean() for t in np.round(np.arange(2, 5, 0.001), 4)}
    assert found == pytest.approx(min(losses, key=losses.get), abs=0.001)
    assert 2.4 < found < 3.7  # the scores are three times too far apart
    interval = temperature_interval(table, "tuned", found, 0.95)
    step, at = 1e-3, np.log(found)
    around = [by_hand(scores, truth, np.exp(at + move)).sum() for move in (-step, 0.0, step)]
    error = 1 / np.sqrt((around[0] - 2 * around[1] + around[2]) / step**2)
    assert np.log(interval.high / found) == pytest.approx(1.959964 * error, rel=1e-3)
    assert interval.low * interval.high == pytest.approx(found**2)


def test_test_rows_move_no_temperature_and_are_judged_by_it():
    validation, test = drawn(300, 3, 3.0), drawn(200, 4, 3.0)
    evidence = evidence_of(validation, test)
    found = by_id(certainty_measures(evidence, RECIPE, "tuned", ASKED, CHANCE))
    temperature = found["tuned.temperature"]
    other = by_id(certainty_measures(evidence_of(validation, drawn(200, 5, 0.2)), RECIPE, "tuned", ASKED, CHANCE))
    assert temperature.value == other["tuned.temperature"].value
    assert (temperature.n, temperature.selection.table) == (300, "validation")
    rows, said = test
    scores, truth = said.select("score_0", "score_1").to_numpy(), rows["label"].cast(pl.Int64).to_numpy()
    for name, at in (("log_loss", 1.0), ("tempered_log_loss", temperature.value)):
        assert found[f"tuned.{name}"].value == pytest.approx(by_hand(scores, truth, at).mean())
    chance = np.exp(-by_hand(scores, np.ones(200, dtype=int), temperature.value))
    assert found["tuned.tempered_brier"].value == pytest.approx(((chance - truth) ** 2).mean())
    best, right = np.maximum(chance, 1 - chance), (chance > 0.5) == truth
    bins = np.minimum(np.ceil(best * 10) - 1, 9)
    error = sum(abs(right[bins == one].sum() - best[bins == one].sum()) for one in range(10)) / 200
    assert found["tuned.tempered_calibration_error"].value == pytest.approx(error)
    assert found["tuned.tempered_log_loss"].value < found["tuned.log_loss"].value
    for measure in found.values():
        assert compute(measure, evidence, found) == pytest.approx(measure.value, abs=1e-12), measure.id


def test_without_validation_rows_nothing_is_claimed():
    validation, test = drawn(20, 3, 3.0), drawn(40, 4, 3.0)
    empty = (validation[0].head(0), validation[1].head(0))
    for evidence, why in (
        (evidence_of(empty, test), "there are no validation rows with a label"),
        (Evidence({"predictions": evidence_of(empty, test).tables["predictions"]}, ()), "no model was asked"),
    ):
        found = by_id(certainty_measures(evidence, RECIPE, "tuned", ASKED, CHANCE))
        for name in ("temperature", "tempered_brier", "tempered_log_loss", "tempered_calibration_error"):
            assert found[f"tuned.{name}"].value is None
            assert found[f"tuned.{name}"].undefined.startswith(why)
        assert found["tuned.brier"].value is not None


def test_rows_that_are_all_right_ask_for_the_lowest_temperature():
    rows, said = drawn(30, 3, 1.0)
    right = rows.with_columns(label=said["answer"])
    table = validation_table(right, {"tuned": said}, RECIPE)
    assert temperature_of(table, "tuned") == pytest.approx(LOWEST, rel=1e-3)
    wrong = rows.with_columns(label=pl.Series(["1" if answer == "0" else "0" for answer in said["answer"]]))
    upset = validation_table(wrong, {"tuned": said}, RECIPE)
    assert temperature_of(upset, "tuned") == pytest.approx(HIGHEST, rel=1e-3)
    assert temperature_interval(table, "tuned", LOWEST, 0.95) is None


def test_bins_of_confidence_hold_every_row_once():
    evidence = evidence_of(drawn(50, 3, 3.0), drawn(200, 4, 3.0))
    found = by_id(certainty_measures(evidence, RECIPE, "tuned", ASKED, CHANCE))
    rows = evidence.tables["predictions"]
    bins = [measure for measure in found.values() if measure.metric == "bin_accuracy"]
    assert sum(measure.n for measure in bins) == 200
    apart = 0.0
    for measure in bins:
        place = int(measure.id.rpartition(".")[2])
        inside = rows.filter(pl.col("tuned_confidence").is_between((place - 1) / 10, place / 10, closed="right"))
        assert (measure.n, measure.numerator) == (len(inside), inside["tuned_correct"].sum())
        assert measure.group == f"{10 * (place - 1)} to {10 * place} %"
        mean = found[measure.id.replace("bin_accuracy", "bin_confidence")]
        assert mean.value == pytest.approx(inside["tuned_confidence"].mean())
        apart += measure.n * abs(measure.value - mean.value)
    assert found["tuned.calibration_error"].value == pytest.approx(apart / 200)
