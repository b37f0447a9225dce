"""Near-duplicates, by MinHash and verified."""

from collections.abc import Mapping
from typing import ClassVar, Literal

import polars as pl
from pydantic import Field

from curate.kernels import KERNELS
from curate.near_duplicates import similar_pairs, stars
from curate.steps.base import Choice, Context, OfText, Select
from curate.steps.keeping import Keeping


class Minhash(OfText, Keeping, Select):
    """Drops a row whose word shingles have a Jaccard similarity of at least `threshold` with an earlier row that stays.

    Earlier is what `keep` ranks before it: without it the first row read stays, with `keep: [longest]` the longest.

    MinHash (Broder 1997) finds candidates; every merge is verified by the true Jaccard similarity, which the ledger
    holds with the surviving row. Texts shorter than the shingle match only texts of the same words.
    """

    step: Literal["minhash"] = "minhash"
    version: ClassVar[int] = 3
    packages: ClassVar[tuple[str, ...]] = KERNELS
    threshold: float = Field(default=0.8, gt=0, le=1)
    shingle: int = Field(default=3, ge=1, le=50, description="words in a shingle")
    permutations: int = Field(default=128, ge=16, le=1024)

    def facts(self, context: Context) -> Mapping[str, pl.Expr]:
        """Return the text, and by what copies are ranked."""
        return {"text": context.text, **self.ranks(context)}

    def choose(self, facts: pl.DataFrame, context: Context) -> Choice:
        """Return the rows that are like a row that stays and that is ranked before them."""
        places = self.by_rank(facts)["place"]
        ranked = facts if places.is_sorted() else facts[places]
        # in the order of ranks a row's place stands for its number: candidates are then paired with what would stay
        pairs = similar_pairs(
            ranked.select("text", row=pl.int_range(pl.len())),
            pl.col("text"),
            self.threshold,
            size=self.shingle,
            permutations=self.permutations,
            seed=context.seed,
            tick=context.tick,
        )
        gone = stars(pairs)
        copies, survivors = (ranked.select(pl.exclude("text"))[gone[name]] for name in ("row", "other_row"))
        return Choice(
            copies.select(
                "row",
                reason=pl.lit("near_duplicate"),
                value=gone["similarity"],
                threshold=pl.lit(self.threshold),
                other_row=survivors["row"],
                detail=self.why(copies, survivors),
            )
        )
