"""What is left of a recipe when its mistaken parts are taken out, so that all else can be checked in the same go."""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from curate.recipe import Recipe
from curate.recipe_mistakes import walk

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
_GATE_LEANS: Mapping[str, tuple[str, ...]] = {
    "group": ("groups",),
    "step": ("steps", "train_steps"),
    "max": (),
    "min": (),
}
"""Likewise, for settings of a gate that lean on something else."""
_OF_GATE = 3
"""Parts of the path of a gate, `audit.gates.0`: what is wrong with it alone."""
_DECISIVE: Mapping[str, tuple[str, ...]] = {"sources": ("path", "name", "split"), "split": ("published",)}
"""The settings of a part that others lean on."""
_OF_LABELS = ("labels", "positive")
"""The settings of a task that training and the audit alone lean on, and that its other settings do without."""


def rest_of(
    plain: Mapping[str, Any], details: Sequence[ErrorDetails], whole: type[Recipe]
) -> tuple[Recipe, frozenset[str]] | None:
    """Return the recipe without what is wrong with it, and the settings or parts that are in doubt; None if too little is left.

    `whole` is the class of recipes in which a step may be known by its word alone (see `Foreign`).
    """
    left, doubtful = deepcopy(dict(plain)), set[str]()
    for depth in (None, 2, 1):  # a single setting, then its item or part, then the part
        for detail in details:
            for path in _faulty(left, detail, depth):
                doubtful.add(".".join(map(str, _in_doubt_by(path, detail))))
                _take_out(left, path)
        try:
            return whole.model_validate(left), frozenset(doubtful)
        except ValidationError as error:
            details = error.errors()
        except Exception:  # noqa: BLE001  (a validator of the user's own may raise anything; it was told already)
            return None
    return None


def _in_doubt_by(path: list[Any], detail: ErrorDetails) -> list[Any]:
    """Return what a fault at a path puts in doubt: an unknown key of a source or of the split may be any of their settings."""
    unknown = detail["type"] == "extra_forbidden" and path[0] in ("sources", "split") and len(path) > 1
    return path[:-1] if unknown else path


def _faulty(left: Mapping[str, Any], detail: ErrorDetails, depth: int | None) -> list[list[Any]]:
    """Return the paths at which a mistake lies."""
    written = list(detail["loc"])
    path = [part for part, _line in walk(written, left)]
    if detail["type"] == "missing":
        path = [*path, written[-1]]
    path = path or written[:1]
    of_task = path == ["task"] and detail["type"] == "value_error"
    if of_task and depth is None:  # most often about labels; if it is not, the whole task goes next
        return [["task", setting] for setting in _OF_LABELS]
    return [path[:depth]]


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
