"""The columns of a file, from its beginning alone."""

import csv
import gzip
import json
import zlib
from pathlib import Path
from typing import Any

import polars as pl

from curate.errors import Mistake, UserError
from curate.readers.rejects import Rejects, decode, missing_column
from curate.readers.separated import records_of
from curate.source_settings import FileSource


def peek_columns(source: FileSource, path: Path) -> list[str] | None:
    """Return the columns that a file has, from its beginning; None if that cannot be told without reading it whole."""
    kind = source.file_format
    if kind == "text":
        return ["text", "label"]
    if kind == "parquet":
        try:
            found = list(pl.read_parquet_schema(path))
        except (pl.exceptions.PolarsError, OSError) as error:
            raise UserError(
                Mistake(
                    str(path),
                    f"cannot be read as parquet ({str(error).splitlines()[0]})",
                    "fetch or write the file again",
                )
            ) from error
    elif kind in ("csv", "tsv"):
        found = list(source.columns) if not source.header else _peek_header(source, path)
    else:
        found = _peek_keys(path, one_a_line=kind == "jsonl")
        if not found:
            return None
    renamed = {old: new for new, old in source.columns.items()} if isinstance(source.columns, dict) else {}
    missing = [missing_column(path, old, found) for old in renamed if old not in found]
    if missing:
        raise UserError(missing)
    return [renamed.get(name, name) for name in found]


def _head(path: Path, size: int = 1_000_000) -> str:
    try:
        with gzip.open(path) if path.suffix.lower() == ".gz" else path.open("rb") as file:
            return decode(file.read(size))
    except (OSError, EOFError, zlib.error) as error:
        raise UserError(Mistake(str(path), f"cannot be read ({error})", "fetch the file again")) from error


def _peek_header(source: FileSource, path: Path) -> list[str]:
    rejects = Rejects(source.row_prefix)
    delimiter = "\t" if source.file_format == "tsv" else ","
    quoting: dict[str, Any] = {} if source.quotes else {"quoting": csv.QUOTE_NONE, "quotechar": None}
    first = next(records_of(_head(path).split("\n")[:50], {"delimiter": delimiter, **quoting}, rejects), None)
    if first is None:
        raise UserError(Mistake(str(path), "is empty", "it should begin with a line that names the columns"))
    return [name.strip() or f"column_{place}" for place, name in enumerate(first[1], start=1)]


def _peek_keys(path: Path, *, one_a_line: bool) -> list[str]:
    """Return the keys of the objects in the first million characters."""
    text, decoder, names, at = _head(path), json.JSONDecoder(), dict[str, None](), 0
    while (at := text.find("{", at)) >= 0:
        try:
            record, end = decoder.raw_decode(text, at)
        except (json.JSONDecodeError, RecursionError):
            if not one_a_line or (at := text.find("\n", at)) < 0:
                break
            continue
        names |= dict.fromkeys(record)
        at = end
    return list(names)
