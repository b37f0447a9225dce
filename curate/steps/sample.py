"""A random sample of the rows."""

from collections.abc import Mapping
from typing import ClassVar, Literal, Self

import polars as pl
from pydantic import Field, model_validator

from curate.rows import draw
from curate.steps.base import Choice, Context, Select


class Sample(Select):
    """Keeps `rows` rows or a `share` of them, drawn by row number and seed: the same rows whatever the order or the machine."""

    step: Literal["sample"] = "sample"
    needs_text: ClassVar[bool] = False
    rows: int | None = Field(default=None, ge=1)
    share: float | None = Field(default=None, gt=0, le=1)

    @model_validator(mode="after")
    def _one_of(self) -> Self:
        if (self.rows is None) == (self.share is None):
            raise ValueError("sample needs either rows or share")
        return self

    def facts(self, context: Context) -> Mapping[str, pl.Expr]:  # noqa: ARG002
        """Return nothing: the row's number is enough."""
        return {}

    def choose(self, facts: pl.DataFrame, context: Context) -> Choice:
        """Return the rows that were not drawn."""
        wanted = self.rows if self.rows is not None else round((self.share or 0) * len(facts))
        place = draw(facts["row"], context.seed, "sample").rank("ordinal")
        return Choice(facts.filter(place > wanted).select("row", reason=pl.lit("not_sampled")))
