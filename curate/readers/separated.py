"""Csv and tsv: records by the csv module, a broken record costing its first line alone."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl

from curate.errors import Mistake, UserError
from curate.readers.rejects import INDEX, Rejects, check_names, decode, is_broken
from curate.source_settings import FileSource

Records = Iterator[tuple[int, list[str], int]]
"""`first line, fields, last line` of each record, from 1."""


def read_separated(data: bytes, source: FileSource, path: Path, rejects: Rejects) -> pl.DataFrame:
    """Return the rows of a csv or tsv file, every column text."""
    text = decode(data)
    broken = is_broken(text)
    lines = lines_of(text)
    records = records_of(lines, source, rejects)
    names = column_names(records, source, path)
    index, kept = [], []
    for line, record, last in records:
        raw = "".join(lines[line - 1 : last]).rstrip("\r\n")
        if len(record) != len(names):
            rejects.add(line, "wrong_field_count", f"{len(record)} fields where {len(names)} were expected", raw)
        elif broken and any(is_broken(value) for value in record):
            rejects.add(line, "bad_utf8", "holds bytes that are not UTF-8", raw)
        else:
            index.append(line)
            kept.append(record)
    columns = zip(*kept, strict=True) if kept else ((),) * len(names)
    frame = {name: pl.Series(name, list(values), dtype=pl.String) for name, values in zip(names, columns, strict=True)}
    return pl.DataFrame({INDEX: pl.Series(index, dtype=pl.Int64), **frame})


def lines_of(text: str) -> list[str]:
    """Return the lines of a text with their ends, which may be of any of the three kinds."""
    return list(io.StringIO(text, newline=""))


def column_names(records: Records, source: FileSource, path: Path) -> list[str]:
    """Return the names of the columns: those that the source gives, or the first record. Raises `UserError` for bad ones."""
    if not source.header:
        return list(source.columns)
    first = next(records, None)
    if first is None:
        raise UserError(Mistake(str(path), "is empty", "it should begin with a line that names the columns"))
    names = [name.strip() or f"column_{place}" for place, name in enumerate(first[1], start=1)]
    if any(is_broken(name) for name in names):
        raise UserError(Mistake(f"{path}:1", "the header holds bytes that are not UTF-8", "save the file as UTF-8"))
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        what = f"the header names {', '.join(repr(name) for name in repeated)} twice"
        raise UserError(Mistake(f"{path}:1", what, "give every column a name of its own"))
    check_names(names, path)
    return names


def records_of(lines: list[str], source: FileSource, rejects: Rejects) -> Records:
    """Yield the records of some lines; a record that does not parse costs its first line alone."""
    dialect: dict[str, Any] = {"delimiter": "\t" if source.file_format == "tsv" else ",", "strict": True}
    if not source.quotes:
        dialect |= {"quoting": csv.QUOTE_NONE, "quotechar": None}
    csv.field_size_limit(2**31 - 1)
    start = 0
    while start < len(lines):
        reader = csv.reader(map(lines.__getitem__, range(start, len(lines))), **dialect)  # no copy of the lines left
        begin = start
        try:
            for record in reader:
                end = start + reader.line_num
                if record:
                    yield begin + 1, record, end
                begin = end
            start = len(lines)
        except csv.Error as error:
            rejects.add(begin + 1, "does_not_parse", str(error), lines[begin].rstrip("\r\n"))
            start = begin + 1
