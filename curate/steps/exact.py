"""Exact copies."""

from collections.abc import Mapping
from typing import Literal

import polars as pl
from pydantic import Field

from curate.normalise import folded
from curate.steps.base import Choice, Context, OfText, Select, no_notes
from curate.steps.keeping import Keeping

SHARE_ROWS = 4_000_000
"""Copies are looked for among about so many rows at a time: those whose hashes leave the same remainder."""


class Exact(OfText, Keeping, Select):
    """Keeps one of the rows whose text is the same, the first unless `keep` says otherwise; the ledger names it, and why."""

    step: Literal["exact"] = "exact"
    normalise: bool = Field(default=False, description="compare without regard to case and runs of white space")

    def facts(self, context: Context) -> Mapping[str, pl.Expr]:
        """Return 128 bits of each text: among a billion texts two that differ have the same with odds of about 1 in 10^21."""
        text = folded(context.text) if self.normalise else context.text.fill_null("")
        return {"low": text.hash(seed=1), "high": text.hash(seed=2), **self.ranks(context)}

    def choose(self, facts: pl.DataFrame, context: Context) -> Choice:  # noqa: ARG002
        """Return every row whose text a row has that stays."""
        shares = facts.height // SHARE_ROWS + 1
        parts = [self._copies(facts.filter(pl.col("low") % shares == share)) for share in range(shares)]
        return Choice(pl.concat([no_notes().select(parts[0].columns), *parts]))

    def _copies(self, facts: pl.DataFrame) -> pl.DataFrame:
        """Return the notes of the rows that go, from all rows of some hashes."""
        several = facts.filter(pl.col("low").is_duplicated())
        ranked = several[self.by_rank(several)["place"]].sort("low", "high", maintain_order=True)
        other = pl.any_horizontal(pl.col("low", "high") != pl.col("low", "high").shift())
        begins = ranked.select(other.fill_null(value=True)).to_series()
        first = begins.arg_true().gather(begins.cast(pl.UInt32).cum_sum() - 1)
        copies, survivors = ranked.filter(~begins), ranked[first.filter(~begins)]
        return copies.select(
            "row",
            reason=pl.lit("exact_duplicate"),
            value=pl.lit(1.0),
            other_row=survivors["row"],
            detail=self.why(copies, survivors),
        )
