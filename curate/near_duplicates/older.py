"""Older rows, with which new ones are compared: of an index, or of a file of data."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath

import numpy as np
import polars as pl

from curate.errors import Mistake, UserError
from curate.evaluation_files import evaluation_source, read_whole, row_names
from curate.near_duplicates.buckets import Rows
from curate.near_duplicates.index import INDEX, SignatureIndex, check_sound, differences, open_sound_index
from curate.near_duplicates.parts import Part, TextPart
from curate.near_duplicates.sketch import Sketching
from curate.readers.rejects import INDEX as PLACE
from curate.shown import shown


@dataclass(frozen=True)
class OlderTexts:
    """Texts of older rows in memory: `name, text`."""

    named: pl.DataFrame

    def __len__(self) -> int:
        return self.named.height

    def names(self) -> pl.Series:
        """Return the names of the rows."""
        return self.named["name"]


Older = SignatureIndex | OlderTexts
_ENDINGS = ("csv", "tsv", "json", "jsonl", "ndjson", "parquet", "arrow", "feather", "ipc", "txt")


def is_file_of_rows(name: str) -> bool:
    """Return whether a recipe means a file of data; what has not the ending of one is the folder of an index."""
    path = PurePath(name.lower().removesuffix(".gz").removesuffix(".zst"))
    return not name.endswith("/") and path.suffix.removeprefix(".") in _ENDINGS and path.name != INDEX


def file_of(name: str) -> str:
    """Return the file that stands for what a recipe names: of an index the one that names all others with their digests."""
    path = PurePath(name)
    return str(path if is_file_of_rows(name) or path.name == INDEX else path / INDEX)


def check_names(names: Sequence[str], columns: Sequence[str]) -> None:
    """Raise `ValueError` for names that a recipe cannot give, and for `columns` that do not go with them."""
    files = [name for name in names if is_file_of_rows(name)]
    for name in names:
        if list(map(file_of, names)).count(file_of(name)) > 1:
            raise ValueError(f"against names '{name}' twice; name each file once")
    for file in files:
        evaluation_source(file)
    if files and not columns:
        raise ValueError(f"against names {files[0]}; name the columns that hold its text: against_columns: [COLUMN]")
    if columns and not files:
        raise ValueError("against_columns has no effect without a file in against; take it out")


def open_older(
    names: Sequence[str], files: Mapping[str, Path], columns: Sequence[str], sketching: Sketching
) -> list[Older]:
    """Open what a recipe names; `files` says where each `file_of` a name was found, and what is not in it is left out.

    Raises `UserError` for files that cannot be read and indexes that were made otherwise; all mistakes at once.
    """
    found, mistakes = list[Older](), list[Mistake]()
    prefixes = row_names([name for name in names if is_file_of_rows(name)])
    for name in (name for name in names if file_of(name) in files):
        path = files[file_of(name)]
        try:
            if is_file_of_rows(name):
                found.append(OlderTexts(file_texts(name, path, columns, prefixes[name])[0]))
            else:
                found.append(_fitting(open_sound_index(path.parent), name, sketching))
        except UserError as error:
            mistakes += error.mistakes
    if mistakes:
        raise UserError(mistakes)
    return found


def _fitting(index: SignatureIndex, name: str, sketching: Sketching) -> SignatureIndex:
    differing = differences(index.record, sketching)
    if differing:
        raise UserError(Mistake(name, f"was made with {differing}", "give the step the same, or make the index again"))
    return index


def file_texts(file: str, path: Path, columns: Sequence[str], prefix: str) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """Return `name, text` of a file's rows, and its columns that are joined by a newline, as the columns of a task are.

    Without `columns` it must have one that holds text. Raises `UserError`.
    """
    rows, known = read_whole(file, path, columns)
    if not columns:
        columns = [column for column in known if rows.schema[column] == pl.String]
        if len(columns) != 1:
            what = f"has {len(columns)} columns that hold text ({', '.join(known)})"
            raise UserError(Mistake(str(path), what, "name those that are meant: --text COLUMN"))
    nested = [column for column in columns if rows.schema[column].is_nested()]
    if nested:
        hint = "curate the file with a recipe of its own, and add the run to an index: fairlead index add INDEX RUN"
        raise UserError(
            [Mistake(str(path), f"the column '{column}' holds lists or objects", hint) for column in nested]
        )
    text = pl.concat_str(
        [shown(pl.col(column), rows.schema[column]) for column in columns], separator="\n", ignore_nulls=True
    )
    named = rows.select(name=pl.concat_str(pl.lit(f"{prefix}/"), pl.col(PLACE).cast(pl.String)), text=text)
    return named, tuple(columns)


def older_parts(older: Iterable[Older], sketching: Sketching) -> Iterator[Part]:
    """Yield the parts of older rows, in order."""
    for each in older:
        if isinstance(each, SignatureIndex):
            yield from each.parts()
        else:
            yield TextPart(each.named["text"], sketching)


def older_names(names: Sequence[str], older: Sequence[Older], rows: Rows) -> pl.Series:
    """Return of some older rows, which are numbered through, the name of each and where it is: `train/17 of ../seen`."""
    told = pl.concat([pl.Series("name", [], dtype=pl.String), *(each.names() for each in older)])[rows]
    ends = np.cumsum(np.array([len(each) for each in older], dtype=np.int64))
    places = pl.Series("place", names, dtype=pl.String)[np.searchsorted(ends, rows, side="right")]
    return pl.select(pl.format("{} of {}", told, places)).to_series()


def check_older(older: Iterable[Older]) -> None:
    """Raise `UserError` for an index that was damaged while it was read: what was found in it may be wrong."""
    for each in older:
        if isinstance(each, SignatureIndex):
            check_sound(each)
