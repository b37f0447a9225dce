"""What a step is: four kinds, and what each may look at. The engine, not the step, keeps the ledger."""

from abc import abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import ClassVar

import polars as pl

from curate.settings import Settings

NOTES_SCHEMA = {
    "row": pl.Int64,
    "reason": pl.String,
    "value": pl.Float64,
    "threshold": pl.Float64,
    "other_row": pl.Int64,
    "candidate": pl.String,
}


def no_notes() -> pl.DataFrame:
    """Return an empty table of notes."""
    return pl.DataFrame(schema=NOTES_SCHEMA)


@dataclass(frozen=True)
class Context:
    """What the engine tells a `Batch` or `Whole` step about the recipe that it runs in.

    `text` is an expression for the row's whole text (its text columns joined by a newline; for chat the contents of
    all turns). `terms` maps each attribute whose groups come from term lists to its groups and their terms.
    `held_out` holds `row, text` of the validation and test rows while a training step runs: nothing made may be like them.
    `tick` is called with a number of rows done, for the progress bar.
    """

    text: pl.Expr
    text_columns: tuple[str, ...]
    label: str | None
    seed: int
    terms: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    held_out: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema={"row": pl.Int64, "text": pl.String}))
    tick: Callable[[int], None] = lambda _done: None


@dataclass(frozen=True)
class Outcome:
    """What a `Batch` or `Whole` step made of its rows.

    `rows`: the rows that go on, in any order; an added row has a null `row` and its parent's number in `parent`.
    `notes`: one line for every dropped row (reason, and value, threshold, other_row where there are some), and
    optionally for changed or added rows (an added row's note is keyed by the parent's number with reason `added`) and
    for refused candidates (`candidate` holds the text that was not added, `row` its parent).
    """

    rows: pl.DataFrame
    notes: pl.DataFrame


class StepSettings(Settings):
    """A step is its settings. `version` rises when the same settings give other rows; it is part of the cache key."""

    version: ClassVar[int] = 1
    packages: ClassVar[tuple[str, ...]] = ()
    needs_text: ClassVar[bool] = True

    @property
    def word(self) -> str:
        """The word by which a recipe names this step."""
        return str(getattr(self, "step"))  # noqa: B009  (every member of the union declares it)

    def columns(self) -> tuple[str, ...]:
        """Return the columns that this step reads beside the text, so that a missing one is found before work starts."""
        return ()

    def problems(self) -> tuple[str, ...]:
        """Return what stands in this step's way on this machine (a missing program or package), for `check`."""
        return ()

    def made_with(self) -> tuple[str, ...]:
        """Return what else the result depends on (a program that was found, the content of a file), for the cache key."""
        return ()


class Filter(StepSettings):
    """Keeps or drops a row by a measurement of that row alone. Measuring and deciding are apart."""

    @abstractmethod
    def measure(self, text: pl.Expr) -> pl.Expr:
        """Return the measurement of each row; null means that it cannot be measured, and the row is dropped."""

    @abstractmethod
    def keep(self, measured: pl.Expr) -> pl.Expr:
        """Return true for the rows that go on."""

    @abstractmethod
    def reason(self, measured: pl.Expr) -> pl.Expr:
        """Return the reason code of a dropped row, as a string expression."""

    def threshold(self, measured: pl.Expr) -> pl.Expr:  # noqa: ARG002  (some filters have two)
        """Return the threshold that a dropped row failed, or null."""
        return pl.lit(None, dtype=pl.Float64)


class Rewrite(StepSettings):
    """Rewrites each text column by itself."""

    secret: ClassVar[bool] = False
    """True if the text before must not stand in the ledger."""

    @abstractmethod
    def rewrite(self, text: pl.Expr) -> pl.Expr:
        """Return the new text; null stays null."""

    def reason(self, text: pl.Expr) -> pl.Expr:  # noqa: ARG002  (most rewrites have one reason)
        """Return the reason code of a changed row, from the text before, as a string expression."""
        return pl.lit("rewritten")


class Batch(StepSettings):
    """Looks at rows one by one in Python or in a model; may add rows. Chance is seeded by the row's number."""

    @abstractmethod
    def apply(self, rows: pl.DataFrame, context: Context) -> Outcome:
        """Return the rows that go on, those added, and the notes."""


class Whole(StepSettings):
    """Looks at all rows: a border between stages."""

    @abstractmethod
    def apply(self, rows: pl.DataFrame, context: Context) -> Outcome:
        """Return the rows that go on, those added, and the notes."""
