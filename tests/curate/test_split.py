"""The split: shares, strata, what stays together, published sides and their leaks, the certificate."""

import polars as pl
import pytest
from frames import TASK, frame, index
from hypothesis import given, settings
from hypothesis import strategies as st
from near_duplicates.corpora import template

from curate.apply import make_context
from curate.split import certify, split_rows
from curate.split_settings import Split

CONTEXT = make_context(TASK, 7, {})


def numbered(count: int, **columns: list) -> pl.DataFrame:
    return frame(*(f"text {i} of {i * 7919 % 1009} and {i * 31 % 97}" for i in range(count)), **columns)


def split(rows: pl.DataFrame, **settings: object) -> pl.DataFrame:
    return split_rows(rows, Split(**settings), CONTEXT).rows


def test_shares_hold_in_every_stratum():
    rows = numbered(300, labels=["a"] * 200 + ["b"] * 100)
    sides = split(rows, test=0.2, validation=0.1, stratify=("label",))
    counts = {
        key: value for *key_parts, value in sides.group_by("label", "side").len().rows() for key in [tuple(key_parts)]
    }
    assert counts == {("a", "test"): 40, ("a", "validation"): 20, ("a", "train"): 140,
                      ("b", "test"): 20, ("b", "validation"): 10, ("b", "train"): 70}  # fmt: skip


def test_the_same_rows_get_the_same_side_in_any_order_and_another_seed_gives_others():
    rows = numbered(100)
    one = split(rows).sort("row")
    assert split(rows.reverse()).sort("row").equals(one)
    other = split_rows(rows, Split(), make_context(TASK, 8, {})).rows.sort("row")
    assert not other.equals(one)


LONG = "the quick brown fox jumps over the lazy dog near the river bank today while birds sing in old trees above us"


def test_what_belongs_together_stays_together():
    texts = [f"{LONG} {i % 10}" if i < 30 else f"alone {i} {i * i} {i**3} words" for i in range(90)]
    rows = frame(*texts, person=[f"p{i % 45}" for i in range(90)])
    sides = split(rows, test=0.3, validation=0.2, key="person")
    assert certify(sides, Split(key="person"), CONTEXT).crossings == 0
    assert sides.group_by("person").agg(pl.col("side").n_unique())["side"].max() == 1
    assert sides.filter(pl.col("text").str.starts_with("the quick"))["side"].n_unique() == 1
    assert sides["side"].n_unique() == 3


@settings(deadline=None, max_examples=20)
@given(st.lists(st.sampled_from(["a b c d", "a b c d e", "x y z", "", "q"]), min_size=3, max_size=40))
def test_no_crossing_whatever_the_texts(texts):
    sides = split(frame(*texts), test=0.3, validation=0.3)
    assert certify(sides, Split(), CONTEXT).crossings == 0
    assert sides.height == len(texts)


def test_published_sides_are_kept_and_their_leaks_named():
    rows = frame("Same text", "other", "same  TEXT", "third", side=["train", "train", "test", "validation"])
    kept = split_rows(rows, Split(published=True), CONTEXT)
    assert kept.rows["side"].to_list() == ["train", "train", "test", "validation"]
    assert kept.notes["reason"].to_list() == ["same_text_as_later_side"]
    assert (index(kept.notes["row"]), index(kept.notes["other_row"])) == ([1], [3])
    assert certify(rows, Split(published=True), CONTEXT).same_text == {
        "validation in train": 0,
        "test in train": 1,
        "test in validation": 0,
    }
    dropped = split_rows(rows, Split(published=True, leaks="drop"), CONTEXT)
    assert index(dropped.rows["row"]) == [2, 3, 4]
    assert certify(dropped.rows, Split(published=True), CONTEXT).crossings == 0


def test_a_certificate_finds_a_crossing_that_was_made_by_hand():
    sides = split(numbered(30))
    parent = sides.filter(pl.col("side") == "test").head(1)
    child = parent.with_columns(row=pl.col("row") + 1, parent="row", side=pl.lit("train"))
    crossed = certify(pl.concat([sides, child]), Split(), CONTEXT)
    assert crossed.child_and_parent["test in train"] == 1
    assert crossed.same_text["test in train"] == 1


@pytest.mark.parametrize("settings", [{"test": 0.6, "validation": 0.4}, {"leaks": "drop"}])
def test_settings_that_make_no_sense(settings):
    with pytest.raises(ValueError, match=r"leave nothing|has an effect"):
        Split(**settings)


def test_a_certificate_counts_the_rows_that_it_could_not_compare_with_all(few_compared):
    rows = frame(*template(200, 11, words=40, holes=12), side=["train", "test"] * 100)
    certificate = certify(rows, Split(test=0.5, validation=0), CONTEXT)
    assert certificate.not_all_compared > 10
    assert certificate.not_all_compared <= 100 - certificate.crossing_rows["test in train"]


def test_the_same_words_in_another_order_are_no_same_text():
    texts = ["one two three " * 4, "two three one " * 4, "quite another thing", "quite another THING"]
    rows = frame(*texts, side=["train", "test", "train", "test"])
    outcome = split_rows(rows, Split(published=True), CONTEXT)
    assert dict(outcome.notes.select("row", "reason").rows()) == {
        rows["row"][0]: "near_duplicate_of_later_side",
        rows["row"][2]: "same_text_as_later_side",
    }
