"""Share of letters in a text."""

from typing import Literal

import polars as pl
from pydantic import Field

from curate.steps.base import Filter


class LetterShare(Filter):
    r"""Keeps texts whose share of letters (Unicode `\p{L}`) among characters that are not white space is at least `min`."""

    step: Literal["letter_share"] = "letter_share"
    min: float = Field(default=0.5, ge=0, le=1)

    def measure(self, text: pl.Expr) -> pl.Expr:
        """Return the share; 0 for a text without any visible character."""
        letters, visible = text.str.count_matches(r"\p{L}"), text.str.count_matches(r"\S")
        return pl.when(visible > 0).then(letters / visible).otherwise(0.0)

    def keep(self, measured: pl.Expr) -> pl.Expr:
        """Return true from `min` on."""
        return measured >= self.min

    def reason(self, measured: pl.Expr) -> pl.Expr:  # noqa: ARG002
        """Return `few_letters`."""
        return pl.lit("few_letters")

    def threshold(self, measured: pl.Expr) -> pl.Expr:  # noqa: ARG002
        """Return `min`."""
        return pl.lit(self.min)
