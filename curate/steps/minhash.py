"""Near-duplicates, by MinHash and verified."""

from collections.abc import Mapping
from typing import ClassVar, Literal

import polars as pl
from pydantic import Field

from curate.near_duplicates import similar_pairs, stars
from curate.steps.base import Choice, Context, OfText, Select


class Minhash(OfText, Select):
    """Drops a row whose word shingles have a Jaccard similarity of at least `threshold` with an earlier row that stays.

    MinHash (Broder 1997) finds candidates; every merge is verified by the true Jaccard similarity, which the ledger
    holds with the surviving row. Texts shorter than the shingle match only texts of the same words.
    """

    step: Literal["minhash"] = "minhash"
    version: ClassVar[int] = 2
    packages: ClassVar[tuple[str, ...]] = ("datasketch", "numpy")
    threshold: float = Field(default=0.8, gt=0, le=1)
    shingle: int = Field(default=3, ge=1, le=50, description="words in a shingle")
    permutations: int = Field(default=128, ge=16, le=1024)

    def facts(self, context: Context) -> Mapping[str, pl.Expr]:
        """Return the text."""
        return {"text": context.text}

    def choose(self, facts: pl.DataFrame, context: Context) -> Choice:
        """Return the rows that are like an earlier row that stays."""
        pairs = similar_pairs(
            facts,
            pl.col("text"),
            self.threshold,
            size=self.shingle,
            permutations=self.permutations,
            seed=context.seed,
            tick=context.tick,
        )
        reason, threshold = pl.lit("near_duplicate"), pl.lit(self.threshold)
        return Choice(stars(pairs).select("row", "other_row", reason=reason, value="similarity", threshold=threshold))
