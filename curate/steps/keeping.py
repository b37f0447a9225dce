"""Which of several copies stays: criteria in order, each a number of a row alone, of which the highest wins."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal, Self, get_args

import polars as pl
from pydantic import Discriminator, Field, Tag, field_validator, model_serializer, model_validator

from curate.dates import partly_unreadable, seconds
from curate.errors import did_you_mean
from curate.rows import source_of
from curate.settings import Settings
from curate.shown import shown
from curate.steps.base import Context, StepSettings

RANK = "keep_"
"""The facts by which copies are ranked are called `keep_0`, `keep_1` …, in the order of the criteria."""
_HINT = "dates are read as 2024-12-31 or 2024-12-31T18:00:00Z"
_QUOTED = 40
"""So many characters of a value are told."""

Word = Literal["source_priority", "longest", "first"]


class By(Settings):
    """A criterion that says by what: the name of a column, or sources in the order in which they are preferred."""

    newest: str | None = Field(default=None, description="a column with dates: ISO 8601, UTC where no zone is given")
    oldest: str | None = Field(default=None, description="likewise")
    highest: str | None = Field(default=None, description="a column with numbers")
    lowest: str | None = Field(default=None, description="likewise")
    source_priority: tuple[str, ...] | None = Field(
        default=None, min_length=1, description="names of sources, the preferred one first; the others come after them"
    )

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if len(self.model_fields_set) != 1 or self.kind is None:
            raise ValueError(
                "names not exactly one criterion; write each as an item: [{newest: created}, {highest: score}]"
            )
        if len(set(self.source_priority or ())) < len(self.source_priority or ()):
            raise ValueError("source_priority names a source twice; name each once")
        return self

    @property
    def kind(self) -> str | None:
        """The criterion that was set."""
        return next((name for name in type(self).model_fields if getattr(self, name) is not None), None)

    @property
    def column(self) -> str | None:
        """The column that it reads."""
        return self.newest or self.oldest or self.highest or self.lowest

    @model_serializer
    def _as_written(self) -> dict[str, Any]:
        assert self.kind is not None
        return {self.kind: getattr(self, self.kind)}


Criterion = Annotated[
    Annotated[Word, Tag("word")] | Annotated[By, Tag("By")],
    Discriminator(lambda value: "word" if isinstance(value, str) else "By"),
]


class Keeping(StepSettings):
    """A step that keeps one of several copies, and may be told which."""

    keep: tuple[Criterion, ...] = Field(
        default=("first",),
        min_length=1,
        description="which copy stays: source_priority, longest, first, {newest: date}, {oldest: date}, {highest: score}, "
        "{lowest: score}, {source_priority: [a, b]}; a tie goes to the next, at last to the first row",
    )

    @field_validator("keep", mode="before")
    @classmethod
    def _columns_are_named(cls, keep: Any) -> Any:
        for word in keep if isinstance(keep, list | tuple) else ():
            if isinstance(word, str) and word in By.model_fields and word not in get_args(Word):
                raise ValueError(f"'{word}' does not say by which column; write {{{word}: COLUMN}}")
        return keep

    @model_validator(mode="after")
    def _criteria_have_effect(self) -> Self:
        said = [name_of(criterion) for criterion in self.keep]
        if "first" in said[:-1]:
            raise ValueError(f"keep: '{said[said.index('first') + 1]}' has no effect after first; put first at the end")
        repeated = [name for place, name in enumerate(said) if name in said[:place]]
        if repeated:
            raise ValueError(f"keep names '{repeated[0]}' twice; name each criterion once")
        return self

    def columns(self) -> tuple[str, ...]:
        """Return the columns that decide which copy stays."""
        return tuple(by.column for by in self.keep if isinstance(by, By) and by.column)

    def single(self) -> tuple[str, ...]:
        """Return the same columns."""
        return self.columns()

    def unfit(self, rows: pl.DataFrame) -> tuple[str, ...]:
        """Return the columns of dates of which some in these rows cannot be read, and those of numbers that hold none."""
        columns = [by for by in self.keep if isinstance(by, By) and by.column]
        return tuple(
            unfit
            for by in columns
            for unfit in (
                partly_unreadable(rows, str(by.column), "iso8601", _HINT)
                if by.newest or by.oldest
                else _no_numbers(rows, str(by.column))
            )
        )

    def misfits(self, sources: tuple[str, ...]) -> Iterator[str]:
        """Yield the preferred sources that are unknown."""
        for place, by in enumerate(self.keep):
            for name in (by.source_priority or ()) if isinstance(by, By) else ():
                if not any(_is_of(source, name) for source in sources):
                    yield f"keep.{place}|unknown source '{name}'; {did_you_mean(name, sources)}"

    def ranks(self, context: Context) -> Mapping[str, pl.Expr]:
        """Return a number of each row for each criterion: the highest stays, and null comes last."""
        return {
            f"{RANK}{place}": _rank(criterion, context)
            for place, criterion in enumerate(self.keep)
            if criterion != "first"
        }

    def by_rank(self, facts: pl.DataFrame) -> pl.DataFrame:
        """Return the places of rows in their frame as `place`, the row that stays before all others first."""
        ranks = [name for name in facts.columns if name.startswith(RANK)]
        order = [True] * len(ranks)
        narrow = facts.select("row", *ranks).with_row_index("place")
        return narrow.sort(*ranks, "row", descending=[*order, False], nulls_last=True).select("place")

    def why(self, copies: pl.DataFrame, survivors: pl.DataFrame) -> pl.Series:
        """Return by which criterion each survivor stays and its copy goes; null where it is simply the first."""
        told = [pl.Series("detail", [None] * copies.height, dtype=pl.String)]
        for place, criterion in enumerate(self.keep):
            if f"{RANK}{place}" in copies.columns:
                differs = copies[f"{RANK}{place}"].ne_missing(survivors[f"{RANK}{place}"])
                named = pl.select(pl.when(differs).then(pl.lit(name_of(criterion)))).to_series()
                told.append(named)
        return pl.select(pl.coalesce(told).alias("detail")).to_series()


def name_of(criterion: Word | By) -> str:
    """Return a criterion as the ledger tells it: `longest`, `newest: created`."""
    if isinstance(criterion, str):
        return criterion
    return f"{criterion.kind}: {criterion.column}" if criterion.column else "source_priority"


def _rank(criterion: Word | By, context: Context) -> pl.Expr:
    if criterion == "longest":
        return context.text.str.len_chars().fill_null(0)
    if criterion == "source_priority":
        return -source_of(pl.col("row"))
    assert isinstance(criterion, By)
    if criterion.source_priority:
        return -_place_of(criterion.source_priority, context.sources)
    if criterion.newest or criterion.oldest:
        date = seconds(str(criterion.column), "iso8601")
        return date if criterion.newest else -date
    number = _number(str(criterion.column), context.schema)
    return number if criterion.highest else -number


def _number(column: str, schema: pl.Schema) -> pl.Expr:
    """Return a column's numbers, also those that stand there as text; null where there is none."""
    return _written(column, schema).cast(pl.Float64, strict=False).fill_nan(None)


def _written(column: str, schema: pl.Schema) -> pl.Expr:
    return shown(pl.col(column), schema[column]).str.strip_chars()


def _no_numbers(rows: pl.DataFrame, column: str) -> tuple[str, ...]:
    """Return that a column holds no number in some rows, with the first that it holds; nothing where all are empty."""
    told = rows.select(said=_written(column, rows.schema).replace("", None), number=_number(column, rows.schema))
    said = told["said"].drop_nulls()
    if said.is_empty() or told["number"].count():
        return ()
    what = f"the first rows hold no number in column '{column}' (the first is '{said[0][:_QUOTED]}')"
    return (f"{what}; name a column of numbers",)


def _place_of(preferred: Sequence[str], sources: Sequence[str]) -> pl.Expr:
    """Return the place of each row's source among the preferred ones; of any other one the place after them."""
    places = [
        next((place for place, name in enumerate(preferred) if _is_of(source, name)), len(preferred))
        for source in sources
    ]
    return source_of(pl.col("row")).replace_strict(range(len(sources)), places, return_dtype=pl.Int64)


def _is_of(source: str, name: str) -> bool:
    """Return whether a source is the named one, or a file of the named folder."""
    return source == name or source.startswith(f"{name}.")
