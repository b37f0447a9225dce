"""Limits of a finished run moved by `--set`: which settings are limits, and what the rules make of their new values."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from shlex import quote
from typing import Any

from curate.account import NamedStep
from curate.apply import make_context
from curate.errors import Mistake, UserError, did_you_mean
from curate.limits import Limit, MeasuredStage, limits_of, measured_stages
from curate.own_steps import load_steps
from curate.plan import named_steps
from curate.recipe import Recipe
from curate.recipe_file import load_finished, load_recipe
from curate.sources.find import find_file, missing_file
from curate.steps.base import Filter, Select, StepSettings
from curate.steps.foreign import Foreign
from curate.store import RunDirectory


@dataclass(frozen=True)
class Move:
    """One setting moved. `setting` is its path in the recipe, `key` its name."""

    setting: str
    place: int
    step: str
    key: str
    old: Any
    new: Any


@dataclass(frozen=True)
class Moved:
    """The recipe of a run, what is moved in it, and its measured stages with the limits as they would be."""

    recipe: Recipe
    moves: tuple[Move, ...]
    stages: tuple[MeasuredStage, ...]


def move_limits(run: RunDirectory, overrides: Sequence[str], own: Path | None) -> Moved:
    """Return the run's limits as they would be. Raises `UserError` for a setting that is no limit, with all mistakes at once."""
    if not overrides:
        raise UserError(
            Mistake("what-if", "moves nothing", f"for example --set {_known(load_finished(run.recipe))[0]}")
        )
    steps = _steps_of(run, own) if own is not None else ()
    old, new = _load(run, (), steps), _load(run, overrides, steps)
    found = [_move(override, old, new) for override in overrides]
    mistakes = [each for each in found if isinstance(each, Mistake)]
    if mistakes:
        raise UserError(mistakes)
    moves = tuple(each for each in found if isinstance(each, Move))
    fresh = _fresh_limits(run, new, {move.place for move in moves})
    stages = measured_stages(run)
    known = {limit.column for stage in stages for limit in stage.limits}
    for column in fresh:
        if column not in known:
            raise UserError(Mistake(column, "was not measured in this run", "run the recipe with this setting"))
    after = tuple(MeasuredStage(stage.path, _replaced(stage.limits, fresh, moves)) for stage in stages)
    return Moved(old, moves, after)


def _load(run: RunDirectory, overrides: Sequence[str], steps: tuple[type[StepSettings], ...]) -> Recipe:
    if not steps:
        return load_finished(run.recipe, overrides)
    return load_recipe(run.recipe, overrides, steps)


def _steps_of(run: RunDirectory, own: Path) -> tuple[type[StepSettings], ...]:
    """Return the steps of a file. Raises `UserError` if it is not the file that the run was made with."""
    steps = load_steps(own)
    if any(code != steps[0].code for code in run.read_manifest().own_steps.values()):
        what = "is not the file that this run was made with (its SHA-256 differs)"
        raise UserError(
            Mistake(str(own), what, "give the file as it was, with what it imports, or run the recipe again")
        )
    return steps


def _known(recipe: Recipe) -> list[str]:
    """Return every limit that can be moved, as `--set` would be given what it is now."""
    return [
        f"steps.{place}.{key}={_as_yaml(getattr(step, key))}"
        for place, step in enumerate(recipe.steps)
        if isinstance(step, Filter)
        for key in step.thresholds
    ] or ["(this recipe has no step with a limit)"]


def _as_yaml(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False) if value is None or isinstance(value, bool) else str(value)


def _move(override: str, old: Recipe, new: Recipe) -> Move | Mistake:
    path = override.partition("=")[0].strip()
    where, again = (
        f"--set {override}",
        f"run fairlead curate RECIPE --set {quote(override)}, then fairlead diff RUN RUN",
    )
    part, place, key = (*path.split("."), "", "")[:3]
    if part != "steps" or not place.isdecimal() or path.count(".") != 2:  # noqa: PLR2004  (steps, place, key)
        known = [limit.partition("=")[0] for limit in _known(old)]
        return Mistake(where, f"'{path}' is not a limit of a step", f"{did_you_mean(path, known)} (else {again})")
    step, name = old.steps[int(place)], old.step_names()[int(place)]
    if isinstance(step, Foreign):
        hint = "name its file: --steps FILE"
        return Mistake(where, f"'{name}' is a step of your own, whose code a run does not hold", hint)
    if isinstance(step, Select):
        what = f"'{name}' looks at all rows at once, and what it did not drop was not stored"
        return Mistake(where, what, again)
    if not isinstance(step, Filter) or key not in step.thresholds:
        limits = (
            f"'{name}' has the limits {', '.join(step.thresholds)}; "
            if isinstance(step, Filter) and step.thresholds
            else ""
        )
        return Mistake(where, f"'{path}' is not a limit: to change it is to run the step anew", limits + again)
    before, after = getattr(step, key), getattr(new.steps[int(place)], key)
    if before == after:
        return Mistake(where, f"is what the run had ('{path}' is {_as_yaml(before)})", "give another value")
    return Move(path, int(place), name, key, before, after)


def _fresh_limits(run: RunDirectory, recipe: Recipe, places: set[int]) -> dict[str, Limit]:
    """Return the limits of the moved steps by column. A file that a rule reads must be there, though it is not measured with."""
    steps = [named for named in named_steps(recipe)[0] if named.place in places]
    context = make_context(recipe.task, recipe.seed, {}, _files(run, steps))
    return {limit.column: limit for limit in limits_of(steps, context, recipe.task)}


def _files(run: RunDirectory, steps: Sequence[NamedStep]) -> dict[str, Path]:
    names = dict.fromkeys(name for named in steps for name in named.step.files())
    found = {name: find_file(name, run.path) for name in names}
    missing = [missing_file(name, run.path) for name, path in found.items() if path is None]
    if missing:
        raise UserError(missing)
    return {name: path for name, path in found.items() if path is not None}


def _replaced(limits: Sequence[Limit], fresh: Mapping[str, Limit], moves: Sequence[Move]) -> tuple[Limit, ...]:
    """Return limits with the moved ones in their places; a rule that a moved step no longer has is gone."""
    moved = {move.place for move in moves}
    return tuple(
        fresh.get(limit.column, limit) for limit in limits if limit.place not in moved or limit.column in fresh
    )
