"""Share of letters in a text."""

from typing import ClassVar, Literal

import polars as pl
from pydantic import Field

from curate.steps.base import Context, Filter, OfText, Rule


class LetterShare(OfText, Filter):
    r"""Keeps texts whose share of letters (Unicode `\p{L}`) among characters that are not white space is at least `min`."""

    step: Literal["letter_share"] = "letter_share"
    thresholds: ClassVar[tuple[str, ...]] = ("min",)
    min: float = Field(default=0.5, ge=0, le=1)

    def rules(self, context: Context) -> tuple[Rule, ...]:
        """Return the rule on the share; 0 for a text without any visible character."""
        letters, visible = context.text.str.count_matches(r"\p{L}"), context.text.str.count_matches(r"\S")
        share = pl.when(visible > 0).then(letters / visible).otherwise(0.0)
        return (Rule("letter_share", share, minimum=self.min, below="few_letters"),)
