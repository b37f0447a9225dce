"""Length of a text in characters or words."""

from typing import Literal, Self

import polars as pl
from pydantic import Field, model_validator

from curate.steps.base import Filter


class Length(Filter):
    """Keeps texts of `min` to `max` characters (Unicode code points) or words (runs without white space)."""

    step: Literal["length"] = "length"
    min: int = Field(default=1, ge=0)
    max: int = Field(default=1_000_000, ge=1)
    unit: Literal["characters", "words"] = "characters"

    @model_validator(mode="after")
    def _range(self) -> Self:
        if self.min > self.max:
            raise ValueError(f"min {self.min} is above max {self.max}; no text could pass")
        return self

    def measure(self, text: pl.Expr) -> pl.Expr:
        """Return the length; an absent text has length 0."""
        length = text.str.len_chars() if self.unit == "characters" else text.str.count_matches(r"\S+")
        return length.cast(pl.Float64).fill_null(0.0)

    def keep(self, measured: pl.Expr) -> pl.Expr:
        """Return true from `min` to `max`, both included."""
        return measured.is_between(self.min, self.max)

    def reason(self, measured: pl.Expr) -> pl.Expr:
        """Return `too_short` or `too_long`."""
        return pl.when(measured < self.min).then(pl.lit("too_short")).otherwise(pl.lit("too_long"))

    def threshold(self, measured: pl.Expr) -> pl.Expr:
        """Return the limit that was crossed."""
        return pl.when(measured < self.min).then(pl.lit(float(self.min))).otherwise(pl.lit(float(self.max)))
