"""Word noise as a step: drawn for each row by itself, and guarded."""

import polars as pl
import pytest
from frames import apply, frame
from pydantic import ValidationError

from curate.steps.word_noise import WordNoise
from curate.task import Instruction


def copies(applied) -> dict[int, str]:
    """The text of each copy, by its parent."""
    return dict(applied.rows.filter(pl.col("parent").is_not_null()).select("parent", "text").rows())


LONG = "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda"


def test_a_copy_has_the_words_of_its_parent_in_another_order():
    rows = frame(LONG, labels=["b"])
    done = apply(WordNoise(share=1.0), rows)
    made = done.rows.filter(pl.col("parent").is_not_null())
    assert sorted(made["text"][0].lower().split()) == sorted(LONG.split())
    assert made["text"][0] != LONG
    assert made["label"].to_list() == ["b"]
    assert done.ledger["reason"].to_list() == ["added_by_nlpaug"]


def test_a_rows_noise_is_the_same_whatever_the_other_rows_are():
    rows = frame(*(f"{LONG} {place}" for place in range(60)))
    step = WordNoise(share=0.5, strength=0.3, guarded=False)
    together = copies(apply(step, rows))
    assert 15 < len(together) < 45
    assert copies(apply(step, rows.reverse())) == together
    assert copies(apply(step, rows[:20])) | copies(apply(step, rows[20:])) == together
    assert copies(apply(step, rows, seed=8)) != together


def test_the_same_text_in_two_rows_gets_noise_of_its_own():
    made = copies(apply(WordNoise(share=1.0, strength=0.5, guarded=False), frame(LONG, LONG)))
    assert len(set(made.values())) == 2


def test_two_columns_of_a_row_get_noise_of_their_own():
    task = Instruction(kind="instruction", prompt="{ask}", completion="answer")
    rows = frame(LONG).select("row", "parent", ask="text", answer="text")
    made = apply(WordNoise(share=1.0, strength=0.5, guarded=False), rows, task=task).rows.filter(
        pl.col("parent").is_not_null()
    )
    assert made["ask"][0] != made["answer"][0]


def test_strength_is_the_share_of_the_words():
    made = {
        strength: copies(apply(WordNoise(share=1.0, action="delete", strength=strength, guarded=False), frame(LONG)))
        for strength in (0.1, 0.5)
    }
    assert [len(next(iter(made[strength].values())).split()) for strength in (0.1, 0.5)] == [9, 5]


@pytest.mark.parametrize(
    ("text", "reason"), [("not", "unchanged"), ("she women", "lost_identity"), ("no never", "lost_negation")]
)
def test_what_noise_must_not_lose(text, reason):
    terms = {"gender": {"woman": ("women",), "other": ("she",)}}
    done = apply(
        WordNoise(share=1.0, action="delete", strength=0.5, guards={"min_similarity": 0.0}), frame(text), terms=terms
    )
    assert done.ledger.select("event", "reason").rows() == [("refused", reason)]


def test_what_is_missing_is_known_before_work(monkeypatch):
    assert WordNoise().problems() == ()
    monkeypatch.setattr("curate.augment.nlpaug_wrap.find_spec", lambda _name: None)
    assert WordNoise().problems() == ("word noise needs nlpaug; pip install 'fairlead[augment]'",)


def test_an_unknown_action_is_refused():
    with pytest.raises(ValidationError, match="'swap', 'delete' or 'synonym'"):
        WordNoise(action="insert")
