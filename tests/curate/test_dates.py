"""Dates read from text and from columns of dates."""

from datetime import UTC, date, datetime, timedelta, timezone

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.dates import check_format, check_moment, moment, seconds


def read(values: list[object], date_format: str = "iso8601", kind: pl.DataType | None = None) -> list[float | None]:
    return pl.DataFrame({"at": pl.Series(values, dtype=kind)}).select(seconds("at", date_format))["at"].to_list()


def test_iso_8601():
    known = {
        "1970-01-01": 0.0,
        "1970-01-02T00:00:01Z": 86401.0,
        " 1970-01-01 02:00 ": 7200.0,
        "1970-01-01T02:00:00.5+02:00": 0.5,
        "1969-12-31T23:30:00-0030": 0.0,
        "1970-01-01T00:00:00,25": 0.25,
    }
    assert read(list(known)) == list(known.values())
    assert (
        read(["2020-02-30", "2020-13-01", "2020-01-01T24:00", "2020", "yesterday", "", None, "2020-01-01x"])
        == [None] * 8
    )


@given(st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1)), st.integers(-23 * 60, 23 * 60))  # noqa: DTZ001  (the zone is drawn)
def test_iso_8601_as_python_reads_it(naive, minutes):
    at = naive.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    assert read([at.isoformat()])[0] == pytest.approx(at.timestamp(), abs=1e-5)


def test_other_formats_and_types():
    assert read(["02/01/1970", "1970-01-02"], "%d/%m/%Y") == [86400.0, None]
    assert read(["Thu Jan 01 01:00:00 +0100 1970"], "%a %b %d %H:%M:%S %z %Y") == [0.0]
    assert read(["1600000000", "soon"], "epoch") == [1.6e9, None]
    assert read([1_600_000_000, None], "epoch") == [1.6e9, None]
    assert read([date(1970, 1, 2), None]) == [86400.0, None]
    assert read([datetime(1970, 1, 2, tzinfo=UTC)]) == [86400.0]
    assert read([datetime(1970, 1, 1, 1)], kind=pl.Datetime("ms")) == [3600.0]  # noqa: DTZ001  (without a zone it is UTC)
    assert read([["a"]]) == [None]
    assert read([None, None], kind=pl.Null) == [None, None]


def test_a_day_at_the_end_is_the_whole_day():
    assert moment("1970-01-01") == 0.0
    assert moment("1970-01-01", end=True) == 86400 - 1e-6
    assert moment("1970-01-01T00:00:00Z", end=True) == 0.0


def test_what_is_no_date_or_no_format():
    for wrong in ("2024-02-31", "tomorrow", 2024):
        with pytest.raises(ValueError, match=r"is not a date; write 2024-12-31"):
            check_moment(wrong)
    for wrong in ("ISO", "%Q", "%H:%M", "dd/mm/yyyy"):
        with pytest.raises(ValueError, match="no date can be read with format"):
            check_format(wrong)
    for right in ("iso8601", "epoch", "%d.%m.%y", "%Y-%m-%dT%H:%M:%S%z", "%d %B %Y %I:%M %p"):
        check_format(right)
