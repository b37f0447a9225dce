"""Csv and tsv: records by the csv module, a broken record costing its first line alone."""

import csv
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from curate.errors import Mistake, UserError
from curate.readers.file_bytes import text_lines
from curate.readers.lines import Lines
from curate.readers.rejects import INDEX, Rejects, Written, check_names, is_broken
from curate.source_settings import FileSource

LARGEST_FIELD = 1 << 26
"""Characters in a field; a quote that is never closed costs its own line after as many, and not the memory."""


def read_separated(
    path: Path, source: FileSource, rejects: Rejects, chunk_bytes: int
) -> Iterator[tuple[int, pl.DataFrame]]:
    """Yield `number, rows` of each chunk of a csv or tsv file, every column text."""
    dialect = dialect_of(source)
    with text_lines(path, newline="") as stream:
        lines = Lines(stream)
        names = column_names(lines, source, path, rejects)
        number = 0
        while True:
            first, taken = lines.take(chunk_bytes)
            if not taken and number:
                return
            fast = _plain_records(taken, dialect, len(names))
            if fast is not None:
                index, kept = _filled(fast, first)
                raw = dict(enumerate(taken, start=first))
            else:
                lines.give_back(taken)
                raw, kept = _records_until(first + len(taken), lines, dialect, len(names), rejects)
                index = list(raw)
            rejects.written = _written(raw)
            columns = zip(*kept, strict=True) if kept else ((),) * len(names)
            frame = {
                name: pl.Series(name, values, dtype=pl.String) for name, values in zip(names, columns, strict=True)
            }
            yield number, pl.DataFrame({INDEX: pl.Series(index, dtype=pl.Int64), **frame})
            number += 1


def _written(records: Mapping[int, str]) -> Written:
    """Return what gives the text of a record by its first line."""
    return lambda line: records[line].rstrip("\r\n")


def dialect_of(source: FileSource) -> dict[str, Any]:
    """Return what the csv module is to be told of a source."""
    separator = source.separator or ("\t" if source.file_format == "tsv" else ",")
    dialect: dict[str, Any] = {"delimiter": separator, "strict": True}
    return dialect if source.quotes else dialect | {"quoting": csv.QUOTE_NONE, "quotechar": None}


def column_names(lines: Lines, source: FileSource, path: Path | str, rejects: Rejects) -> list[str]:
    """Return the names of the columns: those that the source gives, or the first record. Raises `UserError` for bad ones."""
    if not source.header:
        return list(source.columns)
    first = next(records_of(lines, dialect_of(source), rejects), None)
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


def records_of(
    lines: Lines, dialect: dict[str, Any], rejects: Rejects, until: float = math.inf
) -> Iterator[tuple[int, list[str], list[str]]]:
    """Yield `first line, fields, lines` of every record that begins before line `until`.

    A record that does not parse costs its first line alone.
    """
    csv.field_size_limit(LARGEST_FIELD)
    while lines.number < until:
        reader = csv.reader(lines, **dialect)
        try:
            for record in reader:
                first, raw = lines.forget()
                if record:
                    yield first, record, raw
                if lines.number >= until:
                    return
        except csv.Error as error:
            first, line = lines.forget_one()
            rejects.add(first, "does_not_parse", str(error), line.rstrip("\r\n"))
        else:
            return


def _records_until(
    end: int, lines: Lines, dialect: dict[str, Any], fields: int, rejects: Rejects
) -> tuple[dict[int, str], list[list[str]]]:
    """Return the texts (by their first line) and the fields of the good records that begin before line `end`; reject the others."""
    texts, kept = dict[int, str](), list[list[str]]()
    for first, record, raw in records_of(lines, dialect, rejects, end):
        if len(record) != fields:
            detail = f"{len(record)} fields where {fields} were expected"
            rejects.add(first, "wrong_field_count", detail, "".join(raw).rstrip("\r\n"))
        elif _any_broken(record):
            rejects.add(first, "bad_utf8", "holds bytes that are not UTF-8", "".join(raw).rstrip("\r\n"))
        else:
            texts[first] = "".join(raw)
            kept.append(record)
    return texts, kept


def _plain_records(lines: list[str], dialect: dict[str, Any], fields: int) -> list[list[str]] | None:
    """Return the records of some lines where every line is blank or a whole record of as many fields in UTF-8; None if not.

    Each record takes one line at least, so as many records as lines are one record a line.
    """
    csv.field_size_limit(LARGEST_FIELD)
    try:
        records = list(csv.reader(lines, **dialect))
    except csv.Error:
        return None
    plain = len(records) == len(lines) and set(map(len, records)) <= {fields, 0} and fields > 0
    return records if plain and not _any_broken(lines) else None


def _filled(records: list[list[str]], first: int) -> tuple[Sequence[int], list[list[str]]]:
    """Return the lines and the fields of records that are a line each, from line `first`; a blank line is no record."""
    if all(records):
        return range(first, first + len(records)), records
    index = [line for line, record in enumerate(records, start=first) if record]
    return index, [record for record in records if record]


def _any_broken(lines: Iterable[str]) -> bool:
    """Return whether any text holds bytes that were not UTF-8: surrogates cannot be encoded."""
    try:
        "".join(lines).encode()
    except UnicodeEncodeError:
        return True
    return False
