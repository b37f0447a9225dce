"""Rows with the same text and different labels."""

from typing import Literal

import polars as pl
from pydantic import Field

from curate.normalise import folded
from curate.steps.base import Context, OfText, Outcome, Whole


class LabelConflict(OfText, Whole):
    """Settles rows that have the same text (case and white space folded) and different labels.

    `drop` drops them all; `majority` gives all of them the label that most of them have, and drops them on a tie;
    `keep` keeps them and only names them in the ledger.
    """

    step: Literal["label_conflict"] = "label_conflict"
    resolve: Literal["drop", "majority", "keep"] = Field(default="drop")

    def apply(self, rows: pl.DataFrame, context: Context) -> Outcome:
        """Return the rows with conflicts settled. Needs a task with a label (checked with the recipe)."""
        assert context.label is not None
        label = pl.col(context.label)
        keyed = rows.with_columns(folded(context.text).alias("__text"))
        votes = keyed.group_by("__text", context.label).agg(pl.len().alias("__votes"))
        ranked = votes.group_by("__text").agg(
            __labels=pl.len(),
            __winner=label.sort_by("__votes", context.label, descending=[True, False]).first(),
            __tie=(pl.col("__votes") == pl.col("__votes").max()).sum() > 1,
        )
        marked = keyed.join(ranked, on="__text", how="left", maintain_order="left")
        conflict = pl.col("__labels") > 1
        first = marked.with_columns(
            __first=label.sort_by("row").first().over("__text"), __least=pl.col("row").min().over("__text")
        )
        others = pl.col("row").filter(label != pl.col("__first")).min().over("__text")
        named = first.with_columns(__other=pl.when(label == pl.col("__first")).then(others).otherwise("__least"))
        lost = conflict & (pl.col("__tie") if self.resolve == "majority" else pl.lit(self.resolve == "drop"))
        noted = named.filter(conflict)
        notes = noted.select("row", pl.lit("label_conflict").alias("reason"), pl.col("__other").alias("other_row"))
        kept = named.filter(~lost)
        if self.resolve == "majority":
            kept = kept.with_columns(pl.when(conflict).then(pl.col("__winner")).otherwise(label).alias(context.label))
        return Outcome(kept.select(rows.columns), notes)
