"""Exact copies."""

from typing import Literal

import polars as pl
from pydantic import Field

from curate.normalise import folded
from curate.steps.base import Context, Outcome, Whole


class Exact(Whole):
    """Keeps the first of the rows whose text is the same; the ledger names the row that stayed."""

    step: Literal["exact"] = "exact"
    normalise: bool = Field(default=False, description="compare without regard to case and runs of white space")

    def apply(self, rows: pl.DataFrame, context: Context) -> Outcome:
        """Return the first row of each text, in reading order."""
        text = folded(context.text) if self.normalise else context.text.fill_null("")
        marked = rows.with_columns(pl.col("row").min().over(text).alias("__first"))
        copies = marked.filter(pl.col("row") != pl.col("__first"))
        notes = copies.select(
            "row",
            pl.lit("exact_duplicate").alias("reason"),
            pl.lit(1.0).alias("value"),
            pl.col("__first").alias("other_row"),
        )
        return Outcome(marked.filter(pl.col("row") == pl.col("__first")).drop("__first"), notes)
