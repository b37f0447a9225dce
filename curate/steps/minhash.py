"""Near-duplicates, by MinHash and verified."""

from typing import ClassVar, Literal

import polars as pl
from pydantic import Field

from curate.near_duplicates import similar_pairs, stars
from curate.steps.base import Context, Outcome, Whole


class Minhash(Whole):
    """Drops a row whose word shingles have a Jaccard similarity of at least `threshold` with an earlier row that stays.

    MinHash (Broder 1997) finds candidates; every merge is verified by the true Jaccard similarity, which the ledger
    holds with the surviving row. Texts shorter than the shingle match only texts of the same words.
    """

    step: Literal["minhash"] = "minhash"
    packages: ClassVar[tuple[str, ...]] = ("datasketch", "numpy")
    threshold: float = Field(default=0.8, gt=0, le=1)
    shingle: int = Field(default=3, ge=1, le=50, description="words in a shingle")
    permutations: int = Field(default=128, ge=16, le=1024)

    def apply(self, rows: pl.DataFrame, context: Context) -> Outcome:
        """Return the rows that stay."""
        pairs = similar_pairs(
            rows,
            context.text,
            self.threshold,
            size=self.shingle,
            permutations=self.permutations,
            seed=context.seed,
            tick=context.tick,
        )
        gone = stars(pairs)
        notes = gone.select(
            "row",
            pl.lit("near_duplicate").alias("reason"),
            pl.col("similarity").alias("value"),
            pl.lit(self.threshold).alias("threshold"),
            "other_row",
        )
        return Outcome(rows.join(gone, on="row", how="anti", maintain_order="left"), notes)
