"""A file becomes rows and a quarantine. What does not parse is kept with its line and its reason, and counted."""

import gzip
import zlib
from pathlib import Path

import polars as pl

from curate.errors import Mistake, UserError
from curate.readers.convert import convert, rename
from curate.readers.json_files import from_records, json_lines, json_list
from curate.readers.rejects import INDEX, Read, Rejects
from curate.readers.separated import read_separated
from curate.readers.text_pair import read_pair
from curate.source_settings import FileSource


def read_file(source: FileSource, path: Path, labels_path: Path | None) -> Read:
    """Read one source. Raises `UserError` for a file that cannot be read as a whole."""
    rejects = Rejects(source.row_prefix)
    kind = source.file_format
    if kind == "parquet":
        rows = _read_parquet(path)
    elif kind in ("csv", "tsv"):
        rows = read_separated(_bytes(path), source, path, rejects)
    elif kind == "jsonl":
        rows = from_records(json_lines(_bytes(path), rejects))
    elif kind == "json":
        rows = from_records(json_list(_bytes(path), path, rejects))
    else:
        assert labels_path is not None
        rows = read_pair(_bytes(path), _bytes(labels_path), path, labels_path, rejects)
    ours = [name for name in rows.columns if name.startswith("__") and name != INDEX]
    if ours:
        raise UserError(
            [Mistake(str(path), f"the column name '{name}' is ours", "rename it in the file") for name in ours]
        )
    rows = rename(rows, source, path)
    for column, kind_wanted in source.types.items():
        rows = convert(rows, column, kind_wanted, path, rejects)
    return Read(rows, rejects.frame())


def _bytes(path: Path) -> bytes:
    data = path.read_bytes()
    if path.suffix.lower() != ".gz":
        return data
    try:
        return gzip.decompress(data)
    except (OSError, EOFError, zlib.error) as error:
        raise UserError(
            Mistake(str(path), f"is not a whole gzip file ({error})", "fetch or compress the file again")
        ) from error


def _read_parquet(path: Path) -> pl.DataFrame:
    try:
        return pl.read_parquet(path).with_row_index(INDEX, offset=1).with_columns(pl.col(INDEX).cast(pl.Int64))
    except (pl.exceptions.PolarsError, OSError) as error:
        raise UserError(
            Mistake(
                str(path), f"cannot be read as parquet ({str(error).splitlines()[0]})", "fetch or write the file again"
            )
        ) from error
