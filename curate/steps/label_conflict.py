"""Rows with the same text and different labels."""

from typing import ClassVar, Literal, Self

import polars as pl
from pydantic import Field, field_validator, model_validator

from curate.dates import FORMAT_HELP, check_format, partly_unreadable, seconds
from curate.normalise import folded
from curate.rows import source_of
from curate.steps.base import Context, OfText, Outcome, Whole
from curate.task import Kind

_DECIDED = {
    "majority": "label_of_majority",
    "newest": "label_of_newest",
    "source_priority": "label_of_first_source",
}
"""The reason of a row whose conflict was settled; where it was not it is `label_conflict`."""


class LabelConflict(OfText, Whole):
    """Settles rows that have the same text (case and white space folded) and different labels.

    `drop` drops them all; `majority` gives all of them the label that most of them have, counted in rows or in the numbers
    of the column `votes`; `newest` the label of the row with the latest date in the column `date`; `source_priority` the
    label of the rows from the source that the recipe names first; each drops them all on a tie between labels. `keep`
    keeps them and only names them in the ledger. A row without a date, or whose votes are no number, decides nothing.
    """

    step: Literal["label_conflict"] = "label_conflict"
    version: ClassVar[int] = 2
    tasks: ClassVar[tuple[Kind, ...]] = ("classification",)
    resolve: Literal["drop", "majority", "newest", "source_priority", "keep"] = Field(default="drop")
    votes: str | None = Field(default=None, description="majority: a column with the number of votes of each row")
    date: str | None = Field(default=None, description="newest: the column with the date")
    format: str = Field(default="iso8601", description=f"of the date: {FORMAT_HELP}")

    @field_validator("format")
    @classmethod
    def _reads_dates(cls, value: str) -> str:
        check_format(value)
        return value

    @model_validator(mode="after")
    def _settings_have_effect(self) -> Self:
        if self.votes is not None and self.resolve != "majority":
            raise ValueError("votes has an effect with resolve: majority alone; leave it out")
        if self.resolve == "newest" and self.date is None:
            raise ValueError("resolve: newest needs date: the column with the date")
        if self.resolve != "newest" and (self.date is not None or self.format != "iso8601"):
            raise ValueError("date and format have an effect with resolve: newest alone; leave them out")
        return self

    def columns(self) -> tuple[str, ...]:
        """Return the columns that decide, beside text and label."""
        return tuple(column for column in (self.votes, self.date) if column is not None)

    def single(self) -> tuple[str, ...]:
        """Return the same columns."""
        return self.columns()

    def unfit(self, rows: pl.DataFrame) -> tuple[str, ...]:
        """Return that dates of these rows cannot be read, all or some."""
        return () if self.date is None else partly_unreadable(rows, self.date, self.format)

    def apply(self, rows: pl.DataFrame, context: Context) -> Outcome:
        """Return the rows with conflicts settled. Needs a task with a label (checked with the recipe)."""
        assert context.label is not None
        label = pl.col(context.label)
        keyed = rows.with_columns(folded(context.text).alias("__text"), __weight=self._weight(rows.schema))
        conflict = keyed.filter(label.n_unique().over("__text") > 1)
        if conflict.is_empty():
            return Outcome(rows, rows.clear().select("row", reason=pl.lit("")))
        settled = _settled(conflict, context.label, total=self.resolve == "majority")
        policy = _DECIDED.get(self.resolve)
        named = settled if policy else settled.with_columns(__winner=pl.lit(None, dtype=pl.String))
        lost = named.filter(pl.col("__winner").is_null()) if self.resolve != "keep" else named.clear()
        won = pl.col("__winner").is_not_null()
        notes = named.select(
            "row",
            reason=pl.when(won).then(pl.lit(policy)).otherwise(pl.lit("label_conflict")),
            value=pl.when(won).then("__score"),
            threshold=pl.when(won).then("__best"),
            other_row=pl.when(won & (label != pl.col("__winner"))).then("__decider").otherwise("__other"),
        )
        winners = named.filter(won).select("row", "__winner")
        kept = rows.join(lost, on="row", how="anti", maintain_order="left")
        kept = kept.join(winners, on="row", how="left", maintain_order="left")
        return Outcome(kept.with_columns(pl.coalesce("__winner", label).alias(context.label)).drop("__winner"), notes)

    def _weight(self, schema: pl.Schema) -> pl.Expr:
        """Return what each row brings in for its label: higher wins; null brings in nothing."""
        if self.resolve == "newest":
            assert self.date is not None
            return seconds(self.date, self.format)
        if self.resolve == "source_priority":
            return -source_of(pl.col("row")).cast(pl.Float64)
        if self.votes is None:
            return pl.lit(1.0)
        votes = pl.lit(None) if schema[self.votes].is_nested() else pl.col(self.votes)
        return votes.cast(pl.Float64, strict=False).fill_nan(None)


def _settled(conflict: pl.DataFrame, label: str, *, total: bool) -> pl.DataFrame:
    """Return the rows with their label's score, the best score, the winning label (null on a tie), and the rows to name.

    A label's score is the `total` of its rows' weights, or their maximum. `__decider` is the first row of the winning label
    that brought in most; `__other` the first row with another label than this one's.
    """
    weight, row = pl.col("__weight"), pl.col("row")
    scores = conflict.group_by("__text", label).agg(
        __score=weight.sum() if total else weight.max(),
        __decider=row.sort_by([weight.fill_null(-float("inf")), row], descending=[True, False]).first(),
        __first=row.min(),
    )
    best = pl.col("__score") == pl.col("__score").max()
    texts = scores.group_by("__text").agg(
        __best=pl.col("__score").max(),
        __winner=pl.when(best.sum() == 1).then(pl.col(label).filter(best).first()),
        __decider=pl.col("__decider").filter(best).first(),
        __firsts=pl.col("__first").sort(),
    )
    joined = conflict.join(scores.drop("__decider"), on=["__text", label], maintain_order="left").join(
        texts, on="__text", maintain_order="left"
    )
    first, second = pl.col("__firsts").list.get(0), pl.col("__firsts").list.get(1)
    return joined.with_columns(__other=pl.when(pl.col("__first") == first).then(second).otherwise(first))
