"""The rules that the parts of a recipe must meet together: names that others name, settings that others need or switch off."""

import re
from collections import Counter
from collections.abc import Iterator

from curate.audit_settings import (
    CROSSED,
    DATA_METRICS,
    FORGETTING_METRICS,
    GAP_METRICS,
    GROUP_METRICS,
    INSTRUCTION_METRICS,
    POSITIVE_METRICS,
    RATE_METRICS,
    SCORE_METRICS,
    UNBOUNDED_METRICS,
    Gate,
    LocalLaw144,
)
from curate.errors import did_you_mean
from curate.outside_misfits import outside_misfits
from curate.probe_misfits import lacking_of_forgetting, probe_misfits
from curate.recipe import Recipe, file_sources, fitting_metrics, placed_steps
from curate.source_settings import DemoSource
from curate.steps.base import OfText, Whole
from curate.task import ROLES, Chat, Classification, Task
from curate.train_settings import without_effect

OF_CELLS = (*RATE_METRICS, *SCORE_METRICS)
"""The change of these is known for every way of comparing groups."""


def misfits(recipe: Recipe) -> Iterator[str]:
    """Yield `path|message` for every part of a recipe that does not fit another part."""
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
    for part, each in placed_steps(recipe):
        if recipe.task.kind not in each.tasks:
            kinds = " and ".join(each.tasks)
            what = f"'{each.word}' works on tasks of kind {kinds}, and this one is of kind {recipe.task.kind}"
            yield f"{part}|{what}; leave it out"


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
    for part, step in placed_steps(recipe):
        yield from (f"{part}.{misfit}" for misfit in step.misfits(recipe.source_names))
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
        if recipe.train and recipe.train.best_by == "worst_group_accuracy" and not recipe.groups:
            yield "train.best_by|the recipe names no groups; add groups:, or write best_by: accuracy"
        if len(task.labels) < 2:  # noqa: PLR2004  (one label is nothing to learn)
            yield "train|training a classifier needs task.labels: each label and the word that the model is to write"
        return
    if recipe.train is not None and recipe.train.best_by != "loss":
        yield "train.best_by|only a classifier can be judged by it; write best_by: loss, or leave it out"
    if recipe.train is not None and not recipe.train.few_shot:
        yield "train.few_shot|only a classifier is asked with examples in its prompt; leave it out"


def _audit_misfits(recipe: Recipe) -> Iterator[str]:
    yield from (f"audit.crossings.{misfit}" for misfit in _crossing_misfits(recipe))
    yield from (f"audit.reference.{misfit}" for misfit in _reference_misfits(recipe))
    if recipe.audit.ll144 is not None:
        yield from (f"audit.ll144{misfit}" for misfit in _ll144_misfits(recipe, recipe.audit.ll144))
    for place, metric in enumerate(recipe.audit.metrics or ()):
        message = _metric_misfit(recipe.task, metric)
        if message:
            yield f"audit.metrics.{place}|{message}"
    for place, gate in enumerate(recipe.audit.gates):
        other = _metric_misfit(recipe.task, gate.metric)
        yield from (f"audit.gates.{place}|{message}" for message in _gate_rules(gate, fits=not other))
        needs = [("metric", other)] if other else _lacking(recipe, gate)
        found = [*_limit_misfits(gate), *_gate_misfits(recipe, gate), *needs]
        yield from (f"audit.gates.{place}.{key}|{message}" for key, message in found)
    yield from probe_misfits(recipe)
    yield from outside_misfits(recipe)


def _crossing_misfits(recipe: Recipe) -> Iterator[str]:
    for place, crossing in enumerate(recipe.audit.crossings):
        unknown = [name for name in crossing if name not in recipe.groups]
        yield from (f"{place}|unknown attribute '{name}'; {did_you_mean(name, recipe.attributes)}" for name in unknown)
        if crossing[0] == crossing[1]:
            yield f"{place}|crosses '{crossing[0]}' with itself; name two attributes"
        if any(set(crossing) == set(other) for other in recipe.audit.crossings[:place]):
            yield f"{place}|{CROSSED.join(crossing)} stands here twice; keep one"


def _reference_misfits(recipe: Recipe) -> Iterator[str]:
    for name, reference in recipe.audit.reference.items():
        if name not in recipe.groups:
            yield f"{name}|unknown attribute '{name}'; {did_you_mean(name, recipe.attributes)}"
        for group, share in reference.shares.items():
            if not 0 < share < 1:
                yield f"{name}.shares.{group}|{share:g} is no share between 0 and 1; write 0.2 for 20 percent"


def _ll144_misfits(recipe: Recipe, law: LocalLaw144) -> Iterator[str]:
    for key, name in (("sex", law.sex), ("race", law.race)):
        if name not in recipe.groups:
            yield f".{key}|unknown attribute '{name}'; {did_you_mean(name, recipe.attributes)}"
    if law.sex == law.race:
        yield f".race|is '{law.sex}' again; name the attribute that is race/ethnicity"
    elif not any({law.sex, law.race} == set(crossing) for crossing in recipe.audit.crossings):
        yield f"|needs sex and race/ethnicity crossed; add crossings: [[{law.sex}, {law.race}]] under audit"
    for name in law.left_out:
        if name not in (law.sex, law.race):
            yield f".left_out.{name}|'{name}' is neither sex nor race/ethnicity here; {did_you_mean(name, (law.sex, law.race))}"
    if not isinstance(recipe.task, Classification) or not recipe.task.positive:
        yield "|needs a classification with task.positive: the labels that count as selected"
    elif not recipe.models:
        yield "|needs predictions; add train: or task.prediction"


def _gate_rules(gate: Gate, *, fits: bool) -> Iterator[str]:
    """Yield what the settings of one gate do not agree about; `fits` says that the metric is one of the task."""
    data = gate.metric in DATA_METRICS
    if gate.max is None and gate.min is None:
        yield "a gate needs max or min: the limit"
    if gate.max is not None and gate.min is not None:
        yield "a gate has one limit; keep max or min, and write the other as a gate of its own"
    if (gate.compare is None) != (gate.group is None):
        yield "compare and group belong together: compare says how, group says over which attribute"
    elif (data or gate.metric in GAP_METRICS) and gate.group is None:
        yield f"{gate.metric} compares groups; add compare and group"
    if data and gate.of is not None:
        yield f"{gate.metric} is a metric of the data; leave out 'of'"
    if fits and not data and gate.group is not None and gate.metric not in (*GROUP_METRICS, *GAP_METRICS):
        yield f"{gate.metric} is not computed for groups; known: {', '.join((*GROUP_METRICS, *GAP_METRICS))}"
    yield from _compare_rules(gate)
    if gate.step is not None and gate.metric != "drop_rate":
        yield "step belongs to drop_rate alone"


def _compare_rules(gate: Gate) -> Iterator[str]:
    """Yield ways of comparing groups that a metric does not have."""
    if gate.compare not in (None, "difference", "ratio"):
        if gate.metric in (*GAP_METRICS, "mention_change"):
            yield f"{gate.metric} is compared as a difference or a ratio alone"
        elif "to_overall" in gate.compare and gate.of == "tuned_minus_base" and gate.metric not in OF_CELLS:
            yield f"the change of {gate.metric} is not compared with all rows; compare: difference"
    if gate.metric == "bias_amplification" and gate.compare == "ratio":
        yield "bias_amplification is a difference of gaps; compare: difference"


def _limit_misfits(gate: Gate) -> Iterator[tuple[str, str]]:
    """Yield limits that a share, a difference or a ratio of shares always keeps or never does: percent were meant."""
    lowest = -1 if gate.of == "tuned_minus_base" else 0
    for key, limit in (("max", gate.max), ("min", gate.min)):
        if limit is not None and gate.metric not in UNBOUNDED_METRICS and not lowest <= limit <= 1:
            yield key, f"{limit:g} is outside {lowest} to 1; write shares: 0.2 for 20 percent or points"
        signed = gate.of == "tuned_minus_base" or gate.metric == "mention_change"
        if limit is not None and gate.metric in UNBOUNDED_METRICS and limit < 0 and not signed:
            yield key, f"{limit:g} is no limit: {gate.metric} is never below 0"


def _gate_misfits(recipe: Recipe, gate: Gate) -> Iterator[tuple[str, str]]:
    """Yield what a gate names that the recipe has not, with the key that names it."""
    known = (*recipe.attributes, *recipe.crossings)
    if gate.group is not None and gate.group not in known:
        yield "group", f"unknown attribute '{gate.group}'; {did_you_mean(gate.group, known)}"
    if gate.step is not None and gate.metric == "drop_rate" and gate.step not in recipe.step_names():
        yield "step", f"unknown step '{gate.step}'; {did_you_mean(gate.step, recipe.step_names())}"


def _lacking(recipe: Recipe, gate: Gate) -> Iterator[tuple[str, str]]:
    """Yield which predictions a gate needs that the recipe does not lead to."""
    if gate.metric in DATA_METRICS:
        return
    if gate.metric in FORGETTING_METRICS:
        yield from lacking_of_forgetting(recipe, gate)
        return
    if gate.of == "given" and "given" not in recipe.models:
        yield "of", "there are no given predictions; name their column in task.prediction"
    if gate.of in ("base", "tuned", "tuned_minus_base") and "tuned" not in recipe.models:
        yield "of", "no model is trained, and no baseline given; add train: or task.baseline, or leave the gate out"
    if gate.of is None and not recipe.models:
        yield "metric", f"'{gate.metric}' needs predictions; add train: or task.prediction"


def _metric_misfit(task: Task, metric: str) -> str:
    """Return why a metric cannot be computed for a task; empty if it can."""
    if metric in FORGETTING_METRICS:
        return ""
    classifies = isinstance(task, Classification)
    if metric not in DATA_METRICS and (metric in INSTRUCTION_METRICS) == classifies:
        fitting = ", ".join(fitting_metrics(task))
        return f"'{metric}' is not a metric of a task of kind {task.kind}; known: {fitting}"
    if metric in (*POSITIVE_METRICS, "label_rate") and isinstance(task, Classification) and not task.positive:
        return f"'{metric}' needs task.positive: the labels that count as selected"
    return ""
