"""The recipe: one frozen tree, and the rules that its parts must meet together. Reading the file is `recipe_file.py`."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Literal

from pydantic import Field, model_validator

from curate.audit_settings import DATA_METRICS, INSTRUCTION_METRICS, MODEL_METRICS, POSITIVE_METRICS, Audit, Gate
from curate.errors import did_you_mean
from curate.groups import BinGroup, ColumnGroup, Group
from curate.settings import Settings
from curate.source_settings import DemoSource, FileSource, Source
from curate.split_settings import Split
from curate.steps import Step, TrainStep
from curate.steps.base import OfText, StepSettings, Whole
from curate.steps.cells import SOURCE
from curate.task import ROLES, Chat, Classification, Task
from curate.train_settings import Train, without_effect


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
    def models(self) -> tuple[str, ...]:
        """Whose predictions this recipe leads to."""
        if isinstance(self.task, Classification) and self.task.prediction:
            return ("given",)
        return ("base", "tuned") if self.train else ()

    def step_names(self) -> tuple[str, ...]:
        """Name every step, before and after the split, by its word; the second use of a word is `word-2`."""
        seen: dict[str, int] = {}
        names = []
        for step in (*self.steps, *self.train_steps):
            seen[step.word] = seen.get(step.word, 0) + 1
            names.append(step.word if seen[step.word] == 1 else f"{step.word}-{seen[step.word]}")
        return tuple(names)

    @model_validator(mode="after")
    def _parts_fit(self) -> "Recipe":
        problems = list(_misfits(self))
        if problems:
            raise ValueError("\n".join(problems))
        return self


def _misfits(recipe: Recipe) -> Iterator[str]:
    """Yield `path|message` for every part that does not fit another part."""
    names = recipe.source_names
    if not names:
        yield "sources|is empty; name at least one file, or {demo: hiring}"
    single = [source.row_prefix for source in recipe.sources if isinstance(source, DemoSource) or not source.is_pattern]
    for name in sorted(name for name, count in Counter(single).items() if count > 1):
        yield f"sources|two sources are both called '{name}'; give each a name"
    for attribute in recipe.groups:
        if not re.fullmatch(r"\w+", attribute):
            yield f"groups.{attribute}|an attribute's name is letters, digits and underscores"
    yield from _step_misfits(recipe)
    yield from _split_misfits(recipe)
    if recipe.train is not None:
        yield from _train_misfits(recipe)
    yield from _audit_misfits(recipe)


def _step_misfits(recipe: Recipe) -> Iterator[str]:
    if not recipe.task.text_columns:
        for place, step in enumerate(recipe.steps):
            if step.needs_text:
                yield f"steps.{place}|'{step.word}' reads the text, and the task names no text column"
    filled: set[str] = set()
    for place, maker in enumerate(recipe.train_steps):
        new = list(maker.new_columns()) if isinstance(maker, Whole) else []
        yield from (
            f"train_steps.{place}|fills {name} again; keep one of the two steps" for name in new if name in filled
        )
        filled.update(new)
    yield from _column_misfits(recipe)
    yield from _source_misfits(recipe)
    for key, place, each in _placed(recipe):
        if recipe.task.kind not in each.tasks:
            kinds = " and ".join(each.tasks)
            what = f"'{each.word}' works on tasks of kind {kinds}, and this one is of kind {recipe.task.kind}"
            yield f"{key}.{place}|{what}; leave it out"


def _placed(recipe: Recipe) -> Iterator[tuple[str, int, StepSettings]]:
    """Yield every step with the part of the recipe that it stands in and its place there."""
    for key, steps in (("steps", recipe.steps), ("train_steps", recipe.train_steps)):
        yield from ((key, place, step) for place, step in enumerate(steps))


def _column_misfits(recipe: Recipe) -> Iterator[str]:
    """Yield what a step's `on` names that is not a text column, or not a role of a conversation."""
    known, called = recipe.task.text_columns, "a text column of the task"
    if isinstance(recipe.task, Chat):
        known, called = ROLES, "a role of a conversation"
    for place, looking in enumerate(recipe.steps):
        for name in looking.on if isinstance(looking, OfText) else ():
            if name not in known:
                yield f"steps.{place}.on|'{name}' is not {called}; {did_you_mean(name, known)}"


def _source_misfits(recipe: Recipe) -> Iterator[str]:
    """Yield what a step says of the recipe's sources that is not so, and what a source says that the task has no use for."""
    for key, place, step in _placed(recipe):
        yield from (f"{key}.{place}.{misfit}" for misfit in step.misfits(recipe.source_names))
    if isinstance(recipe.task, Classification):
        for place, source in file_sources(recipe):
            if source.shape != "auto":
                yield f"sources.{place}.shape|has an effect on instruction and chat tasks alone; leave it out"


def _split_misfits(recipe: Recipe) -> Iterator[str]:
    sides = [source.split for source in recipe.sources]
    if recipe.split is None:
        if recipe.train_steps:
            yield "train_steps|train_steps need a split, so that nothing made here reaches a test row; add split:"
    elif recipe.split.published and not all(sides):
        place = sides.index(None)
        yield f"sources.{place}|does not say its published split; add split: train | validation | test"
    if recipe.split is None or not recipe.split.published:
        for place, side in enumerate(sides):
            if side:
                yield f"sources.{place}.split|has no effect without split: {{published: true}}"


def _train_misfits(recipe: Recipe) -> Iterator[str]:
    task = recipe.task
    if recipe.train is not None:
        yield from (f"train.{key}|{message}" for key, message in without_effect(recipe.train))
    if recipe.split is None:
        yield "train|training needs a split; add split: {test: 0.2, validation: 0.1}"
    if isinstance(task, Classification):
        if task.prediction:
            yield "train|the task has a column of finished predictions; an audit of them trains nothing"
        if not task.text:
            yield "train|training needs the task's text column"
        if len(task.labels) < 2:  # noqa: PLR2004  (one label is nothing to learn)
            yield "train|training a classifier needs task.labels: each label and the word that the model is to write"


def _audit_misfits(recipe: Recipe) -> Iterator[str]:
    for place, metric in enumerate(recipe.audit.metrics or ()):
        message = _metric_misfit(recipe.task, metric)
        if message:
            yield f"audit.metrics.{place}|{message}"
    for place, gate in enumerate(recipe.audit.gates):
        for key, message in _gate_misfits(recipe, gate):
            yield f"audit.gates.{place}.{key}|{message}"


def _gate_misfits(recipe: Recipe, gate: Gate) -> Iterator[tuple[str, str]]:
    task, trained = recipe.task, recipe.train is not None
    if gate.group is not None and gate.group not in recipe.groups:
        yield "group", f"unknown attribute '{gate.group}'; {did_you_mean(gate.group, recipe.attributes)}"
    if gate.step is not None and gate.step not in recipe.step_names():
        yield "step", f"unknown step '{gate.step}'; {did_you_mean(gate.step, recipe.step_names())}"
    if gate.of == "given" and "given" not in recipe.models:
        yield "of", "there are no given predictions; name their column in task.prediction"
    if gate.of in ("base", "tuned", "tuned_minus_base") and not trained:
        yield "of", "no model is trained; add train: or leave the gate out"
    if gate.of is None and gate.metric not in DATA_METRICS and not recipe.models:
        yield "metric", f"'{gate.metric}' needs predictions; add train: or task.prediction"
    message = _metric_misfit(task, gate.metric)
    if message:
        yield "metric", message


def _metric_misfit(task: Task, metric: str) -> str:
    """Return why a metric cannot be computed for a task; empty if it can."""
    classifies = isinstance(task, Classification)
    if metric not in DATA_METRICS and (metric in INSTRUCTION_METRICS) == classifies:
        fitting = ", ".join(fitting_metrics(task))
        return f"'{metric}' is not a metric of a task of kind {task.kind}; known: {fitting}"
    if metric in (*POSITIVE_METRICS, "label_rate") and isinstance(task, Classification) and not task.positive:
        return f"'{metric}' needs task.positive: the labels that count as selected"
    return ""


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
    groups = [group.column for group in recipe.groups.values() if isinstance(group, (ColumnGroup, BinGroup))]
    attributes = set(recipe.groups)
    every = (*recipe.steps, *recipe.train_steps)
    steps = [column for step in every for column in step.columns()]
    cells = [column for step in every for column in step.cells() if column not in (*attributes, SOURCE)]
    split = [
        *(recipe.split.stratify if recipe.split else ()),
        *([recipe.split.key] if recipe.split and recipe.split.key else []),
    ]
    asked = [*steps, *cells, *(column for column in split if column not in attributes)]
    return tuple(dict.fromkeys((*recipe.task.columns, *groups, *asked)))


def file_sources(recipe: Recipe) -> tuple[tuple[int, FileSource], ...]:
    """Return the sources that are files, each with its place."""
    return tuple((place, source) for place, source in enumerate(recipe.sources) if isinstance(source, FileSource))
