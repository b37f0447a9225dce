"""Repetition inside a text: of characters and of words."""

from typing import Literal

import polars as pl
from pydantic import Field

from curate.steps.base import Filter


class _Repetition(Filter):
    """The share of repeated n-grams must not exceed `max`."""

    size: int = Field(default=10, ge=1, le=100)
    max: float = Field(default=0.3, ge=0, le=1)

    def _repeated_share(self, units: pl.Expr) -> pl.Expr:
        """Return 1 − distinct n-grams / n-grams over a list of units; 0 where there are fewer units than `size`."""
        count = units.list.len().cast(pl.Int64) - (self.size - 1)
        # units shifted against each other make the n-grams without a loop over rows
        shifted = [units.list.slice(offset, pl.max_horizontal(count, pl.lit(0))) for offset in range(self.size)]
        joined = pl.struct(part.alias(str(place)) for place, part in enumerate(shifted))
        return joined.map_batches(_repeated, return_dtype=pl.Float64, is_elementwise=True)

    def keep(self, measured: pl.Expr) -> pl.Expr:
        """Return true up to `max`."""
        return measured <= self.max

    def threshold(self, measured: pl.Expr) -> pl.Expr:  # noqa: ARG002
        """Return `max`."""
        return pl.lit(self.max)


def _repeated(shifted: pl.Series) -> pl.Series:
    """Return each row's share of repeated n-grams from a struct of lists of equal length."""
    frame = shifted.struct.unnest()
    grams = frame.with_row_index("line").explode(frame.columns, empty_as_null=True).drop_nulls()
    hashed = grams.select("line", gram=pl.struct(frame.columns).hash())
    shares = hashed.group_by("line").agg(share=1 - pl.col("gram").n_unique() / pl.len())
    lines = frame.with_row_index("line").select("line")
    return lines.join(shares, on="line", how="left", maintain_order="left")["share"].fill_null(0.0)


class CharacterRepetition(_Repetition):
    """Drops texts in which more than `max` of the character n-grams (`size` characters) are repeats of another one."""

    step: Literal["character_repetition"] = "character_repetition"

    def measure(self, text: pl.Expr) -> pl.Expr:
        """Return the share of repeated character n-grams; 0 for texts shorter than `size`."""
        return self._repeated_share(text.fill_null("").str.split(""))

    def reason(self, measured: pl.Expr) -> pl.Expr:  # noqa: ARG002
        """Return `repeated_characters`."""
        return pl.lit("repeated_characters")


class WordRepetition(_Repetition):
    """Drops texts in which more than `max` of the word n-grams (`size` words, case folded) are repeats of another one."""

    step: Literal["word_repetition"] = "word_repetition"
    size: int = Field(default=5, ge=1, le=100)

    def measure(self, text: pl.Expr) -> pl.Expr:
        """Return the share of repeated word n-grams; 0 for texts of fewer words than `size`."""
        return self._repeated_share(text.fill_null("").str.to_lowercase().str.extract_all(r"\S+"))

    def reason(self, measured: pl.Expr) -> pl.Expr:  # noqa: ARG002
        """Return `repeated_words`."""
        return pl.lit("repeated_words")
