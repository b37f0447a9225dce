"""Exact copies."""

from collections.abc import Mapping
from typing import Literal

import polars as pl
from pydantic import Field

from curate.normalise import folded
from curate.steps.base import Choice, Context, OfText, Select


class Exact(OfText, Select):
    """Keeps the first of the rows whose text is the same; the ledger names the row that stayed."""

    step: Literal["exact"] = "exact"
    normalise: bool = Field(default=False, description="compare without regard to case and runs of white space")

    def facts(self, context: Context) -> Mapping[str, pl.Expr]:
        """Return 128 bits of each text: among a billion texts two that differ have the same with odds of about 1 in 10^21."""
        text = folded(context.text) if self.normalise else context.text.fill_null("")
        return {"low": text.hash(seed=1), "high": text.hash(seed=2)}

    def choose(self, facts: pl.DataFrame, context: Context) -> Choice:  # noqa: ARG002
        """Return every row whose text an earlier row has."""
        marked = facts.select("row", first=pl.col("row").min().over("low", "high"))
        copies = marked.filter(pl.col("row") != pl.col("first"))
        return Choice(copies.select("row", reason=pl.lit("exact_duplicate"), value=pl.lit(1.0), other_row="first"))
