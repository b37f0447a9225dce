"""What a recipe expects of a column of JSON, told of each object by itself: one odd value costs its own row alone."""

from collections.abc import Mapping
from types import NoneType
from typing import Any, Literal

Expected = Literal["text", "turns", "pairs", "groups"]
"""A text; a list of `{role, content}` or `{from, value}`; a list of pairs of texts; one value, or a list of values."""

_KINDS: dict[type, str] = {
    bool: "true or false",
    int: "a number",
    float: "a number",
    str: "text",
    list: "a list",
    dict: "an object",
}
_PLAIN: dict[Expected, frozenset[type]] = {
    "text": frozenset({str, NoneType}),
    "turns": frozenset({NoneType}),
    "pairs": frozenset({NoneType}),
    "groups": frozenset({str, bool, int, float, NoneType}),
}
"""Kinds of value that fit without a further look."""
_WORDS: dict[Expected, str] = {
    "text": "text",
    "turns": "a list of {role, content} or {from, value}",
    "pairs": "a list of [question, answer]",
    "groups": "one value or a list of values",
}


def misfits(columns: Mapping[str, list[Any]], expected: Mapping[str, Expected]) -> dict[int, str]:
    """Return what is wrong with the types of some objects, by their place; the first expected column that is wrong is told.

    A null fits: whether it may be missing is told later.
    """
    found: dict[int, str] = {}
    for name, kind in expected.items():
        values = columns.get(name, [])
        if frozenset(map(type, values)) <= _PLAIN[kind]:
            continue
        for place, value in enumerate(values):  # values that have no column type yet
            if value is not None and not _fits(value, kind):
                found.setdefault(place, f"{name}: {_KINDS[type(value)]} where {_WORDS[kind]} was expected")
    return dict(sorted(found.items()))


def _fits(value: Any, kind: Expected) -> bool:
    if kind == "text":
        return isinstance(value, str)
    if kind == "turns":
        return isinstance(value, list) and all(_is_turn(turn) for turn in value)
    if kind == "pairs":
        return isinstance(value, list) and all(_is_pair(pair) for pair in value)
    parts = value if isinstance(value, list) else [value]
    return not any(isinstance(part, (list, dict)) for part in parts)


def turn_parts(turn: Mapping[str, Any]) -> tuple[Any, Any]:
    """Return the role and the content of a turn, by either pair of names."""
    role, content = turn.get("role"), turn.get("content")
    return turn.get("from") if role is None else role, turn.get("value") if content is None else content


def _is_turn(turn: Any) -> bool:
    """Return whether a turn is an object whose role and content are text; an absent or null one is told of later."""
    return isinstance(turn, dict) and all(part is None or isinstance(part, str) for part in turn_parts(turn))


def _is_pair(pair: Any) -> bool:
    return isinstance(pair, list) and len(pair) == 2 and all(isinstance(part, str) for part in pair)  # noqa: PLR2004
