"""What models wrote by themselves: ended, length and repetition, by hand and from the rows."""

import polars as pl
import pytest
from audit_frames import CHANCE, by_id, kept, recipe

from audit.evidence import Evidence
from audit.generation import generation_measures
from audit.intervals import newcombe_paired
from audit.metrics import compute
from audit.prediction_table import prediction_table
from audit.quotient_changes import quotient_changes

TEXTS = ["a b a b a b a b", "one two three four five", "too short", None]


def written(ended: list[bool | None], texts: list[str | None]) -> pl.DataFrame:
    tokens = [None if text is None else len(text.split()) for text in texts]
    return pl.DataFrame(
        {
            "row": [1, 2, 3, 4], "answer": ["0", "1", "0", "1"], "generated": texts, "written_tokens": tokens, "ended": ended,
            "generated_answer": [None, "1", None, None],
        }
    )  # fmt: skip


def test_ended_length_and_repetition_by_hand():
    said = {
        "base": written([False, False, True, None], TEXTS),
        "tuned": written([True, False, True, None], ["x", TEXTS[1], "y y y y y", None]),
    }
    asked = recipe(task={"kind": "classification", "label": "label", "text": "text", "labels": {"0": "no", "1": "yes"}})
    evidence = Evidence({"predictions": prediction_table(kept([0, 1, 0, 1]), said, asked)}, ())
    each = [m for model in ("base", "tuned") for m in generation_measures(evidence, model, CHANCE)]
    found = by_id([*each, *quotient_changes(evidence, each, CHANCE)])
    assert (found["base.ended"].numerator, found["base.ended"].n) == (1, 3)
    assert found["change.ended"].value == pytest.approx(2 / 3 - 1 / 3)
    assert found["change.ended"].interval == newcombe_paired(1, 0, 1, 1, 0.95)
    assert found["base.written_tokens"].value == pytest.approx((8 + 5 + 2) / 3)
    # a b a b, b a b a: two distinct runs of five; one two three four and the next: two of two
    assert (found["base.repetition"].value, found["base.repetition"].n) == (pytest.approx((1 - 2 / 5 + 0) / 2), 2)
    assert found["tuned.repetition"].value == pytest.approx((0 + 1 / 2) / 2)
    assert found["change.repetition"].value == pytest.approx((0.5 - 0.6) / 2)
    for measure in found.values():
        assert compute(measure, evidence, found) == pytest.approx(measure.value), measure.id


def test_texts_of_few_words_cannot_repeat_themselves():
    said = {"given": written([True, True, True, None], ["a", "a a a", "", None])}
    evidence = Evidence({"predictions": prediction_table(kept([0, 1, 0, 1]), said, recipe())}, ())
    found = by_id(generation_measures(evidence, "given", CHANCE))
    assert (found["given.repetition"].value, found["given.repetition"].n) == (None, 0)
    assert found["given.repetition"].undefined == "no text that was written has four words"
    assert found["given.written_tokens"].value == pytest.approx(4 / 3)
