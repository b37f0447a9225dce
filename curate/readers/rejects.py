"""What readers share: rows with their index, the lines that cannot become rows, and broken bytes told apart."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from curate.errors import Mistake, UserError, did_you_mean, shortened

QUARANTINE_SCHEMA = {"source": pl.String, "line": pl.Int64, "reason": pl.String, "detail": pl.String, "raw": pl.String}
LONGEST_DETAIL = 1_000
"""Characters of a detail, which may quote a value; `raw` holds the row whole."""
INDEX = "__index"
OURS = "__"
"""What the names of our own columns begin with, while a step works."""
Written = Callable[[int], str]
"""Gives the text of a row of the chunk at hand by its index, as it stands in the file."""


@dataclass
class Rejects:
    """The lines that cannot become rows, as they are found.

    `written` gives a row's own text where the reader has it: the line of jsonl, the record of csv and tsv, the element of a json
    list written again as JSON. A row of other formats is told as an object of its columns.
    """

    source: str
    written: Written | None = None
    lines: list[tuple[str, int, str, str, str]] = field(default_factory=list)

    def add(self, line: int, reason: str, detail: str, raw: str) -> None:
        """Keep one line; broken bytes are shown as backslash escapes."""
        self.lines.append(
            (
                self.source,
                line,
                reason,
                shortened(detail, LONGEST_DETAIL),
                raw.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace"),
            )
        )

    def raw_of(self, row: Mapping[str, Any]) -> str:
        """Return the text of a row that was read and does not fit."""
        if self.written is not None:
            return self.written(row[INDEX])
        return json.dumps(_theirs(row), ensure_ascii=False, default=str)

    def frame(self) -> pl.DataFrame:
        """Return the quarantine of this source, in the order of the file."""
        return pl.DataFrame(self.lines, schema=QUARANTINE_SCHEMA, orient="row").sort("line", maintain_order=True)

    def clear(self) -> None:
        """Forget all lines: they were handed on, or the file is read again."""
        self.lines.clear()


@dataclass(frozen=True)
class Read:
    """What a source or a chunk of it gave: rows with `__index` (line or position, from 1) and the quarantine.

    `number` counts the chunks of a file from 0. A chunk with a number that came before replaces the earlier one: a later value
    asked for another type, and the file is read again. `written` is that of `Rejects`, for those who find more that does not fit.
    """

    rows: pl.DataFrame
    quarantine: pl.DataFrame
    number: int = 0
    written: Written | None = None


def reject_where(rows: pl.DataFrame, bad: pl.Expr, reason: str, detail: pl.Expr, rejects: Rejects) -> pl.DataFrame:
    """Move the rows for which `bad` is true to the quarantine, and return the others."""
    marked = rows.with_columns(bad.fill_null(value=False).alias("__bad"), detail.cast(pl.String).alias("__detail"))
    for row in marked.filter("__bad").drop("__bad").iter_rows(named=True):  # a loop over bad rows alone
        rejects.add(row[INDEX], reason, row["__detail"] or "", rejects.raw_of(row))
    return marked.filter(~pl.col("__bad")).drop("__bad", "__detail")


def _theirs(value: Any) -> Any:
    """Return a value without what is ours in it."""
    if isinstance(value, list):
        return [_theirs(part) for part in value]
    if isinstance(value, dict):
        return {name: _theirs(part) for name, part in value.items() if not name.startswith(OURS)}
    return value


def decode(data: bytes) -> str:
    """Decode UTF-8; bytes that are not UTF-8 become surrogates, so that their lines can be told apart."""
    return data.decode("utf-8", "surrogateescape").removeprefix("\ufeff")


def is_broken(text: str) -> bool:
    """Return whether a decoded text holds bytes that were not UTF-8."""
    return not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text)


def check_names(names: Iterable[str], path: Path | str) -> None:
    """Raise `UserError` for columns of a file that are named like ours."""
    ours = [name for name in names if name.startswith(OURS)]
    if ours:
        hint = "rename it in the file: two underscores at the beginning are ours"
        raise UserError([Mistake(str(path), f"the column name '{name}' is ours", hint) for name in ours])


def missing_column(path: Path | str, column: str, known: list[str]) -> Mistake:
    """Say that a file lacks a column, and what it has."""
    what = f"has no column '{column}'"
    between = [sign for sign in (";", "\t", "|") if len(known) == 1 and sign in known[0]]
    if between:
        sign = "\\t" if between[0] == "\t" else between[0]
        return Mistake(str(path), f"{what}, but one called '{known[0]}'", f'add separator: "{sign}" to the source')
    return Mistake(str(path), what, did_you_mean(column, known))
