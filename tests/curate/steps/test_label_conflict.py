"""Policies for the same text with different labels; drop, keep and the majority of rows stand with the other steps."""

import polars as pl
import pytest
from frames import apply, fates, frame, index
from pydantic import ValidationError

from curate.rows import number
from curate.steps.label_conflict import LabelConflict


def lines(applied: object) -> list[tuple[object, ...]]:
    """Position, event, reason and the other row's position of every ledger line."""
    found = applied.ledger.select("row", "event", "reason", "other_row")
    return sorted(
        (index(pl.Series([row]))[0], event, reason, index(pl.Series([other]))[0])
        for row, event, reason, other in found.iter_rows()
    )


def test_votes_outnumber_rows():
    rows = frame("same", "Same", "same", "z", labels=["x", "x", "y", "x"], votes=["1", "1", "5", "9"])
    applied = apply(LabelConflict(resolve="majority", votes="votes"), rows)
    assert applied.rows["label"].to_list() == ["y", "y", "y", "x"]
    assert lines(applied) == [
        (1, "changed", "label_of_majority", 3),
        (2, "changed", "label_of_majority", 3),
        (3, "noted", "label_of_majority", 1),
    ]
    changed = applied.ledger.filter(pl.col("event") == "changed").row(0, named=True)
    assert (changed["before"], changed["value"], changed["threshold"]) == ("x", 2.0, 5.0)
    tie = rows.with_columns(votes=pl.Series([2, 3, 5, 1]))
    assert fates(apply(LabelConflict(resolve="majority", votes="votes"), tie)) == dict.fromkeys(
        (1, 2, 3), "label_conflict"
    )
    nothing = rows.with_columns(votes=pl.Series([None, "many", None, None], dtype=pl.String))
    assert len(fates(apply(LabelConflict(resolve="majority", votes="votes"), nothing))) == 3


def test_the_newest_label_wins():
    at = ["2020-01-01", "2022-05-01", "2021-01-01", None, "2030-01-01"]
    rows = frame("same", "same", "same", "same", "z", labels=["x", "y", "x", "x", "x"], at=at)
    applied = apply(LabelConflict(resolve="newest", date="at"), rows)
    assert applied.rows["label"].to_list() == ["y", "y", "y", "y", "x"]
    assert [line for line in lines(applied) if line[1] == "changed"] == [
        (row, "changed", "label_of_newest", 2) for row in (1, 3, 4)
    ]
    tie = rows.with_columns(at=pl.Series(["2022-05-01T00:00:00Z", *at[1:]]))
    assert fates(apply(LabelConflict(resolve="newest", date="at"), tie)) == dict.fromkeys(
        (1, 2, 3, 4), "label_conflict"
    )
    undated = rows.with_columns(at=pl.lit(None, dtype=pl.String))
    assert len(fates(apply(LabelConflict(resolve="newest", date="at"), undated))) == 4


def test_the_first_source_wins():
    rows = frame("same", "same", "two", "two", "two", labels=["x", "y", "x", "y", "y"]).with_columns(
        row=pl.Series([number(1, 1), number(0, 2), number(0, 3), number(0, 4), number(1, 5)])
    )
    applied = apply(LabelConflict(resolve="source_priority"), rows.sort("row"))
    assert dict(zip(index(applied.rows["row"]), applied.rows["label"], strict=True)) == {2: "y", 1: "y"}
    assert fates(applied) == dict.fromkeys((3, 4, 5), "label_conflict"), "the first source contradicts itself"


def test_settings_without_effect():
    for wrong in (
        {"resolve": "drop", "votes": "v"},
        {"resolve": "majority", "date": "d"},
        {"resolve": "newest"},
        {"resolve": "keep", "format": "epoch"},
    ):
        with pytest.raises(ValidationError):
            LabelConflict(**wrong)
    assert LabelConflict(resolve="newest", date="d").columns() == ("d",)
