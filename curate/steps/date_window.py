"""A window of dates."""

from typing import ClassVar, Literal, Self

import polars as pl
from pydantic import Field, field_validator, model_validator

from curate.dates import FORMAT_HELP, check_format, check_moment, moment, seconds, unreadable, written
from curate.steps.base import Context, Filter, Rule

_FAR = 1e15
"""Seconds, some 30 million years: where a row without a date is put that is to stay whatever the window."""


class DateWindow(Filter):
    """Keeps rows whose date in `column` lies from `earliest` to `latest`, both included; a day as `latest` is the whole day.

    Measured in seconds since 1970-01-01 UTC; a time without a zone is UTC, in the data and in the settings. Columns of
    dates are read as they are, all others as text in `format`. A row without a date that can be read goes, or stays with
    `unknown: keep`.
    """

    step: Literal["date_window"] = "date_window"
    needs_text: ClassVar[bool] = False
    thresholds: ClassVar[tuple[str, ...]] = ("earliest", "latest")
    column: str
    earliest: str | None = Field(default=None, description="a day (2020-01-01) or a time in ISO 8601")
    latest: str | None = Field(default=None, description="likewise")
    format: str = Field(default="iso8601", description=FORMAT_HELP)
    unknown: Literal["drop", "keep"] = Field(default="drop", description="a row without a date that can be read")

    @field_validator("earliest", "latest", mode="before")
    @classmethod
    def _is_a_date(cls, value: object) -> str | None:
        return None if value is None else check_moment(value)

    @field_validator("format")
    @classmethod
    def _reads_dates(cls, value: str) -> str:
        check_format(value)
        return value

    @model_validator(mode="after")
    def _window(self) -> Self:
        low, high = self._limits()
        if low is None and high is None:
            raise ValueError("date_window needs earliest or latest")
        if low is not None and high is not None and low > high:
            raise ValueError(f"earliest {self.earliest} is after latest {self.latest}; no row could pass")
        return self

    def _limits(self) -> tuple[float | None, float | None]:
        low = None if self.earliest is None else moment(self.earliest)
        return low, None if self.latest is None else moment(self.latest, end=True)

    def columns(self) -> tuple[str, ...]:
        """Return the column with the date."""
        return (self.column,)

    def single(self) -> tuple[str, ...]:
        """Return the same columns."""
        return self.columns()

    def unfit(self, rows: pl.DataFrame) -> tuple[str, ...]:
        """Return that no date of these rows can be read."""
        return unreadable(rows, self.column, self.format)

    def rules(self, context: Context) -> tuple[Rule, ...]:  # noqa: ARG002
        """Return the rule on the date, or one for each end where a row without a date is to meet both."""
        found, (low, high) = seconds(self.column, self.format), self._limits()
        detail = written(self.column)
        if self.unknown == "drop":
            return (Rule("date", found, low, high, "too_old", "too_new", unmeasured="no_date", detail=detail),)
        return (
            Rule("date_from", found.fill_null(_FAR), minimum=low, below="too_old", detail=detail),
            Rule("date_to", found.fill_null(-_FAR), maximum=high, above="too_new", detail=detail),
        )
