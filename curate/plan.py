"""The plan: which steps run together as a stage, and the key under which each stage's result is kept."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from curate.account import NamedStep
from curate.files import digest_text
from curate.kernels import KERNELS
from curate.packages import package_version
from curate.recipe import Recipe
from curate.steps.base import Filter, Rewrite, Select

ENGINE_VERSION = 15
"""Rises when the same recipe gives other rows because reading, accounting or splitting changed."""

Kind = Literal["read", "measure", "decide", "select", "whole", "split"]


@dataclass(frozen=True)
class Stage:
    """One unit of work, with the key of its result. `side` is `all` before the split and `train` after it.

    Row-local steps make two: `measure` rewrites and measures, `decide` holds the measurements against the limits. The key of
    measuring has no limits in it, so that a moved limit decides again and measures nothing.
    """

    kind: Kind
    name: str
    steps: tuple[NamedStep, ...]
    side: Literal["all", "train"]
    key: str


def named_steps(recipe: Recipe) -> tuple[tuple[NamedStep, ...], tuple[NamedStep, ...]]:
    """Return the steps before and after the split, each with its name and place; the split has the place between them."""
    names = recipe.step_names()
    count = len(recipe.steps)
    before = tuple(NamedStep(place, names[place], step) for place, step in enumerate(recipe.steps))
    after = tuple(
        NamedStep(count + 1 + place, names[count + place], step) for place, step in enumerate(recipe.train_steps)
    )
    return before, after


def make_plan(recipe: Recipe, root: str, files: Mapping[str, str]) -> tuple[Stage, ...]:
    """Return the stages of a recipe; `root` is the key of the sources, `files` the digest of every file that a step reads."""
    stages = [Stage("read", "read", (), "all", root)]
    before, after = named_steps(recipe)
    for group in _fused(before):
        stages += _stages(group, "all", stages[-1].key, files)
    if recipe.split is not None:
        made_by = [_version(package) for package in KERNELS]
        key = digest_text(stages[-1].key, "split", recipe.split.model_dump_json(), *made_by)
        stages.append(Stage("split", "split", (), "all", key))
    for group in _fused(after):
        stages += _stages(group, "train", stages[-1].key, files)
    return tuple(stages)


def root_key(recipe: Recipe, source_digests: tuple[str, ...], lexicon_digests: tuple[str, ...]) -> str:
    """Return the key of reading: everything that the rows and their groups are made from."""
    settings = [source.model_dump_json() for source in recipe.sources]
    groups = [f"{attribute}:{group.model_dump_json()}" for attribute, group in recipe.groups.items()]
    task = recipe.task.model_dump_json()
    return digest_text(
        str(ENGINE_VERSION),
        _version("polars"),
        str(recipe.seed),
        task,
        *settings,
        *groups,
        *source_digests,
        *lexicon_digests,
    )


def _fused(steps: tuple[NamedStep, ...]) -> list[tuple[NamedStep, ...]]:
    """Group consecutive row-local steps; every other step is a group of its own."""
    groups: list[list[NamedStep]] = []
    for named in steps:
        local = isinstance(named.step, Filter | Rewrite)
        if local and groups and isinstance(groups[-1][-1].step, Filter | Rewrite):
            groups[-1].append(named)
        else:
            groups.append([named])
    return [tuple(group) for group in groups]


def _stages(
    group: tuple[NamedStep, ...], side: Literal["all", "train"], parent: str, files: Mapping[str, str]
) -> list[Stage]:
    name = " + ".join(named.name for named in group)
    if not isinstance(group[0].step, Filter | Rewrite):
        kind: Kind = "select" if isinstance(group[0].step, Select) else "whole"
        return [Stage(kind, name, group, side, digest_text(parent, side, *_parts(group, files)))]
    assert side == "all", "training steps make or select rows"
    measure = Stage("measure", name, group, side, digest_text(parent, "measure", *_parts(group, files, limits=False)))
    filters = " + ".join(named.name for named in group if isinstance(named.step, Filter))
    decide = digest_text(measure.key, "decide", *_parts(group, files))
    return [measure, Stage("decide", f"decide {filters}" if filters else f"account of {name}", group, side, decide)]


def _parts(group: tuple[NamedStep, ...], files: Mapping[str, str], *, limits: bool = True) -> list[str]:
    """Return everything that the result of some steps depends on, with or without the limits of filters."""
    parts = []
    for named in group:
        step = named.step
        moved = step.thresholds if isinstance(step, Filter) and not limits else ()
        parts += [
            str(named.place),
            named.name,
            step.model_dump_json(exclude=set(moved)),
            str(step.version),
            step.code,
            *(_version(package) for package in step.packages),
            *step.made_with(),
            *(files[name] for name in step.files()),
        ]
    return parts


def _version(package: str) -> str:
    return f"{package} {package_version(package) or 'missing'}"
