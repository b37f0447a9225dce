"""The recipe: one frozen tree. What its parts ask of each other is `recipe_misfits.py`, reading the file `recipe_file.py`."""

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from curate.audit_settings import INSTRUCTION_METRICS, MODEL_METRICS, POSITIVE_METRICS, Audit, crossing_name
from curate.groups import BinGroup, ColumnGroup, Group
from curate.probes import SHIPPED, AskedProbe
from curate.settings import Settings
from curate.source_settings import FileSource, Source
from curate.split_settings import Split
from curate.steps import Step, TrainStep
from curate.steps.base import StepSettings
from curate.steps.cells import SOURCE
from curate.task import Classification, Task
from curate.train_settings import Train


class Recipe(Settings):
    """A whole run: what goes in, what is done to it, what is trained, and what is asked of the result."""

    version: Literal[1] = Field(description="version of the recipe grammar")
    name: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$", description="begins the run's folder name")
    seed: int = Field(default=7, ge=0, lt=2**32)
    sources: tuple[Source, ...] = Field(max_length=32_767)
    task: Task
    groups: dict[str, Group] = Field(default={})
    steps: tuple[Step, ...] = Field(default=(), description="for every row, before the split")
    split: Split | None = None
    train_steps: tuple[TrainStep, ...] = Field(default=(), description="for training rows only, after the split")
    train: Train | None = None
    audit: Audit = Audit()

    @property
    def source_names(self) -> tuple[str, ...]:
        """The names under which rows of each source are known, in order."""
        return tuple(source.row_prefix for source in self.sources)

    @property
    def attributes(self) -> tuple[str, ...]:
        """The names of the groups' attributes."""
        return tuple(self.groups)

    @property
    def crossings(self) -> tuple[str, ...]:
        """The names of the attributes that crossings of two others make."""
        return tuple(map(crossing_name, self.audit.crossings))

    @property
    def models(self) -> tuple[str, ...]:
        """Whose predictions this recipe leads to."""
        if isinstance(self.task, Classification) and self.task.prediction:
            return tuple(self.task.given)
        return ("base", "tuned") if self.train else ()

    @property
    def measures_forgetting(self) -> bool:
        """Whether it is measured what tuning made a model forget."""
        return self.train is not None and self.audit.forgetting is not False

    @property
    def probes(self) -> tuple[AskedProbe, ...]:
        """Every probe that both models are asked: those that the recipe names, and those that ship with fairlead."""
        return (*self.audit.probes, *(SHIPPED if self.measures_forgetting else ()))

    def step_names(self) -> tuple[str, ...]:
        """Name every step, before and after the split, by its word; the second use of a word is `word-2`."""
        seen: dict[str, int] = {}
        names = []
        for step in (*self.steps, *self.train_steps):
            seen[step.word] = seen.get(step.word, 0) + 1
            names.append(step.word if seen[step.word] == 1 else f"{step.word}-{seen[step.word]}")
        return tuple(names)

    def steps_by_name(self) -> dict[str, Step | TrainStep]:
        """Return every step by its name, in the order in which they run."""
        return dict(zip(self.step_names(), (*self.steps, *self.train_steps), strict=True))


def fitting_metrics(task: Task) -> tuple[str, ...]:
    """Return the metrics of a model that can be computed for a task."""
    if not isinstance(task, Classification):
        return INSTRUCTION_METRICS
    return tuple(
        metric
        for metric in MODEL_METRICS
        if metric not in INSTRUCTION_METRICS and (task.positive or metric not in POSITIVE_METRICS)
    )


def needed_columns(recipe: Recipe) -> tuple[str, ...]:
    """Return every column that the recipe's task, groups, steps and split read."""
    return tuple(named_columns(recipe))


def named_columns(recipe: Recipe) -> dict[str, str]:
    """Return every column that the recipe reads, with the part that names it first: `task.label`, `steps.2.sql`."""
    found: dict[str, str] = {}
    for column, part in _columns_by_part(recipe):
        found.setdefault(column, part)
    return found


def placed_steps(recipe: Recipe) -> Iterator[tuple[str, StepSettings]]:
    """Yield every step with its part of the recipe: `steps.0`, `train_steps.1`."""
    for key, steps in (("steps", recipe.steps), ("train_steps", recipe.train_steps)):
        yield from ((f"{key}.{place}", step) for place, step in enumerate(steps))


def setting_with(settings: Settings, part: str, name: str) -> str:
    """Return the dotted path of the setting that is a name, lists it, or is a text that holds it; `part` where none does."""
    said = {key: getattr(settings, key) for key in type(settings).model_fields if key not in ("step", "kind")}
    exact = (key for key, value in said.items() if value == name or (isinstance(value, tuple | dict) and name in value))
    within = (key for key, value in said.items() if isinstance(value, str) and name in value)
    key = next(iter((*exact, *within)), None)
    return part if key is None else f"{part}.{key}"


def _columns_by_part(recipe: Recipe) -> Iterator[tuple[str, str]]:
    yield from ((column, setting_with(recipe.task, "task", column)) for column in recipe.task.columns)
    for attribute, group in recipe.groups.items():
        if isinstance(group, ColumnGroup | BinGroup):
            yield group.column, f"groups.{attribute}.column"
    steps = list(placed_steps(recipe))
    for part, step in steps:
        yield from ((column, setting_with(step, part, column)) for column in step.columns())
    for part, step in steps:
        cells = (column for column in step.cells() if column not in (*recipe.groups, SOURCE))
        yield from ((column, setting_with(step, part, column)) for column in cells)
    if recipe.split is not None:
        columns = (*recipe.split.stratify, *([recipe.split.key] if recipe.split.key else ()))
        yield from (
            (column, setting_with(recipe.split, "split", column)) for column in columns if column not in recipe.groups
        )


def file_sources(recipe: Recipe) -> tuple[tuple[int, FileSource], ...]:
    """Return the sources that are files, each with its place."""
    return tuple((place, source) for place, source in enumerate(recipe.sources) if isinstance(source, FileSource))
