"""Slips in a recipe, mended so that all else can be checked in the same go: a misspelt key or word, and what was surely meant."""

import re
from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any

from pydantic_core import ErrorDetails

from curate.recipe import Recipe
from curate.recipe_mistakes import Written, known_keys, walk

_LIKE_KEY = 0.75
_LIKE_WORD = 0.82
"""How like a known key or word another must be to be taken for it (difflib's ratio); `my_exact` is not taken for `exact`."""


def mend_slip(written: Written, detail: ErrorDetails, whole: type[Recipe]) -> bool:
    """Put what was surely meant in the place of a misspelt key or word; returns whether that was possible.

    `written` keeps how a mended key is written, so that lines are still found.
    """
    kind, last = detail["type"], detail["loc"][-1]
    location = detail["loc"] if kind == "union_tag_invalid" else detail["loc"][:-1]
    node, path = _at(location, written.plain)
    if not isinstance(node, dict):
        return False
    if kind == "extra_forbidden" and last in node:
        return _mend_key(written, (node, path), str(last), known_keys(detail["loc"], whole))
    context = detail.get("ctx", {})
    key = last if kind == "literal_error" else str(context.get("discriminator", "")).strip("'")
    if kind not in ("literal_error", "union_tag_invalid"):
        return False
    expected = re.findall(r"'([^']*)'", str(context.get("expected", context.get("expected_tags"))))
    meant = _nearest(str(node.get(key)), expected, _LIKE_WORD)
    if meant is not None:
        node[key] = meant
    return meant is not None


def _mend_key(written: Written, place: tuple[dict[str, Any], list[Any]], key: str, known: Sequence[str]) -> bool:
    """Rename a key of a map, which keeps its place; `place` is the map and its path."""
    node, path = place
    meant = _nearest(key, known, _LIKE_KEY)
    if meant is None or meant in node:
        return False
    renamed = [(meant if each == key else each, value) for each, value in node.items()]
    node.clear()
    node.update(renamed)
    written.renamed[".".join(map(str, [*path, meant]))] = key
    return True


def _at(location: Sequence[Any], document: Any) -> tuple[Any, list[Any]]:
    """Return the innermost map or list that a location leads to, and its path; the names of union members are no part of it."""
    path: list[Any] = []
    for part, _line in walk(location, document):
        if not isinstance(document[part], dict | list):
            break
        document = document[part]
        path.append(part)
    return document, path


def _nearest(word: str, known: Sequence[str], like: float) -> str | None:
    return next(iter(get_close_matches(word[:100], known, n=1, cutoff=like)), None)
