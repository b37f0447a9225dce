"""The columns of a file, from its beginning alone."""

import json
from pathlib import Path

import polars as pl

from curate.errors import Mistake, UserError
from curate.readers.file_bytes import file_bytes
from curate.readers.rejects import Rejects, check_names, decode, missing_column
from curate.readers.separated import column_names, lines_of, records_of
from curate.source_settings import FileSource
from curate.store import scan_parquet


def peek_columns(source: FileSource, path: Path) -> list[str] | None:
    """Return the columns that a file has, from its beginning; None if that cannot be told without reading it whole."""
    kind = source.file_format
    if kind == "text":
        file_bytes(path, 2)
        return ["text", "label"]
    if kind == "parquet":
        try:
            found = list(scan_parquet(path).collect_schema())
        except (pl.exceptions.PolarsError, OSError) as error:
            raise UserError(
                Mistake(
                    str(path),
                    f"cannot be read as parquet ({str(error).splitlines()[0]})",
                    "fetch or write the file again",
                )
            ) from error
    elif kind in ("csv", "tsv"):
        records = records_of(lines_of(_head(path))[:50], source, Rejects(source.row_prefix))
        found = column_names(records, source, path)
    else:
        found = _peek_keys(path, one_a_line=kind == "jsonl")
        if not found:
            return None
    check_names(found, path)
    renamed = {old: new for new, old in source.columns.items()} if isinstance(source.columns, dict) else {}
    missing = [missing_column(path, old, found) for old in renamed if old not in found]
    if missing:
        raise UserError(missing)
    return [renamed.get(name, name) for name in found]


def _head(path: Path) -> str:
    return decode(file_bytes(path, 1_000_000))


def _peek_keys(path: Path, *, one_a_line: bool) -> list[str]:
    """Return the keys of the objects in the first million characters."""
    text, decoder, names, at = _head(path), json.JSONDecoder(), dict[str, None](), 0
    while (at := text.find("{", at)) >= 0:
        try:
            record, end = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            if not one_a_line or (at := text.find("\n", at)) < 0:
                break
            continue
        names |= dict.fromkeys(record)
        at = end
    return list(names)
