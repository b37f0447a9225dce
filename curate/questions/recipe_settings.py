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
    """Return every setting in which two recipes differ, in the order of the recipes; a step that only one has is one setting."""
    orders = [
        [name for name in recipe.step_names() if name in other.step_names()]
        for recipe, other in ((first, second), (second, first))
    ]
    return (*_changes(_by_name(first), _by_name(second), ""), *_changes(orders[0], orders[1], "order of the steps"))


def _by_name(recipe: Recipe) -> dict[str, Any]:
    """Return a recipe as plain data with its steps and sources under their names."""
    plain = recipe.model_dump(mode="json")
    names = iter(recipe.step_names())
    for part, steps in (("steps", recipe.steps), ("train_steps", recipe.train_steps)):
        written = [step.settings if isinstance(step, Foreign) else step.model_dump(mode="json") for step in steps]
        plain[part] = {
            next(names): {key: value for key, value in settings.items() if key != "step"} for settings in written
        }
    plain["sources"] = dict(zip(recipe.source_names, plain["sources"], strict=True))
    return plain


def _changes(one: Any, other: Any, path: str) -> Iterator[SettingChange]:
    """Yield what differs between two plain values; only maps are looked into, and lists of as many maps."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        for key in dict.fromkeys([*one, *other]):
            yield from _changes(one.get(key), other.get(key), f"{path}.{key}" if path else str(key))
    elif _maps(one) and _maps(other) and len(one) == len(other):
        for place, (mine, yours) in enumerate(zip(one, other, strict=True)):
            yield from _changes(mine, yours, f"{path}.{place}")
    elif one != other:
        yield SettingChange(setting=path, first=one, second=other)


def _maps(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, Mapping) for item in value)
