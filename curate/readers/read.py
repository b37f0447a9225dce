"""A file becomes rows and a quarantine, a chunk at a time. What does not parse is kept with its line and reason, and counted."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import polars as pl

from curate.errors import Mistake, UserError
from curate.readers.columnar import read_columnar
from curate.readers.convert import convert, hold_constants, rename
from curate.readers.expected import Expected
from curate.readers.json_files import read_json_lines, read_json_list
from curate.readers.rejects import Read, Rejects
from curate.readers.separated import read_separated
from curate.readers.text_pair import read_pair
from curate.source_settings import FileSource

CHUNK_BYTES = 1 << 23


def read_chunks(
    source: FileSource,
    path: Path,
    labels_path: Path | None,
    expected: Mapping[str, Expected] | None = None,
    chunk_bytes: int = CHUNK_BYTES,
) -> Iterator[Read]:
    """Read one source in chunks of about `chunk_bytes` bytes of the unpacked file, in its order; there is at least one.

    `expected` says what its columns (by their new names) should hold, where values have types. The last chunks of every
    number have one schema, that of the whole file, and are together what `read_file` gives. A json list is read whole.
    Raises `UserError` for a file that cannot be read as a whole.
    """
    rejects = Rejects(source.row_prefix)
    try:
        for number, found in _frames(source, (path, labels_path), expected or {}, rejects, chunk_bytes):
            rows = hold_constants(rename(found, source, path), source)
            for column, kind_wanted in source.types.items():
                rows = convert(rows, column, kind_wanted, path, rejects)
            quarantine = rejects.frame()
            rejects.clear()
            yield Read(rows, quarantine, number, rejects.written)
    except MemoryError as error:
        hint = "a single line and a json list are read whole: break up what is large, or give more memory"
        raise UserError(Mistake(str(path), "holds more than there is memory for", hint)) from error


def read_file(
    source: FileSource, path: Path, labels_path: Path | None, expected: Mapping[str, Expected] | None = None
) -> Read:
    """Read one source whole: its chunks, one after the other."""
    chunks = {chunk.number: chunk for chunk in read_chunks(source, path, labels_path, expected)}
    return Read(
        pl.concat([chunk.rows for chunk in chunks.values()]), pl.concat([chunk.quarantine for chunk in chunks.values()])
    )


def _frames(
    source: FileSource,
    paths: tuple[Path, Path | None],
    expected: Mapping[str, Expected],
    rejects: Rejects,
    chunk_bytes: int,
) -> Iterator[tuple[int, pl.DataFrame]]:
    (path, labels_path), kind = paths, source.file_format
    if kind in ("parquet", "arrow"):
        return read_columnar(path, kind, chunk_bytes)
    if kind in ("csv", "tsv"):
        return read_separated(path, source, rejects, chunk_bytes)
    if kind == "jsonl":
        return read_json_lines(path, _by_old_name(expected, source), rejects, chunk_bytes)
    if kind == "json":
        return read_json_list(path, _by_old_name(expected, source), rejects)
    assert labels_path is not None
    return read_pair(path, labels_path, rejects, chunk_bytes)


def _by_old_name(expected: Mapping[str, Expected], source: FileSource) -> dict[str, Expected]:
    """Return what is expected of the columns as the file names them; a declared type is converted later."""
    old = source.columns if isinstance(source.columns, dict) else {}
    return {old.get(name, name): kind for name, kind in expected.items() if name not in source.types}
