"""Repetition inside a text: of characters and of words."""

from typing import ClassVar, Literal

import polars as pl
from pydantic import Field

from curate.steps.base import Context, Filter, OfText, Rule


class _Repetition(OfText, Filter):
    """The share of repeated n-grams must not exceed `max`."""

    thresholds: ClassVar[tuple[str, ...]] = ("max",)
    size: int = Field(default=10, ge=1, le=100)
    max: float = Field(default=0.3, ge=0, le=1)

    def _repeated_share(self, units: pl.Expr) -> pl.Expr:
        """Return 1 − distinct n-grams / n-grams over a list of units; 0 where there are fewer units than `size`."""
        count = units.list.len().cast(pl.Int64) - (self.size - 1)
        # units shifted against each other make the n-grams without a loop over rows
        shifted = [units.list.slice(offset, pl.max_horizontal(count, pl.lit(0))) for offset in range(self.size)]
        joined = pl.struct(part.alias(str(place)) for place, part in enumerate(shifted))
        return joined.map_batches(_repeated, return_dtype=pl.Float64, is_elementwise=True)


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

    def rules(self, context: Context) -> tuple[Rule, ...]:
        """Return the rule on the share of repeated character n-grams; 0 for texts shorter than `size`."""
        share = self._repeated_share(context.text.fill_null("").str.split(""))
        return (Rule("repeated_characters", share, maximum=self.max, above="repeated_characters"),)


class WordRepetition(_Repetition):
    """Drops texts in which more than `max` of the word n-grams (`size` words, case folded) are repeats of another one."""

    step: Literal["word_repetition"] = "word_repetition"
    size: int = Field(default=5, ge=1, le=100)

    def rules(self, context: Context) -> tuple[Rule, ...]:
        """Return the rule on the share of repeated word n-grams; 0 for texts of fewer words than `size`."""
        words = context.text.fill_null("").str.to_lowercase().str.extract_all(r"\S+")
        return (Rule("repeated_words", self._repeated_share(words), maximum=self.max, above="repeated_words"),)
