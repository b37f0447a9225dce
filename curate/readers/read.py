"""A file becomes rows and a quarantine. What does not parse is kept with its line and its reason, and counted."""

from collections.abc import Mapping
from pathlib import Path

import polars as pl
import polars.selectors as cs

from curate.errors import Mistake, UserError
from curate.readers.convert import convert, rename
from curate.readers.expected import Expected
from curate.readers.file_bytes import file_bytes
from curate.readers.json_files import from_records, json_lines, json_list
from curate.readers.rejects import INDEX, Read, Rejects, check_names
from curate.readers.separated import read_separated
from curate.readers.text_pair import read_pair
from curate.source_settings import FileSource
from curate.store import read_parquet


def read_file(
    source: FileSource, path: Path, labels_path: Path | None, expected: Mapping[str, Expected] | None = None
) -> Read:
    """Read one source; `expected` says what its columns (by their new names) should hold, where values have types.

    Raises `UserError` for a file that cannot be read as a whole.
    """
    rejects = Rejects(source.row_prefix)
    kind = source.file_format
    if kind == "parquet":
        rows = _read_parquet(path)
    elif kind in ("csv", "tsv"):
        rows = read_separated(file_bytes(path), source, path, rejects)
    elif kind in ("json", "jsonl"):
        data = file_bytes(path)
        records = json_lines(data, rejects) if kind == "jsonl" else json_list(data, path, rejects)
        rows = from_records(records, _by_old_name(expected or {}, source), path, rejects)
    else:
        assert labels_path is not None
        rows = read_pair(file_bytes(path), file_bytes(labels_path), path, labels_path, rejects)
    rows = rename(rows, source, path)
    for column, kind_wanted in source.types.items():
        rows = convert(rows, column, kind_wanted, path, rejects)
    return Read(rows, rejects.frame())


def _by_old_name(expected: Mapping[str, Expected], source: FileSource) -> dict[str, Expected]:
    """Return what is expected of the columns as the file names them; a declared type is converted later."""
    old = source.columns if isinstance(source.columns, dict) else {}
    return {old.get(name, name): kind for name, kind in expected.items() if name not in source.types}


def _read_parquet(path: Path) -> pl.DataFrame:
    """Read a parquet file; categories are text and arrays are lists, as in the other formats."""
    try:
        rows = read_parquet(path)
        check_names(rows.columns, path)
        plain = rows.with_columns(cs.categorical().cast(pl.String), cs.enum().cast(pl.String), cs.array().arr.to_list())
        return plain.with_row_index(INDEX, offset=1).with_columns(pl.col(INDEX).cast(pl.Int64))
    except (pl.exceptions.PolarsError, OSError) as error:
        raise UserError(
            Mistake(
                str(path), f"cannot be read as parquet ({str(error).splitlines()[0]})", "fetch or write the file again"
            )
        ) from error
