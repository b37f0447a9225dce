"""What is left of a recipe when its mistaken parts are taken out, so that all else can be checked in the same go."""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from difflib import get_close_matches
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
_GATE_LEANS: Mapping[str, tuple[str, ...]] = {"group": ("groups",), "step": ("steps", "train_steps")}
"""Likewise, for settings of a gate that lean on something else."""


def rest_of(
    plain: Mapping[str, Any], details: Sequence[ErrorDetails], whole: type[Recipe]
) -> tuple[Recipe, frozenset[str]] | None:
    """Return the recipe without what is wrong with it, and the parts that are in doubt; None if too little is left.

    `whole` is the class of recipes in which a step may be known by its word alone (see `Foreign`).
    """
    left, doubtful = deepcopy(dict(plain)), set[str]()
    for depth in (None, 2, 1):  # a single setting, then its item or part, then the part
        for detail in details:
            path = [part for part, _line in walk(detail["loc"], left)] or list(detail["loc"][:1])
            if detail["type"] == "missing" and path != list(detail["loc"]):
                path.append(detail["loc"][-1])
            doubtful.add(_part_of(path))
            _take_out(left, path[:depth])
        try:
            return whole.model_validate(left), frozenset(doubtful)
        except ValidationError as error:
            details = error.errors()
        except Exception:  # noqa: BLE001  (a validator of the user's own may raise anything; it was told already)
            return None
    return None


def still_holds(path: str, doubtful: frozenset[str]) -> bool:
    """Return whether what does not fit at a path leans on nothing that is in doubt."""
    parts = path.split(".")
    leans = _LEANS.get(parts[0], ())
    if parts[:2] == ["audit", "gates"]:
        leans = _GATE_LEANS.get(parts[-1], leans)
    within = any(part.startswith(f"{path}.") for part in doubtful)
    return not within and not in_doubt(path, doubtful) and not any(part.split(".")[0] in leans for part in doubtful)


def in_doubt(path: str, doubtful: frozenset[str]) -> bool:
    """Return whether a path lies in a part that is in doubt."""
    return any(path == part or path.startswith(f"{part}.") for part in doubtful)


def _part_of(path: Sequence[Any]) -> str:
    """Return the part of the recipe that a mistake puts in doubt; of an unknown key the part that was probably meant."""
    top = str(path[0])
    if top not in Recipe.model_fields:
        return next(iter(get_close_matches(top[:100], list(Recipe.model_fields), n=1)), top)
    if top == "audit":
        return ".".join(map(str, path))
    return f"{top}.{path[1]}" if top in _NAMED and len(path) > 1 else top


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
