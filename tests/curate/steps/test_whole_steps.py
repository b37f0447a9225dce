"""The steps that see all rows: exact, label_conflict, sample, balance."""

import polars as pl
import pytest
from frames import apply, fates, frame, index, sizes
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from curate.steps.balance import Balance
from curate.steps.exact import Exact
from curate.steps.label_conflict import LabelConflict
from curate.steps.sample import Sample


def test_exact_keeps_the_first_and_names_it():
    rows = frame("A b", "x", "A b", "a  B")
    assert fates(apply(Exact(), rows)) == {3: "exact_duplicate"}
    folded = apply(Exact(normalise=True), rows)
    assert fates(folded) == {3: "exact_duplicate", 4: "exact_duplicate"}
    assert index(folded.ledger["other_row"]) == [1, 1]


def test_exact_does_not_depend_on_the_order_of_rows():
    rows = frame("a", "b", "a", "b", "a")
    assert apply(Exact(), rows.reverse()).rows.equals(apply(Exact(), rows).rows)


def test_label_conflict():
    rows = frame("same", "Same", "same ", "other", labels=["x", "y", "x", "y"])
    assert fates(apply(LabelConflict(), rows)) == dict.fromkeys((1, 2, 3), "label_conflict")
    majority = apply(LabelConflict(resolve="majority"), rows)
    assert majority.rows["label"].to_list() == ["x", "x", "x", "y"]
    changed = majority.ledger.filter(pl.col("event") == "changed")
    assert (index(changed["row"]), changed["before"].to_list()) == ([2], ["y"])
    keep = apply(LabelConflict(resolve="keep"), rows)
    assert keep.rows.equals(rows)
    assert keep.ledger["event"].to_list() == ["noted"] * 3
    assert (keep.records[0].noted, majority.records[0].noted) == (3, 2)


def test_label_conflict_majority_drops_a_tie():
    applied = apply(LabelConflict(resolve="majority"), frame("same", "same", "z", labels=["x", "y", "x"]))
    assert fates(applied) == {1: "label_conflict", 2: "label_conflict"}


def test_sample_is_the_same_whatever_the_order():
    rows = frame(*(f"text {i}" for i in range(50)))
    first = apply(Sample(rows=10), rows)
    assert first.rows.height == 10
    assert apply(Sample(rows=10), rows.reverse()).rows.equals(first.rows)
    assert apply(Sample(share=0.5), rows).rows.height == 25
    assert not apply(Sample(rows=10), rows, seed=8).rows.equals(first.rows)
    with pytest.raises(ValidationError, match="either rows or share"):
        Sample()


def test_balance_drops_and_repeats():
    rows = frame(*(f"text {i}" for i in range(9)), labels=["a"] * 6 + ["b"] * 2 + ["c"])
    assert sizes(apply(Balance(by=("label",), to="smallest"), rows).rows) == {"a": 1, "b": 1, "c": 1}
    assert sizes(apply(Balance(by=("label",), to="median"), rows).rows) == {"a": 2, "b": 2, "c": 2}
    largest = apply(Balance(by=("label",), to="largest"), rows)
    assert sizes(largest.rows) == {"a": 6, "b": 6, "c": 6}
    added = largest.ledger.filter(pl.col("event") == "added")
    assert added.height == 9
    children = largest.rows.filter(pl.col("parent").is_not_null())
    parents = rows.select(pl.col("row").alias("parent"), pl.col("text").alias("of"))
    assert children.join(parents, on="parent").filter(pl.col("text") != pl.col("of")).is_empty()


def test_balance_has_a_limit_of_copies():
    rows = frame(*(f"text {i}" for i in range(8)), labels=["a"] * 7 + ["b"])
    assert sizes(apply(Balance(by=("label",), to="largest", most_copies=2), rows).rows) == {"a": 7, "b": 3}


@given(st.lists(st.sampled_from("abc"), min_size=1, max_size=30), st.sampled_from(["smallest", "median", "largest"]))
def test_balance_accounts_for_every_row(labels, to):
    rows = frame(*(f"text {i}" for i in range(len(labels))), labels=labels)
    applied = apply(Balance(by=("label",), to=to), rows)
    record = applied.records[0]
    assert applied.rows.height == len(labels) - record.dropped + record.added
