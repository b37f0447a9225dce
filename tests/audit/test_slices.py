"""Slices of the test rows: who is in which, by hand; their figures from the rows; and the worst of those that are large enough."""

import numpy as np
import polars as pl
import pytest
from audit_frames import CHANCE, by_id, kept, recipe

from audit.classification import baseline_rate
from audit.comparison import comparison_measures
from audit.evidence import Evidence
from audit.likeness import likeness
from audit.metrics import compute
from audit.prediction_table import prediction_table
from audit.quotient_changes import quotient_changes
from audit.rates import Chance
from audit.slices import COLUMN, LABELS, LONG, UNLIKE, input_text, slice_measures, with_slices
from audit.text_quality import text_measures
from curate.recipe import Recipe
from curate.task import Chat

TASK = {"kind": "classification", "label": "label", "text": "text", "labels": {"0": "no", "1": "yes", "2": "maybe"}}
RECIPE = recipe(task=TASK, split={}, train={})
ROWS = 20
LEARNED = ["the soup was warm", "the band was grim", "bread and soup"]
TRUTH = ["0"] * 12 + ["1"] * 6 + ["2"] * 2
TEXTS = ["the soup was warm"] * 16 + ["zebra crossing quickly", "quark"] + ["bread and soup and the grim band"] * 2


def evidence(base: list[str], tuned: list[str]) -> Evidence:
    rows = kept(TRUTH, side="test").with_columns(text=pl.Series(TEXTS))
    labels = ["0"] * 16 + ["1"] * 3 + ["2"]
    learned = kept(labels, side="train").with_columns(
        text=pl.Series([LEARNED[place % 3] for place in range(20)]), row=pl.col("row") + 100
    )
    answers = {
        name: pl.DataFrame({"row": rows["row"], "answer": said}) for name, said in (("base", base), ("tuned", tuned))
    }
    table = prediction_table(rows, answers, RECIPE)
    sliced = with_slices(table, rows, pl.concat([rows, learned]), RECIPE)
    return Evidence({"predictions": sliced, "rows": learned}, ())


def test_rows_are_in_the_slices_that_the_rules_say():
    table = evidence(TRUTH, TRUTH).tables["predictions"]
    inside = {
        name: table.filter(pl.col(COLUMN).list.contains(name))["row"].to_list() for name in (LABELS, LONG, UNLIKE)
    }
    assert inside == {
        LABELS: [19, 20],
        LONG: [19, 20],
        UNLIKE: [17, 18],
    }  # label 2 is 5 % of what was learned, 1 is 15 %
    assert table["input_characters"].to_list() == [len(text) for text in TEXTS]


def test_texts_of_one_length_and_one_likeness_are_in_no_slice():
    rows = kept(["0"] * 20, side="test").with_columns(text=pl.lit("soup"))
    table = prediction_table(rows, {"base": pl.DataFrame({"row": rows["row"], "answer": ["0"] * 20})}, RECIPE)
    sliced = with_slices(table, rows, rows.with_columns(side=pl.lit("train")), RECIPE)
    assert sliced[COLUMN].to_list() == [[]] * 20
    assert slice_measures(Evidence({"predictions": sliced, "rows": rows}, ()), RECIPE, ("base",), None, CHANCE) == []


def test_rows_as_far_or_as_long_as_the_tenth_are_in_its_slice_and_its_share_is_told():
    texts = ["quark"] * 6 + ["soup and bread"] * 8 + ["soup"] * 6
    rows = kept(["0"] * 20, side="test").with_columns(text=pl.Series(texts))
    learned = rows.with_columns(side=pl.lit("train"), text=pl.lit("soup and bread"))
    table = prediction_table(rows, {"base": pl.DataFrame({"row": rows["row"], "answer": ["0"] * 20})}, RECIPE)
    sliced = with_slices(table, rows, pl.concat([rows, learned]), RECIPE)
    assert sliced[COLUMN].to_list() == [[UNLIKE]] * 6 + [[LONG]] * 8 + [[]] * 6
    found = by_id(slice_measures(Evidence({"predictions": sliced, "rows": rows}, ()), RECIPE, ("base",), None, CHANCE))
    notes = [found[f"base.accuracy.test_slice.{name}"].note for name in ("unlike_training_texts", "long_inputs")]
    assert notes == [
        "unlike training texts: 30 % of the rows, those farthest from any training text: cosine of TF-IDF word weights 0.00 or less",
        "long inputs: 40 % of the rows, the longest: of 14 characters or more",
    ]


def test_likeness_is_the_cosine_of_scikit_learns_weights():
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectorizer = TfidfVectorizer(token_pattern=r"\w+")
    known = vectorizer.fit_transform(LEARNED).toarray()
    expected = [max(known @ row) for row in vectorizer.transform(TEXTS).toarray()]
    assert likeness(TEXTS, LEARNED, 7) == pytest.approx(expected, abs=1e-6)
    assert likeness(TEXTS, LEARNED, 7)[0] == 1.0
    assert np.isnan(likeness(["soup"], ["", "!"], 7)).all()


def test_accuracy_in_slices_the_worst_and_their_changes():
    tuned = ["0"] * 12 + ["1"] * 4 + ["1", "0"] + ["0", "0"]
    table = evidence(["0"] * 20, tuned)
    chance = Chance(confidence=0.95, replicates=200, seed=7, minimum=2)
    each = slice_measures(table, RECIPE, ("base", "tuned"), baseline_rate(table), chance)
    found = by_id([*each, *comparison_measures(table, ("test slice",), each, chance, one_by_one="slice by slice")])
    unlike = found["tuned.accuracy.test_slice.unlike_training_texts"]
    assert (unlike.numerator, unlike.n) == (1, 2)
    assert found["tuned.accuracy.test_slice.rare_labels"].value == 0.0
    assert found["majority_baseline.test_slice.rare_labels"].value == 0.0
    worst = found["tuned.worst_slice_accuracy"]
    assert (worst.value, worst.n, worst.note) == (0.0, 2, "worst for the tuned model is long inputs")
    assert worst.interval.high > found["tuned.accuracy.test_slice.long_inputs"].interval.high
    change = found["change.accuracy.test_slice.unlike_training_texts"]
    assert change.value == 0.5
    assert "base against tuned, slice by slice" in change.test
    for measure in found.values():
        assert compute(measure, table, found) == pytest.approx(measure.value), measure.id
    few = slice_measures(table, RECIPE, ("tuned",), None, Chance(confidence=0.95, replicates=200, seed=7, minimum=3))
    (none,) = (measure for measure in few if measure.metric == "worst_slice_accuracy")
    assert (none.value, none.undefined) == (None, "no slice has at least 3 rows and this number")


def test_loss_in_slices_of_instructions():
    asked = Recipe.model_validate(
        {
            "version": 1, "name": "t", "sources": [{"path": "a.json"}], "split": {}, "train": {},
            "task": {"kind": "instruction", "prompt": "Q: {question}", "completion": "answer"},
        }
    )  # fmt: skip
    rows = kept([0] * 20, side="test").with_columns(question=pl.Series(TEXTS), answer=pl.lit("yes"))
    answers = {
        name: pl.DataFrame(
            {"row": rows["row"], "loss": [float(place) for place in range(20)], "tokens": [times] * 20, "bytes": [3] * 20,
             "answer": pl.Series([None] * 20, dtype=pl.String)}
        )
        for name, times in (("base", 1), ("tuned", 2))
    }  # fmt: skip
    table = prediction_table(rows, answers, asked)
    sliced = with_slices(table, rows, rows.head(12).with_columns(side=pl.lit("train")), asked)
    proof = Evidence({"predictions": sliced}, ())
    chance = Chance(confidence=0.95, replicates=200, seed=7, minimum=2)
    each = slice_measures(proof, asked, ("base", "tuned"), None, chance)
    whole = text_measures(proof, "tuned", (), ("loss",), chance)
    found = by_id([*each, *whole, *quotient_changes(proof, each, chance)])
    assert found["tuned.loss.test_slice.long_inputs"].value == (18 + 19) / 4
    assert found["base.worst_slice_loss"].value == 18.5
    assert found["change.loss.test_slice.long_inputs"].value == 9.25 - 18.5
    for measure in found.values():
        assert compute(measure, proof, found) == pytest.approx(measure.value), measure.id


def test_the_input_of_a_conversation_ends_before_the_last_answer():
    turns = [("user", "hi"), ("assistant", "one"), ("user", None), ("assistant", "two"), ("user", "bye")]
    talks = [[{"role": role, "content": text} for role, text in turns[:end]] for end in (5, 2, 1)]
    frame = pl.DataFrame({"messages": talks})
    assert frame.select(input_text(Chat(kind="chat")))["messages"].to_list() == ["hi\none\n", "hi", "hi"]
