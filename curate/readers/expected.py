"""What a recipe expects of a column of JSON, told of each object by itself: one odd value costs its own row alone."""

from collections.abc import Mapping
from typing import Any, Literal

Expected = Literal["text", "turns", "groups"]
"""A text; a list of `{role, content}`; one value, or a list of values."""

_KINDS: dict[type, str] = {
    bool: "true or false",
    int: "a number",
    float: "a number",
    str: "text",
    list: "a list",
    dict: "an object",
}
_WORDS: dict[Expected, str] = {
    "text": "text",
    "turns": "a list of {role, content}",
    "groups": "one value or a list of values",
}


def misfit(record: Mapping[str, Any], expected: Mapping[str, Expected]) -> str:
    """Return what is wrong with an object's types, or an empty text. A null fits: whether it may be missing is told later."""
    for name, kind in expected.items():
        value = record.get(name)
        if value is not None and not _fits(value, kind):
            return f"{name}: {_KINDS[type(value)]} where {_WORDS[kind]} was expected"
    return ""


def _fits(value: Any, kind: Expected) -> bool:
    if kind == "text":
        return isinstance(value, str)
    if kind == "turns":
        return isinstance(value, list) and all(_is_turn(turn) for turn in value)
    parts = value if isinstance(value, list) else [value]
    return not any(isinstance(part, (list, dict)) for part in parts)


def _is_turn(turn: Any) -> bool:
    """Return whether a turn is an object whose role and content are text; an absent or null one is told of later."""
    return isinstance(turn, dict) and all(isinstance(turn.get(key) or "", str) for key in ("role", "content"))
