"""A limit on the rows of a cell."""

import polars as pl
from frames import apply, fates, frame, index, of_sources, sizes

from curate.steps.cap import Cap


def test_every_source_keeps_at_most_so_many_rows():
    rows = of_sources(web=9, books=2, wiki=5)
    applied = apply(Cap(by=("source",), rows=4), rows, sources=("web", "books", "wiki"))
    assert sizes(applied.rows) == {"books": 2, "web": 4, "wiki": 4}
    lines = applied.ledger.sort("detail", "value").select("event", "reason", "value", "threshold", "detail").rows()
    places = [("web", 5.0), ("web", 6.0), ("web", 7.0), ("web", 8.0), ("web", 9.0), ("wiki", 5.0)]
    assert lines == [("dropped", "over_cap", place, 4.0, source) for source, place in places]
    assert not applied.rows.equals(
        apply(Cap(by=("source",), rows=4), rows, sources=("web", "books", "wiki"), seed=8).rows
    )


def test_first_keeps_the_first_in_reading_order():
    rows = frame(*"abcdef", labels=["x", "y", "x", "x", "y", "x"])
    assert fates(apply(Cap(by=("label",), rows=2, keep="first"), rows)) == {4: "over_cap", 6: "over_cap"}
    assert fates(apply(Cap(by=("label",), rows=2, keep="first"), rows.reverse())) == {4: "over_cap", 6: "over_cap"}


def test_a_larger_limit_keeps_all_that_a_smaller_one_keeps():
    rows = frame(*(str(place) for place in range(40)), labels=["x", "y"] * 20)
    small, large = (set(apply(Cap(by=("label",), rows=limit), rows).rows["row"]) for limit in (5, 12))
    assert small < large


def test_overlapping_groups_are_a_cell_of_their_own():
    groups = [["women"], ["women", "lgbtq"], ["women"], ["lgbtq"], ["women", "lgbtq"], ["unknown"]]
    rows = frame(*"abcdef", group_target=groups)
    applied = apply(Cap(by=("target",), rows=1, keep="first"), rows)
    assert fates(applied) == {3: "over_cap", 5: "over_cap"}
    assert applied.ledger["detail"].to_list() == ["women", "women+lgbtq"]


def test_several_columns_numbers_and_missing_values_make_cells():
    rows = frame(*"abcdef", year=[2020.0, 2020.0, None, None, 2021.0, 2020.0], labels=["x", "x", "x", "x", "x", "y"])
    applied = apply(Cap(by=("year", "label"), rows=1, keep="first"), rows)
    assert fates(applied) == {2: "over_cap", 4: "over_cap"}
    assert applied.ledger["detail"].to_list() == ["2020, x", ", x"]
    assert index(applied.rows["row"]) == [1, 3, 5, 6]
    assert applied.ledger.schema["value"] == pl.Float64
