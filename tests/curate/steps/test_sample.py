"""A stratified sample; the plain one stands with the other steps that see all rows."""

import pytest
from frames import apply, frame, index, of_sources, sizes
from pydantic import ValidationError

from curate.steps.sample import Sample

ROWS = frame(*(str(place) for place in range(100)), labels=["x"] * 70 + ["y"] * 26 + ["z"] * 4)


def test_a_stratified_sample_keeps_the_proportions():
    assert sizes(apply(Sample(rows=10, by=("label",)), ROWS).rows) == {"x": 7, "y": 3}
    assert sizes(apply(Sample(share=0.5, by=("label",)), ROWS).rows) == {"x": 35, "y": 13, "z": 2}
    assert apply(Sample(rows=1000, by=("label",)), ROWS).rows.equals(ROWS)


def test_an_equal_sample_takes_the_same_of_every_cell_and_meets_the_total():
    applied = apply(Sample(rows=30, by=("label",), equal=True), ROWS)
    assert sizes(applied.rows) == {"x": 13, "y": 13, "z": 4}
    line = applied.ledger.row(0, named=True)
    assert (line["reason"], line["value"], line["threshold"], line["detail"]) == ("not_sampled", 70.0, 13.0, "x")


def test_by_source():
    applied = apply(Sample(rows=4, by=("source",), equal=True), of_sources(web=8, books=2), sources=("web", "books"))
    assert sizes(applied.rows) == {"books": 2, "web": 2}


def test_a_stratified_sample_of_one_cell_is_the_plain_sample():
    one = frame(*(str(place) for place in range(50)))
    assert apply(Sample(rows=10, by=("label",)), one).rows.equals(apply(Sample(rows=10), one).rows)
    assert index(apply(Sample(rows=10), one).rows["row"]) != list(range(1, 11))


def test_equal_has_no_effect_without_by():
    with pytest.raises(ValidationError, match="equal has no effect without by"):
        Sample(rows=3, equal=True)


def test_the_ledger_says_how_many_of_how_many_were_drawn():
    applied = apply(Sample(rows=3), frame(*"abcde"))
    assert applied.ledger.select("reason", "value", "threshold").rows() == [("not_sampled", 5.0, 3.0)] * 2
