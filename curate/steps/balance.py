"""Balance: every cell of some columns brought to the same number of rows. For training rows only."""

from typing import ClassVar, Literal

import polars as pl
from pydantic import Field

from curate.groups import group_column
from curate.rows import draw
from curate.shown import shown
from curate.steps.base import Context, Outcome, Whole


class Balance(Whole):
    """Brings every cell (a combination of values in `by`) to the same size: surplus rows are dropped, missing ones repeated.

    `to: smallest` only drops, `to: largest` only repeats (each repeat is an added row with its parent), `to: median` does
    both. `by` names the label column, other columns, or attributes of groups (overlapping groups make a cell of their own).
    No cell is repeated more than `most_copies` times.
    """

    step: Literal["balance"] = "balance"
    needs_text: ClassVar[bool] = False
    by: tuple[str, ...] = Field(min_length=1)
    to: Literal["smallest", "median", "largest"] = "median"
    most_copies: int = Field(default=10, ge=1, le=200)

    def columns(self) -> tuple[str, ...]:
        """Return the columns that make the cells."""
        return self.by

    def apply(self, rows: pl.DataFrame, context: Context) -> Outcome:
        """Return the balanced rows; which are dropped or repeated is drawn by row number and seed."""
        keyed = rows.with_columns(
            pl.concat_str([_cell(rows, column) for column in self.by], separator="\x1f", ignore_nulls=False)
            .fill_null("")
            .alias("__cell"),
            draw(rows["row"], context.seed, "balance").alias("__draw"),
        ).with_columns(
            pl.len().over("__cell").alias("__size"),
            (pl.col("__draw").rank("ordinal").over("__cell") - 1).alias("__place"),
        )
        sizes = keyed.group_by("__cell").len()["len"]
        if sizes.is_empty():
            return Outcome(rows, keyed.select("row", reason=pl.lit("")).clear())
        target = int({"smallest": sizes.min(), "median": sizes.median(), "largest": sizes.max()}[self.to] or 0)  # type: ignore[arg-type]
        kept, left = keyed.filter(pl.col("__place") < target), keyed.filter(pl.col("__place") >= target)
        short = pl.max_horizontal(pl.lit(target, dtype=pl.Int64) - pl.col("__size").cast(pl.Int64), pl.lit(0))
        each, more = short // pl.col("__size"), short % pl.col("__size")
        copies = pl.min_horizontal(each + (pl.col("__place") < more).cast(pl.Int64), pl.lit(self.most_copies))
        repeated = kept.select(pl.all().repeat_by(copies).explode(empty_as_null=False)) if len(kept) else kept
        added = repeated.with_columns(pl.col("row").alias("parent"), pl.lit(None, dtype=pl.Int64).alias("row"))
        notes = left.select(
            "row",
            pl.lit("surplus_in_cell").alias("reason"),
            pl.col("__size").cast(pl.Float64).alias("value"),
            pl.lit(float(target)).alias("threshold"),
        )
        return Outcome(pl.concat([kept, added]).select(rows.columns), notes)


def _cell(rows: pl.DataFrame, column: str) -> pl.Expr:
    name = group_column(column) if group_column(column) in rows.columns else column
    return shown(pl.col(name), rows.schema[name]).fill_null("")
