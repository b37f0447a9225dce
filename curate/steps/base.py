"""What a step is: five kinds, and what each may look at. The engine, not the step, keeps the ledger."""

from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, get_args

import polars as pl
from pydantic import Field

from curate.errors import Mistake
from curate.index_part import PartRecord
from curate.progress import NO_TICK, Tick
from curate.settings import Settings
from curate.task import Kind

NOTES_SCHEMA = {
    "row": pl.Int64,
    "reason": pl.String,
    "value": pl.Float64,
    "threshold": pl.Float64,
    "other_row": pl.Int64,
    "candidate": pl.String,
    "detail": pl.String,
}


def no_notes() -> pl.DataFrame:
    """Return an empty table of notes."""
    return pl.DataFrame(schema=NOTES_SCHEMA)


@dataclass(frozen=True)
class Context:
    """What the engine tells a step about the recipe that it runs in.

    `text` is an expression for the row's text: the text columns that the step looks at joined by a newline, or the contents
    of the turns. `files` maps every name in the step's `files()` to where that file was found. `terms` maps each
    attribute whose groups come from term lists to its groups and their terms.
    `turns` is an expression for the row's turns, a list of `{role, content}`; an instruction row has two. None without an answer.
    `sources` are the names of the recipe's sources, in order; `schema` the columns of the rows that a selecting step sees, and
    `texts` gives their `text` in parts, in the order of its facts, each time that it is called.
    `scratch` is a folder for what does not fit into memory; None if all of it does.
    `held_out` holds `row, text` of the validation and test rows while a training step runs: nothing made may be like them.
    `made` holds the `row` of every copy that was made so far, also of those that are gone: no number is given twice.
    `tick` is called with a number of rows done, and of those dropped among them, for the progress bar.
    """

    text: pl.Expr
    text_columns: tuple[str, ...]
    label: str | None
    seed: int
    terms: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    held_out: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema={"row": pl.Int64, "text": pl.String}))
    made: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema={"row": pl.Int64}))
    files: Mapping[str, Path] = field(default_factory=dict)
    turns: pl.Expr | None = None
    sources: tuple[str, ...] = ()
    schema: pl.Schema = field(default_factory=pl.Schema)
    texts: Callable[[], Iterable[pl.Series]] = tuple
    scratch: Path | None = None
    tick: Tick = NO_TICK


@dataclass(frozen=True)
class Rule:
    """One measurement of a row, and the range in which the row stays, both ends included.

    `name` says what is measured, `below` and `above` are the reason codes at either end. A row that cannot be measured
    (null or NaN) goes for `unmeasured`. `detail` is a text for the ledger that says what was found. With `field` the
    measurement is that field of the struct `measure`, and `detail` may name another: the struct is worked out once, also for
    rules that share the `measure` object.
    """

    name: str
    measure: pl.Expr
    minimum: float | None = None
    maximum: float | None = None
    below: str = ""
    above: str = ""
    unmeasured: str = "not_measurable"
    detail: pl.Expr | str | None = None
    field: str | None = None


@dataclass(frozen=True)
class Choice:
    """What a `Select` step decided: notes (`row`, `reason`, any other column of notes) of rows that go and of some that stay."""

    dropped: pl.DataFrame
    noted: pl.DataFrame = field(default_factory=no_notes)


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
    draws: ClassVar[bool] = False
    """Whether it takes as many rows as it is told, whatever they hold: those that it drops are not lost to cleaning."""
    files_alone: ClassVar[bool] = False
    """Whether each of its files can be judged without the others: those that are there are then, while one is missing."""
    tasks: ClassVar[tuple[Kind, ...]] = get_args(Kind)
    """The kinds of task that it can work on."""
    code: ClassVar[str] = ""
    """The digest of the file that a step of the user's own comes from."""
    written_at: ClassVar[str] = ""
    """`file:line` of the class of a step of the user's own."""

    @property
    def word(self) -> str:
        """The word by which a recipe names this step."""
        return str(getattr(self, "step"))  # noqa: B009  (every member of the union declares it)

    def files(self) -> tuple[str, ...]:
        """Return the files that this step reads, as the recipe names them; they are looked up as sources are."""
        return ()

    def how_made(self, file: str, folder: Path) -> str:  # noqa: ARG002  (most files are brought by users)
        """Return how a file that this step reads is made in the recipe's folder; empty if a user has to bring it."""
        return ""

    def index_parts(self, file: str, path: Path) -> tuple[PartRecord, ...]:  # noqa: ARG002  (most files have none)
        """Return what a file that this step reads holds of parts that were added to it, for the manifest."""
        return ()

    def columns(self) -> tuple[str, ...]:
        """Return the columns that this step reads beside the text, so that a missing one is found before work starts."""
        return ()

    def single(self) -> tuple[str, ...]:
        """Return those of its columns of which it needs one number or date of each row: lists and objects are none."""
        return ()

    def cells(self) -> tuple[str, ...]:
        """Return what rows are counted by: columns, attributes of groups, or `source` (see `curate.steps.cells`)."""
        return ()

    def misfits(self, sources: tuple[str, ...]) -> Iterator[str]:  # noqa: ARG002  (most steps name no source)
        """Yield `setting|what is wrong; what to do` for every setting that does not fit the recipe's sources."""
        yield from ()

    def problems(self) -> tuple[str, ...]:
        """Return what stands in this step's way on this machine (a missing program or package), for `check`."""
        return ()

    def file_mistakes(self, files: Mapping[str, Path]) -> Sequence[Mistake]:  # noqa: ARG002  (most steps read none)
        """Return what is wrong with the files that it reads, for `check`: all were found, or it takes `files_alone`."""
        return ()

    def unfit(self, rows: pl.DataFrame) -> tuple[str, ...]:  # noqa: ARG002  (most steps fit any rows)
        """Return why this step cannot work on rows like these, the first of the data (`what; what to do`), for `check`."""
        return ()

    def made_with(self) -> tuple[str, ...]:
        """Return what else the result depends on (a program that was found, the content of a file), for the cache key."""
        return ()


class OfText(StepSettings):
    """A step that looks at the text, and may be told at which part of it."""

    on: tuple[str, ...] = Field(
        default=(), description="the text columns, or the roles of a conversation, that it looks at; all if left out"
    )


class Filter(StepSettings):
    """Keeps or drops a row by measurements of that row alone. Measuring and deciding are apart."""

    thresholds: ClassVar[tuple[str, ...]] = ()
    """The settings that only move a limit: changing one decides again from the measurements that there are."""

    @property
    def only_notes(self) -> bool:
        """Whether a row that does not meet a rule is named in the ledger and stays."""
        return False

    @abstractmethod
    def rules(self, context: Context) -> tuple[Rule, ...]:
        """Return the rules in the order in which they decide: a row goes for the first that it does not meet."""


class Rewrite(OfText):
    """Rewrites each text column by itself."""

    secret: ClassVar[bool] = False
    """True if the text before must not stand in the ledger."""

    @abstractmethod
    def rewrite(self, text: pl.Expr) -> pl.Expr:
        """Return the new text; null stays null."""

    def told(self, text: pl.Expr) -> pl.Expr:
        """Return a struct of `text`, `reason` and `detail`; a step whose three come of one look at the text overrides this."""
        return pl.struct(text=self.rewrite(text), reason=self.reason(text), detail=self.detail(text))

    def reason(self, text: pl.Expr) -> pl.Expr:  # noqa: ARG002  (most rewrites have one reason)
        """Return the reason code of a changed row, from the text before, as a string expression."""
        return pl.lit("rewritten")

    def detail(self, text: pl.Expr) -> pl.Expr:  # noqa: ARG002  (most rewrites have none)
        """Return what was found in the text before, as a string expression for the ledger; null where there is nothing to say."""
        return pl.lit(None, dtype=pl.String)


class Select(StepSettings):
    """Looks at facts of every row at once and only drops rows: a border between stages.

    It holds its facts of all rows, so they should be narrow; texts are read a part at a time from the context.
    """

    @abstractmethod
    def facts(self, context: Context) -> Mapping[str, pl.Expr]:
        """Return what it must know of each row, by name; `row` comes with it."""

    @abstractmethod
    def choose(self, facts: pl.DataFrame, context: Context) -> Choice:
        """Return which rows go, from `row` and the facts of every row, in the order of rows."""


class Batch(StepSettings):
    """Looks at rows one by one in Python or in a model; may add rows. Chance is seeded by the row's number."""

    @abstractmethod
    def apply(self, rows: pl.DataFrame, context: Context) -> Outcome:
        """Return the rows that go on, those added, and the notes."""


class Whole(StepSettings):
    """Looks at all rows with all their columns, and may change or add some: a border between stages."""

    def new_columns(self) -> Mapping[str, pl.DataType]:
        """Return the columns that it adds, which are null in rows that it does not see."""
        return {}

    @abstractmethod
    def apply(self, rows: pl.DataFrame, context: Context) -> Outcome:
        """Return the rows that go on, those added, and the notes."""
