"""A column of a parquet file as a Croissant field: its type, whether it repeats, and where it is extracted from."""

import re
from typing import Any
from urllib.parse import quote

import polars as pl

_PATH = re.compile(r"[A-Za-z_]\w*")
"""Names of fields that a JSON path needs no quotes for."""


def field_of(records: str, file: str, name: str, kind: pl.DataType) -> dict[str, Any] | None:
    """Return a column's field in a set of records; None for a type that Croissant has no word for."""
    repeated = isinstance(kind, pl.List | pl.Array)
    inner = kind.inner if isinstance(kind, pl.List | pl.Array) else kind
    source = {"fileObject": {"@id": file}, "extract": {"column": name}}
    bare: dict[str, Any] = {
        "@type": "cr:Field",
        "@id": f"{records}/{quote(name, safe='')}",
        "name": f"{records}/{name}",
        **({"repeated": True} if repeated else {}),
    }
    if isinstance(inner, pl.Struct):
        parts = [_part(bare["@id"], source, part) for part in inner.fields]
        return {**bare, "subField": parts} if all(parts) else None
    word = _word(inner)  # type: ignore[arg-type]
    return {**bare, "dataType": word, "source": source} if word is not None else None


def _part(parent: str, source: dict[str, Any], part: pl.Field) -> dict[str, Any] | None:
    word = _word(part.dtype)  # type: ignore[arg-type]
    if word is None or _PATH.fullmatch(part.name) is None:
        return None
    return {
        "@type": "cr:Field",
        "@id": f"{parent}/{part.name}",
        "name": f"{parent}/{part.name}",
        "dataType": word,
        "source": {**source, "transform": {"jsonPath": part.name}},
    }


def _word(kind: pl.DataType) -> str | None:
    if kind in (pl.String, pl.Categorical, pl.Enum):
        return "sc:Text"
    if kind == pl.Boolean:
        return "sc:Boolean"
    if kind.is_integer():
        return "sc:Integer"
    if kind.is_float() or kind.is_decimal():
        return "sc:Float"
    return "sc:Date" if kind == pl.Date else "sc:DateTime" if isinstance(kind, pl.Datetime) else None
