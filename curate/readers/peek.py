"""The columns of a file, from its beginning alone."""

import io
import json
from pathlib import Path

import polars as pl

from curate.errors import UserError
from curate.readers.columnar import scan_columnar, unreadable
from curate.readers.file_bytes import file_bytes
from curate.readers.lines import Lines
from curate.readers.rejects import Rejects, check_names, decode, missing_column
from curate.readers.separated import column_names
from curate.source_settings import FileSource

Found = dict[str, tuple[str, ...]]
"""Columns, each with the keys of the objects in the lists that it holds (none for other values)."""
DEMO_COLUMNS: Found = {"text": (), "label": (), "gender": (), "age_group": ()}
HEAD = 1_000_000
"""So many bytes of a file are looked at."""


def peek_columns(source: FileSource, path: Path) -> Found | None:
    """Return the columns that a file has, from its beginning; None if that cannot be told without reading it whole."""
    kind = source.file_format
    if kind == "text":
        file_bytes(path, 2)
        found: Found = {"text": (), "label": ()}
    elif kind in ("parquet", "arrow"):
        try:
            found = keys_in(scan_columnar(path, kind).collect_schema())
        except (pl.exceptions.PolarsError, OSError) as error:
            raise unreadable(path, kind, error) from error
    else:
        text = decode(file_bytes(path, HEAD))
        named = names_in(text, source, path)
        if named is None:
            return None
        found = named
    return columns_of(found, source, path)


def columns_of(found: Found, source: FileSource, path: Path | str) -> Found:
    """Return the columns by the names that the source gives them. Raises `UserError` for names that cannot be used."""
    check_names(found, path)
    renamed = {old: new for new, old in source.columns.items()} if isinstance(source.columns, dict) else {}
    missing = [missing_column(path, old, list(found)) for old in renamed if old not in found]
    if missing:
        raise UserError(missing)
    return {renamed.get(name, name): keys for name, keys in found.items()} | dict.fromkeys(source.constants, ())


def keys_in(schema: pl.Schema) -> Found:
    """Return the columns of a schema."""
    found: Found = {}
    for name, kind in schema.items():
        inner = kind.inner if isinstance(kind, (pl.List, pl.Array)) else None
        found[name] = tuple(field.name for field in inner.fields) if isinstance(inner, pl.Struct) else ()
    return found


def names_in(text: str, source: FileSource, path: Path | str) -> Found | None:
    """Return the columns in the beginning of a csv, tsv, json or jsonl file; None if it does not tell."""
    if source.file_format in ("csv", "tsv"):
        lines = Lines(iter(list(io.StringIO(text, newline=""))[:50]))
        return dict.fromkeys(column_names(lines, source, path, Rejects(source.row_prefix)), ())
    return _keys(text, one_a_line=source.file_format == "jsonl") or None


def _keys(text: str, *, one_a_line: bool) -> Found:
    """Return the keys of the objects in a text, and those of the objects in their lists."""
    decoder, at = json.JSONDecoder(), 0
    names: dict[str, dict[str, None]] = {}
    while (at := text.find("{", at)) >= 0:
        try:
            record, end = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            if not one_a_line or (at := text.find("\n", at)) < 0:
                break
            continue
        for name, value in record.items():
            keys = names.setdefault(name, {})
            for part in value if isinstance(value, list) else ():
                keys.update(dict.fromkeys(part if isinstance(part, dict) else ()))
        at = end
    return {name: tuple(keys) for name, keys in names.items()}
