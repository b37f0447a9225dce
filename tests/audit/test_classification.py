"""Accuracy, F1, confusion, calibration and what a model writes: against scikit-learn and by hand."""

import numpy as np
import polars as pl
import pytest
from audit_frames import CHANCE, by_id, evidence, kept, recipe

from audit.calibration import certainty_measures
from audit.classification import baseline_measures, classification_measures
from audit.evidence import Evidence
from audit.metrics import compute
from audit.prediction_table import prediction_table
from audit.results import Measure

ASKED = ("accuracy", "macro_f1", "calibration_error")
TRUTH = ["a", "a", "b", "b", "b", "c", "c", "c", "c", "a"] * 3
ANSWERS = ["a", "b", "b", "b", "c", "c", "c", "a", "c", "a"] * 3


@pytest.fixture(scope="module")
def found() -> dict[str, Measure]:
    return by_id(classification_measures(evidence(TRUTH, {"given": ANSWERS}), recipe(), "given", ASKED, CHANCE))


def test_scores_are_those_of_scikit_learn(found):
    from sklearn.metrics import accuracy_score, f1_score, precision_score, recall_score

    assert found["given.accuracy"].value == pytest.approx(accuracy_score(TRUTH, ANSWERS))
    assert found["given.macro_f1"].value == pytest.approx(f1_score(TRUTH, ANSWERS, average="macro"))
    for name, function in (("precision", precision_score), ("recall", recall_score), ("f1", f1_score)):
        for place, label in enumerate("abc"):
            assert found[f"given.{name}.{label}"].value == pytest.approx(function(TRUTH, ANSWERS, average=None)[place])
            assert found[f"given.{name}.{label}"].interval is not None


def test_confusion_is_that_of_scikit_learn(found):
    from sklearn.metrics import confusion_matrix

    matrix = confusion_matrix(TRUTH, ANSWERS)
    assert [
        [found[f"given.confusion.{truth}.{answer}"].value for answer in "abc"] for truth in "abc"
    ] == matrix.tolist()
    assert "given.confusion.a.unread" not in found


def test_a_label_that_is_never_answered_has_no_precision():
    found = by_id(
        classification_measures(evidence(["a", "b"], {"given": ["a", "a"]}), recipe(), "given", ASKED, CHANCE)
    )
    assert (found["given.precision.b"].value, found["given.precision.b"].undefined) == (
        None,
        "no row was answered with this label",
    )
    assert found["given.f1.b"].value == 0.0
    assert found["given.f1.1"].value is None  # positive in the recipe, but neither in the truth nor in the answers


def test_a_predicted_class_that_no_row_truly_has_is_wrong_and_not_unread():
    from sklearn.metrics import accuracy_score, f1_score

    truth, answers = ["1", "0", "1", "0"], ["2", "0", "1", "2"]
    found = by_id(classification_measures(evidence(truth, {"given": answers}), recipe(), "given", ASKED, CHANCE))
    assert (found["given.accuracy"].value, found["given.accuracy"].n) == (accuracy_score(truth, answers), 4)
    assert found["given.macro_f1"].value == pytest.approx(f1_score(truth, answers, average="macro"))
    assert found["given.unparsed"].numerator == 0
    assert (found["given.precision.2"].value, found["given.precision.2"].n) == (0.0, 2)
    assert (found["given.recall.2"].value, found["given.recall.2"].undefined) == (
        None,
        "no row with an answer truly has this label",
    )
    assert (found["given.f1.2"].value, found["given.confusion.1.2"].value) == (0.0, 1.0)


def test_without_an_answer_a_given_prediction_is_unread():
    rows = kept(["1", "0", "1", "0"])
    answers = pl.DataFrame({"row": rows["row"], "answer": pl.Series([1.0, float("nan"), None, 0.0])})
    empty = pl.DataFrame({"row": rows["row"], "answer": ["1", "", " ", None]})
    for said, unread in ((answers, [2, 3]), (empty, [2, 3, 4])):
        table = prediction_table(rows, {"given": said}, recipe())
        assert table.filter(~pl.col("given_answered"))["row"].to_list() == unread


def test_labels_that_a_recipe_lists_are_all_there_are():
    listed = {"labels": {"0": "no", "1": "yes"}, "positive": ["1"]}
    asked = recipe(task={"kind": "classification", "label": "label", "prediction": "answer", **listed})
    table = evidence(["1", "0"], {"given": ["2", "0"]}, asked)
    found = by_id(classification_measures(table, asked, "given", ASKED, CHANCE))
    assert (found["given.unparsed"].numerator, found["given.accuracy"].n) == (1, 1)
    assert "given.precision.2" not in found


def test_a_label_may_be_called_unread():
    table = evidence(["a", "b"], {"given": ["unread", None]})
    found = by_id(classification_measures(table, recipe(), "given", ASKED, CHANCE))
    assert (found["given.confusion.a.unread"].value, found["given.confusion.b.unread-2"].value) == (1.0, 1.0)


def test_the_baseline_is_the_commonest_label_that_was_learned_from():
    tables = {
        "rows": kept(["b", "b", "a"], side="train").with_columns(side=pl.lit("train")),
        "predictions": evidence(["a", "a", "b"], {"given": ["a", "a", "a"]}).tables["predictions"],
    }
    measure, macro = baseline_measures(Evidence(tables, ()), CHANCE)
    assert (measure.label, measure.value, measure.n) == ("b", pytest.approx(1 / 3), 3)
    assert (macro.label, macro.n) == ("b", 3)


def test_the_macro_f1_of_the_commonest_label_is_that_of_scikit_learn():
    from sklearn.metrics import f1_score

    truth = ["a"] * 14 + ["b"] * 5 + ["c"]
    tables = {
        "rows": kept(["a", "a", "b"], side="train").with_columns(side=pl.lit("train")),
        "predictions": evidence(truth, {"given": ["a"] * 20}).tables["predictions"],
    }
    found = by_id(baseline_measures(Evidence(tables, ()), CHANCE))
    macro = found["majority_baseline.macro_f1"]
    assert macro.value == pytest.approx(f1_score(truth, ["a"] * 20, average="macro", zero_division=0))
    assert compute(macro, Evidence(tables, ()), found) == pytest.approx(macro.value)
    assert macro.interval.low < macro.value < macro.interval.high


def scored(scores: list[list[float]], truth: list[int]) -> dict[str, Measure]:
    rows, values = kept(truth), np.array(scores)
    answers = pl.DataFrame(
        {
            "row": rows["row"],
            "score_0": values[:, 0],
            "score_1": values[:, 1],
            "answer": [str(label) for label in values.argmax(axis=1)],
        }
    )
    table = Evidence({"predictions": prediction_table(rows, {"given": answers}, recipe())}, ())
    return by_id(certainty_measures(table, recipe(), "given", ("calibration_error",), CHANCE))


def test_calibration_and_brier_by_hand():
    random = np.random.default_rng(2)
    scores, truth = random.normal(size=(120, 2)), random.integers(0, 2, 120)
    found = scored(scores.tolist(), truth.tolist())
    weights = np.exp(scores)
    chances = weights / weights.sum(axis=1, keepdims=True)
    best, right = chances.max(axis=1), chances.argmax(axis=1) == truth
    error = 0.0
    for low in np.arange(0, 1, 0.1):
        inside = (best > low) & (best <= low + 0.1)
        if inside.any():
            error += inside.mean() * abs(right[inside].mean() - best[inside].mean())
    assert found["given.calibration_error"].value == pytest.approx(error)
    brier = ((chances[:, 1] - truth) ** 2).mean()
    assert found["given.brier"].value == pytest.approx(brier)
    assert found["given.brier"].interval.low < brier < found["given.brier"].interval.high


def test_what_a_model_writes_by_itself(audited):
    from audit.__main__ import read_audit

    found = {measure.id: measure for measure in read_audit(audited).measures}
    assert (found["base.written.unparsed"].numerator, found["base.written.unparsed"].n) == (5, 8)
    assert found["base.written.accuracy"].n == 8


def test_only_what_is_asked_for_is_measured_beside_accuracy_labels_and_confusion():
    table, every = evidence(TRUTH, {"given": ANSWERS}), recipe()
    bare = by_id(classification_measures(table, every, "given", (), CHANCE))
    assert {measure.metric for measure in bare.values()} == {
        "accuracy", "unparsed", "precision", "recall", "f1", "confusion",
    }  # fmt: skip
    more = by_id(classification_measures(table, every, "given", ("macro_f1", "selection_rate"), CHANCE))
    assert set(more) - set(bare) == {"given.macro_f1", "given.selection_rate"}
