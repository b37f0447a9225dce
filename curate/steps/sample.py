"""A random sample of the rows."""

from typing import ClassVar, Literal, Self

import polars as pl
from pydantic import Field, model_validator

from curate.rows import draw
from curate.steps.base import Context, Outcome, Whole


class Sample(Whole):
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

    def apply(self, rows: pl.DataFrame, context: Context) -> Outcome:
        """Return the sample in reading order."""
        wanted = self.rows if self.rows is not None else round((self.share or 0) * len(rows))
        ranked = rows.with_columns(draw(rows["row"], context.seed, "sample").alias("__draw"))
        place = pl.col("__draw").rank("ordinal")
        kept, left = ranked.filter(place <= wanted), ranked.filter(place > wanted)
        return Outcome(kept.drop("__draw"), left.select("row", pl.lit("not_sampled").alias("reason")))
