"""A limit on how many rows one source, group or value may have."""

from collections.abc import Mapping
from typing import ClassVar, Literal

import polars as pl
from pydantic import Field

from curate.rows import draw
from curate.steps.base import Choice, Context, Select
from curate.steps.cells import cell, said


class Cap(Select):
    """Keeps at most `rows` rows of every cell (a combination of values in `by`): those drawn by row number and seed.

    `keep: first` keeps the first in reading order instead. `by` names columns, attributes of groups, or `source`.
    A row of two overlapping groups is in a cell of its own, with its own limit, and counts for neither group alone.
    """

    step: Literal["cap"] = "cap"
    draws: ClassVar[bool] = True
    version: ClassVar[int] = 2
    needs_text: ClassVar[bool] = False
    by: tuple[str, ...] = Field(min_length=1, description="columns, attributes of groups, or source")
    rows: int = Field(ge=1, description="rows that a cell may have")
    keep: Literal["drawn", "first"] = "drawn"

    def cells(self) -> tuple[str, ...]:
        """Return what makes the cells."""
        return self.by

    def facts(self, context: Context) -> Mapping[str, pl.Expr]:
        """Return the cell of each row."""
        return {"cell": cell(self.by, context.schema, context.sources)}

    def choose(self, facts: pl.DataFrame, context: Context) -> Choice:
        """Return the rows of every cell after its first `rows`, with the place of each in its cell, from 1."""
        order = draw(facts["row"], context.seed, "cap") if self.keep == "drawn" else facts["row"]
        full = facts.with_columns(order.alias("order"), size=pl.len().over("cell")).filter(pl.col("size") > self.rows)
        over = full.with_columns(place=pl.col("order").rank("ordinal").over("cell")).filter(pl.col("place") > self.rows)
        about = {"value": pl.col("place"), "threshold": pl.lit(float(self.rows)), "detail": said(pl.col("cell"))}
        return Choice(over.select("row", reason=pl.lit("over_cap"), **about))
