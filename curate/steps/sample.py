"""A random sample of the rows."""

from collections.abc import Mapping
from typing import ClassVar, Literal, Self

import polars as pl
from pydantic import Field, model_validator

from curate.rows import draw
from curate.steps.base import Choice, Context, Select
from curate.steps.cells import cell, said
from curate.steps.quotas import as_equal, in_proportion


class Sample(Select):
    """Keeps `rows` rows or a `share` of them, drawn by row number and seed: the same rows whatever the order or the machine.

    With `by` the sample is stratified: every cell (see `cap`) gives rows in proportion to its size, by largest remainder,
    or with `equal: true` the same number of rows, where a cell that is too small gives all it has and the others more.
    The total is met exactly in both.
    """

    step: Literal["sample"] = "sample"
    draws: ClassVar[bool] = True
    version: ClassVar[int] = 2
    needs_text: ClassVar[bool] = False
    rows: int | None = Field(default=None, ge=1)
    share: float | None = Field(default=None, gt=0, le=1)
    by: tuple[str, ...] = Field(default=(), description="columns, attributes of groups, or source")
    equal: bool = Field(default=False, description="the same number of rows from every cell")

    @model_validator(mode="after")
    def _one_of(self) -> Self:
        if (self.rows is None) == (self.share is None):
            raise ValueError("sample needs either rows or share")
        if self.equal and not self.by:
            raise ValueError("equal has no effect without by; name the columns or attributes that make the cells")
        return self

    def cells(self) -> tuple[str, ...]:
        """Return what makes the cells."""
        return self.by

    def facts(self, context: Context) -> Mapping[str, pl.Expr]:
        """Return the cell of each row, if there are cells: else the row's number is enough."""
        return {"cell": cell(self.by, context.schema, context.sources)} if self.by else {}

    def choose(self, facts: pl.DataFrame, context: Context) -> Choice:
        """Return the rows that were not drawn, with how many there were and how many of them were drawn: of all, or of the cell."""
        total = facts.height if self.rows is None else min(self.rows, facts.height)
        wanted = total if self.share is None else round(self.share * total)
        drawn = draw(facts["row"], context.seed, "sample")
        reason = pl.lit("not_sampled")
        if not self.by:
            about = {"value": pl.lit(float(facts.height)), "threshold": pl.lit(float(wanted))}
            return Choice(facts.filter(drawn.rank("ordinal") > wanted).select("row", reason=reason, **about))
        sizes = facts.group_by("cell").agg(size=pl.len().cast(pl.Int64)).sort("cell")
        share_out = as_equal if self.equal else in_proportion
        quotas = sizes.with_columns(quota=pl.Series(share_out(wanted, sizes["size"].to_numpy()), dtype=pl.Int64))
        told = facts.with_columns(place=drawn).with_columns(place=pl.col("place").rank("ordinal").over("cell"))
        left = told.join(quotas, on="cell", maintain_order="left").filter(pl.col("place") > pl.col("quota"))
        return Choice(left.select("row", reason=reason, value="size", threshold="quota", detail=said(pl.col("cell"))))
