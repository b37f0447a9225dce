"""Dates in the data as seconds since 1970-01-01 UTC, whatever the type of the column that holds them."""

import re
from datetime import UTC, date, datetime, timedelta

import polars as pl

from curate.shown import shown

_ISO = (
    r"^\s*(?P<day>\d{4}-\d{2}-\d{2})"
    r"(?:[T ](?P<hour>[01]\d|2[0-3]):(?P<minute>[0-5]\d)(?::(?P<second>[0-5]\d(?:[.,]\d+)?))?"
    r"\s*(?P<zone>Z|z|UTC|[+-](?:[01]\d|2[0-3]):?[0-5]\d)?)?\s*$"
)
_LONGEST = 200
_QUOTED = 40
_YEAR = 366 * 86400.0
FORMAT_HELP = "iso8601, epoch (seconds since 1970-01-01 UTC), or a strftime format such as %d/%m/%Y"

_SAY_FORMAT = f"say how the dates are written, format: {FORMAT_HELP}"


def seconds(column: str, date_format: str) -> pl.Expr:
    """Return a column's dates as seconds since 1970-01-01 UTC; null where there is none that can be read.

    Dates and times of a type of their own are taken as they are; anything else is read as text in `date_format`
    (see `FORMAT_HELP`). A time without a zone is UTC, a day without a time its first moment.
    """
    return pl.col(column).map_batches(
        lambda values: _seconds(values, date_format), return_dtype=pl.Float64, is_elementwise=True
    )


def written(column: str) -> pl.Expr:
    """Return a column's dates as they stand there, as text, of which no more than a date may need."""
    shown_dates = pl.col(column).map_batches(_shown, return_dtype=pl.String, is_elementwise=True)
    return shown_dates.str.slice(0, _LONGEST)


def unreadable(rows: pl.DataFrame, column: str, date_format: str, hint: str = _SAY_FORMAT) -> tuple[str, ...]:
    """Return that what looks like dates in a column of some first rows cannot be read, with the first; nothing if any can be.

    Only what holds a digit looks like a date: a word such as "unknown" says that there is none.
    """
    told = _told(rows, column, date_format)
    if told.is_empty() or told["moment"].count():
        return ()
    first = f"in the first {rows.height:,} rows no date of column '{column}' can be read as {date_format}"
    return (f"{first} (one is '{told['said'][0][:_QUOTED]}'); {hint}",)


def partly_unreadable(rows: pl.DataFrame, column: str, date_format: str, hint: str = _SAY_FORMAT) -> tuple[str, ...]:
    """Return likewise, or that at least half of the dates cannot be read, where they would decide which row stays.

    Fewer are slips of the data, and count as rows without a date.
    """
    told = _told(rows, column, date_format)
    odd = told.filter(pl.col("moment").is_null())["said"]
    if odd.len() * 2 < told.height or odd.len() == told.height:
        return unreadable(rows, column, date_format, hint)
    share = f"in the first {rows.height:,} rows {odd.len():,} of {told.height:,} dates of column '{column}'"
    return (f"{share} cannot be read as {date_format} (one is '{odd[0][:_QUOTED]}'); {hint}",)


def _told(rows: pl.DataFrame, column: str, date_format: str) -> pl.DataFrame:
    """Return what looks like dates in a column, as it stands there and as seconds."""
    told = rows.select(said=written(column).str.strip_chars(), moment=seconds(column, date_format))
    return told.filter(pl.col("said").str.contains(r"\d"))


def check_format(date_format: str) -> None:
    """Raise `ValueError` for a format in which no date can be read."""
    if date_format in ("iso8601", "epoch"):
        return
    sample = datetime(2001, 2, 3, 4, 5, 6, tzinfo=UTC)
    try:
        read = _from_text(pl.Series([sample.strftime(date_format)]), date_format)[0]
    except pl.exceptions.PolarsError:
        read = None
    if "%" not in date_format or read is None or abs(read - sample.timestamp()) > _YEAR:
        raise ValueError(f"no date can be read with format '{date_format}'; write {FORMAT_HELP}")


def moment(text: str, *, end: bool = False) -> float:
    """Return a date or time in ISO 8601 as seconds; `end` takes a day without a time as its last microsecond."""
    found = float(_from_text(pl.Series([text]), "iso8601")[0])
    return found + timedelta(days=1).total_seconds() - 1e-6 if end and _is_day(text) else found


def check_moment(value: object) -> str:
    """Return a date or time as ISO 8601 text. Raises `ValueError` if it is none."""
    text = value.isoformat() if isinstance(value, date) else str(value)
    if _from_text(pl.Series([text]), "iso8601")[0] is None:
        raise ValueError(f"'{text}' is not a date; write 2024-12-31 or 2024-12-31T18:00:00Z")
    return text


def _is_day(text: str) -> bool:
    return re.fullmatch(r"\s*\d{4}-\d{2}-\d{2}\s*", text) is not None


def _seconds(values: pl.Series, date_format: str) -> pl.Series:
    if values.dtype == pl.Date:
        return values.cast(pl.Datetime("us")).dt.timestamp("us") / 1e6
    if isinstance(values.dtype, pl.Datetime):
        return values.dt.timestamp("us") / 1e6
    return _from_text(_shown(values), date_format)


def _shown(values: pl.Series) -> pl.Series:
    return values.to_frame("value").select(shown(pl.col("value"), values.dtype)).to_series()


def _from_text(text: pl.Series, date_format: str) -> pl.Series:
    if date_format == "epoch":
        return text.cast(pl.Float64, strict=False)
    if date_format != "iso8601":
        return text.str.to_datetime(date_format, strict=False, time_unit="us").dt.timestamp("us") / 1e6
    parts = text.to_frame("text").select(pl.col("text").str.extract_groups(_ISO)).unnest("text")
    clock = [
        pl.col(name).str.replace(",", ".", literal=True).cast(pl.Float64).fill_null(0) * unit
        for name, unit in (("hour", 3600), ("minute", 60), ("second", 1))
    ]
    days = pl.col("day").str.to_date("%Y-%m-%d", strict=False).cast(pl.Int32).cast(pl.Float64)
    return parts.select(days * 86400 + pl.sum_horizontal(clock) - _offset(pl.col("zone"))).to_series()


def _offset(zone: pl.Expr) -> pl.Expr:
    """Return a zone's seconds ahead of UTC; `Z` and no zone are UTC."""
    sign = pl.when(zone.str.starts_with("-")).then(-1).otherwise(1)
    hours, minutes = zone.str.extract(r"[+-](\d{2})"), zone.str.extract(r"[+-]\d{2}:?(\d{2})")
    ahead = hours.cast(pl.Float64).fill_null(0) * 3600 + minutes.cast(pl.Float64).fill_null(0) * 60
    return sign * ahead
