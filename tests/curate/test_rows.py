"""Row numbers and names."""

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from curate import rows

SOURCES = ("toxigen", "tweets.v2")


@given(st.integers(0, 1), st.integers(1, 2**39), st.integers(0, 255))
def test_a_name_parses_back_to_its_number(source, index, copy):
    number = rows.number(source, index, copy)
    assert rows.parse(rows.name(number, SOURCES), SOURCES) == number
    frame = pl.DataFrame({"row": [number]})
    expressions = (rows.source_of, rows.index_of, rows.copy_of, rows.root_of)
    parts = frame.select(e(pl.col("row")).alias(str(i)) for i, e in enumerate(expressions)).row(0)
    assert parts == (source, index, copy, rows.number(source, index))
    assert frame.select(rows.names(pl.col("row"), SOURCES)).item() == rows.name(number, SOURCES)


def test_names():
    assert rows.name(rows.number(0, 1042), SOURCES) == "toxigen/1042"
    assert rows.name(rows.number(1, 3, 2), SOURCES) == "tweets.v2/3+2"
    for wrong in ("toxigen", "other/3", "toxigen/x", "toxigen/1+999", "toxigen/-1"):
        assert rows.parse(wrong, SOURCES) is None


def test_draw_depends_on_row_seed_and_purpose_alone():
    numbers = pl.Series([rows.number(0, i) for i in range(1, 2001)])
    draws = rows.draw(numbers, 7, "split")
    assert rows.draw(numbers.reverse(), 7, "split").reverse().equals(draws)
    assert not rows.draw(numbers, 8, "split").equals(draws)
    assert not rows.draw(numbers, 7, "sample").equals(draws)
    assert draws.n_unique() == 2000
    share = (draws / 2**64 < 0.2).mean()
    assert 0.15 < share < 0.25


def test_draw_is_pinned():
    """The draw decides who is in a test set: it must not move between versions."""
    assert rows.draw(pl.Series([256, 512]), 7, "split").to_list() == [2080913888704842566, 16917190880069708482]
