"""The settings of two recipes compared, each step under its own name, so that an added step does not shift all others."""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict

from curate.recipe import Recipe
from curate.steps.foreign import Foreign


class SettingChange(BaseModel):
    """One setting that differs, by its path; None where a recipe does not have it. Values are as YAML would say them."""

    model_config = ConfigDict(frozen=True)

    setting: str
    first: Any
    second: Any


def changed_settings(first: Recipe, second: Recipe) -> tuple[SettingChange, ...]:
    """Return every setting in which two recipes differ, in the order of the recipes."""
    one, other = dict(_flat(_by_name(first))), dict(_flat(_by_name(second)))
    return tuple(
        SettingChange(setting=key, first=one.get(key), second=other.get(key))
        for key in dict.fromkeys([*one, *other])
        if one.get(key) != other.get(key)
    )


def _by_name(recipe: Recipe) -> dict[str, Any]:
    """Return a recipe as plain data with its steps and sources under their names, and the order of the steps beside them."""
    plain = recipe.model_dump(mode="json")
    names = iter(recipe.step_names())
    for part, steps in (("steps", recipe.steps), ("train_steps", recipe.train_steps)):
        written = [step.settings if isinstance(step, Foreign) else step.model_dump(mode="json") for step in steps]
        named = {next(names): {key: value for key, value in settings.items() if key != "step"} for settings in written}
        plain[part] = {"(order)": list(named), **named}
    plain["sources"] = dict(zip(recipe.source_names, plain["sources"], strict=True))
    return plain


def _flat(node: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every value with its dotted path; lists are values, except of maps, and null is left out."""
    if isinstance(node, Mapping):
        if not node and path:
            yield path, {}
        for key, value in node.items():
            yield from _flat(value, f"{path}.{key}" if path else str(key))
    elif isinstance(node, list) and node and all(isinstance(item, Mapping) for item in node):
        for place, item in enumerate(node):
            yield from _flat(item, f"{path}.{place}")
    elif node is not None:
        yield path, node
