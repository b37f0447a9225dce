"""What every probe is: a file of sentences or questions that a model is asked, as items with choices, and how it is drawn from."""

from abc import abstractmethod
from collections.abc import Iterator
from typing import Any, ClassVar

import polars as pl
from pydantic import Field, field_validator

from curate.evaluation_files import evaluation_source
from curate.readers.rejects import INDEX
from curate.rows import draw
from curate.settings import Settings
from curate.task import AnyTask

ORDER = ("item", "choice")
"""Of an item, all choices are compared; an item is numbered by the first row of the file that it is made of."""
TOGETHER = "together"
"""The column that says which rows of the file are drawn together: all of them, or none."""
NAME = r"^[a-z0-9][a-z0-9_-]{0,63}$"


def _kind(settings: dict[str, Any]) -> str:
    return str(settings["probe"])


class Probe(Settings):
    """A file of items that the base and the tuned model are both asked; nothing is learnt from it.

    The file is read as a source is, in any format of sources, and must be whole.
    """

    columns: ClassVar[tuple[str, ...]]
    """The columns that the file must have."""
    version: ClassVar[int] = 1
    """Rises when the same file and settings give other items."""
    asks_labels: ClassVar[bool] = False
    """Whether the choices are the task's labels, asked with the task's own prompt; else they are texts of the probe's own."""
    shipped: ClassVar[bool] = False
    """Whether its file comes with fairlead (`path` is then one from its root), and no recipe names it."""

    probe: str
    path: str = Field(description="a file; looked up beside the recipe, then in the folder that FAIRLEAD_DATA names")
    name: str = Field(
        default_factory=_kind,
        pattern=NAME,
        description="names the probe's files and figures; its kind if left out, and two of one kind need two names",
    )
    rows: int | None = Field(
        default=None,
        ge=1,
        description="at most so many rows of the file, drawn by row number and seed; rows that belong together stay together",
    )

    @field_validator("path")
    @classmethod
    def _readable(cls, path: str) -> str:
        evaluation_source(path)
        return path

    @abstractmethod
    def prepare(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Return the rows that are asked with what is read out of them, and `TOGETHER`; only rows without `wrong` come here."""

    @abstractmethod
    def items(self, prepared: pl.DataFrame, labels: tuple[str, ...]) -> pl.DataFrame:
        """Return a row a choice of an item: `item`, `choice` (from 0), its texts, and what the file says of both.

        The texts are `prompt` (empty: nothing is read before) and `continuation`, or with `asks_labels` `text` and `label`.
        """

    @abstractmethod
    def wrong(self, schema: pl.Schema) -> Iterator[tuple[pl.Expr, str, str]]:
        """Yield what may be wrong with a row: an expression that is true where it is, what that is, and what would be right."""

    def misfits(self, task: AnyTask) -> Iterator[tuple[str, str]]:
        """Yield what in the recipe's task does not fit this probe, each with the setting (or nothing) that it concerns."""
        del task
        yield from ()

    def drawn(self, prepared: pl.DataFrame, seed: int) -> pl.DataFrame:
        """Return the rows that the models are asked: all, or at most `rows` of them."""
        if self.rows is None or prepared.height <= self.rows:
            return prepared
        sizes = prepared.group_by(TOGETHER).agg(size=pl.len().cast(pl.Int64)).sort(TOGETHER)
        order = sizes.with_columns(draw(sizes[TOGETHER], seed, f"probe {self.name}")).sort("draw")
        kept = order.filter(pl.col("size").cum_sum() <= self.rows)[TOGETHER]
        return prepared.filter(pl.col(TOGETHER).is_in(kept.implode()))


def blank(*columns: str) -> Iterator[tuple[pl.Expr, str, str]]:
    """Yield that a text is missing or blank."""
    for column in columns:
        yield (
            ~pl.col(column).str.contains(r"\S").fill_null(value=False),
            f"{column} is blank",
            "write a text, or take the row out",
        )


def not_one_of(column: str, known: tuple[str, ...]) -> tuple[pl.Expr, str, str]:
    """Say that a column holds another value than the known ones."""
    return (
        ~pl.col(column).is_in(list(known)).fill_null(value=False),
        f"{column} is none of {', '.join(known)}",
        f"write one of {', '.join(known)}",
    )


def by_choice(prepared: pl.DataFrame, choices: list[pl.Expr], **same: pl.Expr) -> pl.DataFrame:
    """Return a row a choice from the fields of one struct a choice; `same` is what all choices of an item share."""
    told = prepared.select(item=pl.col(INDEX), **same, choices=pl.concat_list(choices))
    numbered = told.with_columns(choice=pl.int_ranges(pl.lit(0, dtype=pl.Int64), pl.lit(len(choices), dtype=pl.Int64)))
    return numbered.explode("choice", "choices").unnest("choices").select(*ORDER, pl.exclude(*ORDER)).sort(*ORDER)
