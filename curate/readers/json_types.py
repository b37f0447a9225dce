"""A column of JSON values as a column of one type; what has no type in common becomes JSON text."""

import json
from typing import Any

import polars as pl

from curate.readers.expected import Expected

_INTEGERS = 2**63
_EXACT = 2**53
"""Up to here a float holds every whole number, so that a mixed column loses nothing."""
_DEPTH = 8


def json_series(name: str, values: list[Any], expected: Expected | None) -> pl.Series:
    """Make a column of one type that holds every value as it is; without one, values become JSON text (strings stay).

    Values that are expected to be turns keep their role and content alone. Where some groups are lists all become lists,
    with elements of text if they have no type in common.
    """
    if expected == "turns":
        values = [turns and [{key: turn.get(key) for key in ("role", "content")} for turn in turns] for turns in values]
    if expected == "groups" and any(isinstance(value, list) for value in values):
        values = [value if value is None or isinstance(value, list) else [value] for value in values]
        if _common_type(values, _DEPTH) is None:
            values = [value and [_text(part) for part in value] for value in values]
    kind = _common_type(values, _DEPTH)
    if kind is None:
        return pl.Series(name, [_text(value) for value in values], dtype=pl.String)
    return pl.Series(name, values, dtype=kind)


def _text(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _common_type(values: list[Any], depth: int) -> pl.DataType | None:  # noqa: PLR0911  (a return a kind of type)
    """Return the type that holds all values without loss, or None."""
    filled = [value for value in values if value is not None]
    kinds = {type(value) for value in filled}
    if not kinds:
        return pl.Null()
    if kinds == {str}:
        return pl.String()
    if kinds == {bool}:
        return pl.Boolean()
    if kinds == {int}:
        return pl.Int64() if all(-_INTEGERS <= value < _INTEGERS for value in filled) else None
    if kinds <= {int, float}:
        return pl.Float64() if all(isinstance(value, float) or abs(value) <= _EXACT for value in filled) else None
    if not depth:
        return None
    if kinds == {list}:
        inner = _common_type([part for value in filled for part in value], depth - 1)
        return pl.List(inner) if inner is not None else None
    if kinds == {dict} and any(filled):
        names = dict.fromkeys(name for value in filled for name in value)
        fields = {name: _common_type([value.get(name) for value in filled], depth - 1) for name in names}
        known = {name: kind for name, kind in fields.items() if kind is not None}
        return pl.Struct(known) if len(known) == len(fields) else None
    return None
