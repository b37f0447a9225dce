"""A window of dates."""

from datetime import date

import pytest
from frames import apply, fates, frame, index, values
from pydantic import ValidationError

from curate.recipe_file import dump_recipe, parse_recipe
from curate.steps.date_window import DateWindow

DAYS = [
    "2019-12-31T23:59:59Z",
    "2020-01-01",
    "2024-12-31T23:59:59.999999",
    "2025-01-01T00:30:00+01:00",
    "2025-01-01",
    "?",
    None,
]
WINDOW = {"column": "at", "earliest": "2020-01-01", "latest": "2024-12-31"}


def test_both_ends_are_in_and_zones_count():
    rows = frame(*"abcdefg", at=DAYS)
    applied = apply(DateWindow(**WINDOW), rows)
    assert fates(applied) == {1: "too_old", 5: "too_new", 6: "no_date", 7: "no_date"}
    line = applied.ledger.row(0, named=True)
    assert (line["value"], line["threshold"], line["detail"]) == (1577836799.0, 1577836800.0, "2019-12-31T23:59:59Z")
    assert index(apply(DateWindow(**WINDOW, unknown="keep"), rows).rows["row"]) == [2, 3, 4, 6, 7]
    assert fates(apply(DateWindow(**WINDOW, unknown="keep"), rows)) == {1: "too_old", 5: "too_new"}


def test_one_end_may_be_open():
    rows = frame(*"abcdefg", at=DAYS)
    assert index(apply(DateWindow(column="at", latest="2019-12-31", unknown="keep"), rows).rows["row"]) == [1, 6, 7]
    assert index(apply(DateWindow(column="at", earliest="2025-01-01T00:00:00Z"), rows).rows["row"]) == [5]


def test_a_column_of_dates_and_another_format():
    dates = frame(*"abc", at=[date(2019, 1, 1), date(2021, 1, 1), None])
    applied = apply(DateWindow(**WINDOW), dates)
    assert fates(applied) == {1: "too_old", 3: "no_date"}
    assert applied.ledger["detail"].to_list() == ["2019-01-01", None]
    assert values(DateWindow(**{**WINDOW, "column": "text"}, format="%d/%m/%Y"), "01/01/2020", "2020-01-01") == [
        1577836800.0,
        None,
    ]


def test_settings_without_sense():
    with pytest.raises(ValidationError, match="needs earliest or latest"):
        DateWindow(column="at")
    with pytest.raises(ValidationError, match="no row could pass"):
        DateWindow(column="at", earliest="2024-01-01", latest="2023-12-31")
    with pytest.raises(ValidationError, match="'soon' is not a date"):
        DateWindow(column="at", earliest="soon")


def test_an_unquoted_date_is_a_date_and_the_resolved_recipe_says_the_same():
    text = """
version: 1
name: dates
sources: [{path: a.csv}]
task: {kind: classification, text: text, label: label}
steps: [{step: date_window, column: at, earliest: 2020-01-01, latest: 2024-12-31T12:00:00Z}]
"""
    recipe = parse_recipe(text, "r.yaml")
    assert (recipe.steps[0].earliest, recipe.steps[0].latest) == ("2020-01-01", "2024-12-31T12:00:00Z")
    assert parse_recipe(dump_recipe(recipe), "again.yaml") == recipe
