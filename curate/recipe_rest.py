"""What is left of a recipe when its mistaken parts are taken out, so that all else can be checked in the same go."""

import re
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from difflib import get_close_matches
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from curate.recipe import Recipe
from curate.recipe_mistakes import known_keys, walk

_IN_PLACE: Mapping[str, Any] = {
    "version": 1,
    "name": "unnamed",
    "sources": [{"demo": "hiring"}],
    "task": {"kind": "classification", "label": "label"},
}
"""What stands for a part that every recipe needs."""
_ITEM_IN_PLACE: Mapping[str, Any] = {
    "sources": {"demo": "hiring"},
    "steps": {"step": "foreign", "named": "foreign", "settings": {}},
    "train_steps": {"step": "foreign", "named": "foreign", "settings": {}},
}
"""What stands for an item of a list, so that the others keep their places."""
_GATE_IN_PLACE: Mapping[str, Any] = {"metric": "drop_rate"}
"""What stands for a gate."""
_NAMED = ("sources", "steps", "train_steps", "groups")
"""The parts of a recipe whose items are in doubt one by one."""
_LEANS: Mapping[str, tuple[str, ...]] = {
    "sources": ("sources", "split", "task"),
    "groups": (),
    "steps": ("task", "sources", "split"),
    "train_steps": ("task", "sources", "split", "train_steps"),
    "train": ("task", "split"),
    "audit": ("task", "train"),
}
"""The parts that decide whether a part fits the others."""
_GATE_LEANS: Mapping[str, tuple[str, ...]] = {"group": ("groups",), "step": ("steps", "train_steps")}
"""Likewise, for settings of a gate that lean on something else."""
_OF_GATE = 3
"""Parts of the path of a gate, `audit.gates.0`: what is wrong with it alone."""
_DECISIVE: Mapping[str, tuple[str, ...]] = {"sources": ("path", "name", "split"), "split": ("published",)}
"""The settings of a part that others lean on."""
_OF_LABELS = ("labels", "positive")
"""The settings of a task that training and the audit alone lean on, and that its other settings do without."""
_SLIP = 0.75
"""How like a known word another must be to be taken for it (difflib's ratio)."""


def rest_of(
    plain: Mapping[str, Any], details: Sequence[ErrorDetails], whole: type[Recipe]
) -> tuple[Recipe, frozenset[str]] | None:
    """Return the recipe without what is wrong with it, and the settings or parts that are in doubt; None if too little is left.

    A mere slip is mended and in no doubt. `whole` is the class of recipes in which a step may be known by its word alone (see
    `Foreign`).
    """
    left, doubtful = deepcopy(dict(plain)), set[str]()
    for depth in (None, 2, 1):  # a single setting, then its item or part, then the part
        wrong = [detail for detail in details if depth is not None or not _mend_slip(left, detail, whole)]
        for detail in wrong:
            for path in _faulty(left, detail, depth):
                doubtful.add(".".join(map(str, path)))
                _take_out(left, path)
        try:
            return whole.model_validate(left), frozenset(doubtful)
        except ValidationError as error:
            details = error.errors()
        except Exception:  # noqa: BLE001  (a validator of the user's own may raise anything; it was told already)
            return None
    return None


def _faulty(left: Mapping[str, Any], detail: ErrorDetails, depth: int | None) -> list[list[Any]]:
    """Return the paths at which a mistake lies; nothing where what was missing is there, because a slip was mended."""
    written = list(detail["loc"])
    path = [part for part, _line in walk(written, left)]
    if detail["type"] == "missing":
        if path and path[-1] == written[-1]:
            return []
        path = [*path, written[-1]]
    path = path or written[:1]
    if path == ["task"] and detail["type"] == "value_error" and depth is None:
        return [["task", setting] for setting in _OF_LABELS]
    return [path[:depth]]


def _mend_slip(left: dict[str, Any], detail: ErrorDetails, whole: type[Recipe]) -> bool:
    """Put in the place of a misspelt key or word the one that was surely meant; returns whether that was possible."""
    kind, context, last = detail["type"], detail.get("ctx", {}), detail["loc"][-1]
    *_around, node = _along(detail["loc"] if kind == "union_tag_invalid" else detail["loc"][:-1], left)
    if kind == "extra_forbidden" and isinstance(node, dict) and last in node:
        meant = _nearest(str(last), known_keys(detail["loc"], whole))
        if meant is None or meant in node:
            return False
        renamed = [(meant if key == last else key, value) for key, value in node.items()]
        node.clear()
        node.update(renamed)
        return True
    key = last if kind == "literal_error" else str(context.get("discriminator", "")).strip("'")
    if kind not in ("literal_error", "union_tag_invalid") or not isinstance(node, dict):
        return False
    expected = re.findall(r"'([^']*)'", str(context.get("expected", context.get("expected_tags"))))
    meant = _nearest(str(node.get(key)), expected)
    if meant is not None:
        node[key] = meant
    return meant is not None


def _along(location: Sequence[Any], document: Any) -> Iterator[Any]:
    """Yield the document and the maps and lists in it that a location leads through."""
    yield document
    for part, _line in walk(location, document):
        document = document[part]
        if isinstance(document, dict | list):
            yield document


def _nearest(word: str, known: Sequence[str]) -> str | None:
    return next(iter(get_close_matches(word[:100], known, n=1, cutoff=_SLIP)), None)


def still_holds(path: str, doubtful: frozenset[str]) -> bool:
    """Return whether what does not fit at a path leans on nothing that is in doubt."""
    parts = path.split(".")
    leans = _LEANS.get(parts[0], ())
    if parts[:2] == ["audit", "gates"]:
        leans = () if len(parts) == _OF_GATE else _GATE_LEANS.get(parts[-1], leans)
    swayed = any(_sways(doubt, top, parts[0]) for doubt in doubtful for top in leans)
    return not swayed and not touched(path, doubtful)


def _sways(doubt: str, top: str, leaning: str) -> bool:
    """Return whether a doubt about a setting or a part makes uncertain what leans on the part `top`."""
    first, *inner = doubt.split(".")
    inner = inner[1:] if top in _NAMED else inner
    if first != top or not inner:
        return first == top
    if top == "task":
        return leaning in ("train", "audit") or inner[0] not in _OF_LABELS
    return inner[0] in _DECISIVE.get(top, ())


def touched(path: str, doubtful: frozenset[str]) -> bool:
    """Return whether something around, at or inside a path is in doubt."""
    return in_doubt(path, doubtful) or any(part.startswith(f"{path}.") for part in doubtful)


def in_doubt(path: str, doubtful: frozenset[str]) -> bool:
    """Return whether a path lies in a part that is in doubt."""
    return any(path == part or path.startswith(f"{part}.") for part in doubtful)


def _take_out(left: dict[str, Any], path: Sequence[Any]) -> None:
    """Take out what stands at a path, or the nearest thing around it that can go, and put in its place what must not lack."""
    top, *inner = path
    if len(inner) == 1 and isinstance(inner[0], int) and top in _ITEM_IN_PLACE and isinstance(left.get(top), list):
        left[top][inner[0]] = deepcopy(_ITEM_IN_PLACE[top])
    elif not inner:
        left.pop(top, None)
        left |= deepcopy({top: _IN_PLACE[top]}) if top in _IN_PLACE else {}
    else:
        node: Any = left
        for part in path[:-1]:
            node = node[part] if isinstance(node, list) or part in node else {}
        of_gate = list(path[:2]) == ["audit", "gates"]
        if isinstance(node, dict):
            node.pop(path[-1], None)
            node |= _GATE_IN_PLACE if of_gate and path[-1] == "metric" else {}
        elif of_gate:
            node[path[-1]] = dict(_GATE_IN_PLACE)
        else:
            _take_out(left, path[:-1])
