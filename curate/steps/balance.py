"""Balance: every cell of some columns brought to the same number of rows, or to the same weight. For training rows only."""

from collections.abc import Mapping
from typing import ClassVar, Literal, Self

import polars as pl
from pydantic import Field, model_validator

from curate.rows import draw
from curate.steps.base import Context, Outcome, Whole
from curate.steps.cells import cell, said
from curate.steps.row_weights import COLUMN, cell_weights

_COPIES, _WEIGHT = 10, 10.0


class Balance(Whole):
    """Brings every cell (a combination of values in `by`) to the same size: surplus rows are dropped, missing ones repeated.

    `to: smallest` only drops, `to: largest` only repeats (each repeat is an added row with its parent), `to: median` does
    both. `by` names the label column, other columns, `source`, or attributes of groups (overlapping groups make a cell of
    their own). No cell is repeated more than `most_copies` times.

    `method: weights` drops and adds nothing: the column `row_weight` says what a row counts in the training loss, the
    inverse of its cell's size, at most `most_weight`, 1 on average. The ledger names each cell's weight at its first row.
    A later step's copy has its parent's weight.
    """

    step: Literal["balance"] = "balance"
    draws: ClassVar[bool] = True
    version: ClassVar[int] = 2
    needs_text: ClassVar[bool] = False
    by: tuple[str, ...] = Field(min_length=1, description="columns, attributes of groups, or source")
    method: Literal["resample", "weights"] = "resample"
    to: Literal["smallest", "median", "largest"] = "median"
    most_copies: int = Field(default=_COPIES, ge=1, le=200)
    most_weight: float = Field(
        default=_WEIGHT, gt=1, allow_inf_nan=False, description="weights: what a row may count at most"
    )

    @model_validator(mode="after")
    def _settings_have_effect(self) -> Self:
        if self.method == "weights" and (self.to != "median" or self.most_copies != _COPIES):
            raise ValueError("to and most_copies have no effect with method: weights; leave them out")
        if self.method == "resample" and self.most_weight != _WEIGHT:
            raise ValueError("most_weight has no effect with method: resample; leave it out")
        return self

    def cells(self) -> tuple[str, ...]:
        """Return what makes the cells."""
        return self.by

    def new_columns(self) -> Mapping[str, pl.DataType]:
        """Return the column of weights, if there are weights."""
        return {COLUMN: pl.Float64()} if self.method == "weights" else {}

    def apply(self, rows: pl.DataFrame, context: Context) -> Outcome:
        """Return the balanced rows; which are dropped or repeated is drawn by row number and seed."""
        keyed = rows.with_columns(__cell=cell(self.by, rows.schema, context.sources))
        if keyed.is_empty():
            return Outcome(rows, rows.select("row", reason=pl.lit("")))
        balanced = _weighed(keyed, self.most_weight) if self.method == "weights" else self._resampled(keyed, context)
        return Outcome(balanced.rows.select(rows.columns), balanced.notes)

    def _resampled(self, keyed: pl.DataFrame, context: Context) -> Outcome:
        drawn = keyed.with_columns(draw(keyed["row"], context.seed, "balance").alias("__draw")).with_columns(
            pl.len().over("__cell").alias("__size"),
            (pl.col("__draw").rank("ordinal").over("__cell") - 1).alias("__place"),
        )
        sizes = keyed.group_by("__cell").len()["len"]
        target = int({"smallest": sizes.min(), "median": sizes.median(), "largest": sizes.max()}[self.to] or 0)  # type: ignore[arg-type]
        kept, left = drawn.filter(pl.col("__place") < target), drawn.filter(pl.col("__place") >= target)
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
            said(pl.col("__cell")).alias("detail"),
        )
        return Outcome(pl.concat([kept, added]), notes)


def _weighed(keyed: pl.DataFrame, most: float) -> Outcome:
    """Return the rows with their cell's weight, and a note a cell: its first row, its weight, its name and size."""
    sizes = keyed.group_by(cell="__cell").agg(pl.col("row").min(), size=pl.len())
    weights = sizes.join(cell_weights(sizes.select("cell", "size"), most), on="cell")
    rows = keyed.join(weights.select(__cell="cell", __weight="weight"), on="__cell", maintain_order="left")
    detail = pl.format("{}: {} of {} rows", said(pl.col("cell")), "size", keyed.height)
    notes = weights.select("row", reason=pl.lit("cell_weight"), value="weight", threshold=pl.lit(most), detail=detail)
    return Outcome(rows.with_columns(pl.col("__weight").alias(COLUMN)), notes)
