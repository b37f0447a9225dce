"""How many rows a file holds, without reading it into rows; near enough for an estimate where counting all would take long."""

from pathlib import Path

import polars as pl

from curate.readers.columnar import scan_columnar
from curate.readers.file_bytes import reading, text_lines
from curate.readers.lines import Lines
from curate.readers.read import read_chunks
from curate.readers.rejects import Rejects
from curate.readers.separated import column_names, dialect_of, records_of
from curate.source_settings import FileSource

PARSED_LINES = 100_000
"""So many lines of a csv are parsed; if there are more, the others are taken to hold as many records a line."""
_PIECE = 1 << 24


def count_in_file(source: FileSource, path: Path) -> int:
    """Return how many rows a file holds, quarantined ones among them. Raises `UserError` as reading it does."""
    kind = source.file_format or ""
    if kind in ("parquet", "arrow"):
        return int(scan_columnar(path, kind).select(pl.len()).collect().item())
    if kind == "json":
        return sum(read.rows.height for read in read_chunks(source, path, None))
    return _count_records(source, path) if kind in ("csv", "tsv") else _count_lines(path)


def _count_records(source: FileSource, path: Path) -> int:
    """Return the records of a csv: a quoted field may hold line breaks."""
    rejects = Rejects(source.row_prefix)
    with text_lines(path, newline="") as stream:
        lines = Lines(stream)
        column_names(lines, source, path, rejects)
        header = lines.number
        records = sum(1 for _record in records_of(lines, dialect_of(source), rejects, header + PARSED_LINES))
        parsed, ended = lines.number - header, next(lines, None) is None
    records += len(rejects.lines)
    if ended:
        return records
    return round((_count_lines(path) - header + 1) * records / parsed)


def _count_lines(path: Path) -> int:
    count, last = 0, b"\n"
    with reading(path) as file:
        for piece in iter(lambda: file.read(_PIECE), b""):
            count, last = count + piece.count(b"\n"), piece[-1:]
    return count + (last != b"\n")
