"""Instruction and chat: loss, bits per byte, exact match, BLEU, ROUGE-L and chrF, and their changes."""

import numpy as np
import polars as pl
import pytest
from audit_frames import CHANCE, by_id

from audit.cautions import _unscored
from audit.evidence import Evidence
from audit.prediction_table import prediction_table
from audit.quotient_changes import quotient_changes
from audit.resampling import JOINED
from audit.results import Measure
from audit.text_quality import text_measures, wanted_text
from curate.audit_settings import INSTRUCTION_METRICS
from curate.recipe import Recipe
from curate.task import Chat

RECIPE = Recipe.model_validate(
    {
        "version": 1, "name": "t", "sources": [{"path": "a.json"}],
        "task": {"kind": "instruction", "prompt": "{question}", "completion": "answer"},
    }
)  # fmt: skip
WANTED = ["the cat sat", "forty two", "yes", "no"]
BYTES = [11, 9, 3, 2]
WRITTEN = ["the cat sat", "forty three", "yes indeed", None]


@pytest.fixture(scope="module")
def found() -> dict[str, Measure]:
    rows = pl.DataFrame(
        {"row": [1, 2, 3, 4], "row_name": ["r/1", "r/2", "r/3", "r/4"], "question": ["q"] * 4, "answer": WANTED}
    )
    answers = {
        "base": pl.DataFrame(
            {
                "row": [1, 2, 3, 4],
                "loss": [8.0, 4.0, 2.0, 2.0],
                "tokens": [4, 2, 1, 1],
                "bytes": BYTES,
                "answer": ["a", "b", "c", None],
            }
        ),
        "tuned": pl.DataFrame(
            {
                "row": [1, 2, 3, 4],
                "loss": [2.0, 2.0, 1.0, 3.0],
                "tokens": [4, 2, 1, 1],
                "bytes": BYTES,
                "answer": WRITTEN,
            }
        ),
    }
    evidence = Evidence({"predictions": prediction_table(rows, answers, RECIPE)}, ())
    each = [
        measure
        for model in ("base", "tuned")
        for measure in text_measures(evidence, model, (), INSTRUCTION_METRICS, CHANCE)
    ]
    return by_id([*each, *quotient_changes(evidence, each, CHANCE)])


def test_loss_is_weighed_by_tokens(found):
    assert (found["base.loss"].value, found["tuned.loss"].value) == (2.0, 1.0)
    assert found["change.loss"].value == -1.0
    assert found["change.loss"].interval.method == f"{JOINED}, 400 replicates, seed 7"


def test_a_row_whose_answer_was_cut_away_is_not_scored():
    rows = pl.DataFrame({"row": [1, 2], "row_name": ["r/1", "r/2"], "question": ["q"] * 2, "answer": WANTED[:2]})
    read = {"row": [1, 2], "loss": [3.0, 0.0], "tokens": [3, 0], "bytes": [3, 0], "answer": ["a", None]}
    table = prediction_table(rows, {"base": pl.DataFrame(read)}, RECIPE)
    (loss,) = [
        m
        for m in text_measures(Evidence({"predictions": table}, ()), "base", (), ("loss",), CHANCE)
        if m.metric == "loss"
    ]
    assert (loss.value, loss.n) == (1.0, 1)
    (said,) = _unscored(table, "base")
    assert said.startswith("1 of 2 rows are too long for base to read their answer")


def test_exact_match_counts_rows_for_which_something_was_written(found):
    assert (found["tuned.exact_match"].numerator, found["tuned.exact_match"].n) == (1, 3)


def test_scores_are_those_of_the_libraries(found):
    from rouge_score.rouge_scorer import RougeScorer
    from sacrebleu import sentence_chrf

    pairs = list(zip(WANTED[:3], WRITTEN[:3], strict=True))
    rouge = np.mean([RougeScorer(["rougeL"]).score(*pair)["rougeL"].fmeasure for pair in pairs])
    chrf = np.mean([sentence_chrf(written, [wanted]).score for wanted, written in pairs])
    assert found["tuned.rouge_l"].value == pytest.approx(rouge)
    assert found["tuned.chrf"].value == pytest.approx(chrf)
    assert found["tuned.rouge_l"].n == 3


def test_bits_per_byte_are_over_all_rows_together(found):
    assert found["tuned.bits_per_byte"].value == pytest.approx(8.0 / np.log(2) / sum(BYTES))
    assert found["change.bits_per_byte"].value == pytest.approx((8.0 - 16.0) / np.log(2) / sum(BYTES))


def test_bleu_is_that_of_the_whole_set(found):
    from sacrebleu import corpus_bleu

    assert found["tuned.bleu"].value == pytest.approx(corpus_bleu(WRITTEN[:3], [WANTED[:3]]).score)
    assert found["tuned.bleu"].n == 3


def test_what_an_assistant_was_to_say_last():
    turns = [
        {"role": "user", "content": "hi"},
        {"role": "assistant", "content": "one"},
        {"role": "assistant", "content": "two"},
    ]
    frame = pl.DataFrame({"messages": [turns, turns[:1]]})
    assert frame.select(wanted_text(Chat(kind="chat")).alias("wanted"))["wanted"].to_list() == ["two", None]
