"""Slices of the test rows in which a model may fail unseen: each beside all rows, and the worst of them."""

from audit.attributes import SLICES
from audit.report.choosing import having, is_change, only
from audit.report.content import Block, Section
from audit.report.definitions import define
from audit.report.sections.models import ALWAYS_COLUMN, kinds_of
from audit.report.tables import Kind, Line, crossed
from audit.report.words import count, value_of
from audit.results import Audit, Measure
from audit.slices import LABELS, NAMES
from audit.vocabulary import model_names, told

LEAD = "A good mean may hide rows in which a model fails. A row may be in several slices, or in none. "


def section(audit: Audit) -> Section | None:
    """Return the section, or None where no slice was measured."""
    measures = having(audit.measures, attribute=SLICES)
    metric = next((m.metric for m in measures if m.model is not None), None)
    if metric is None:
        return None
    baseline = tuple(m for m in audit.measures if m.metric == "majority_baseline" and m.attribute in (None, SLICES))
    levels = (*having(measures, metric=metric), *having(baseline, attribute=SLICES))
    whole = (*having(audit.measures, metric=metric, attribute=None, label=None), *having(baseline, attribute=None))
    slices = dict.fromkeys(m.group for m in levels if m.group is not None)
    lines = [Line("all test rows", whole), *(Line(name, having(levels, group=name)) for name in slices)]
    kinds = [*kinds_of(audit), ALWAYS_COLUMN]
    name = define(metric).name
    table = crossed(f"{name} in slices of the test rows", "Slice", lines, kinds, audit.minimum_group_size)
    worst = tuple(m for m in measures if m.metric == f"worst_slice_{metric}")
    picked = crossed(
        f"The worst slice of at least {audit.minimum_group_size} rows",
        "Figure",
        [Line(f"{name}, worst slice", worst)],
        [Kind(model_names(audit)[model], lambda m, model=model: m.model == model) for model in audit.models],  # type: ignore[misc]
    )
    blocks: list[Block] = [table, picked]
    possible = NAMES if metric == "accuracy" else [name for name in NAMES if name != LABELS]
    without = " or ".join(f"“{name}”" for name in possible if name not in slices)
    none = f" No test row is in {without}." if without else ""
    return Section("slices", "Slices of the test rows", LEAD + _worst(audit, worst, whole) + none, tuple(blocks))


def _worst(audit: Audit, measures: tuple[Measure, ...], whole: tuple[Measure, ...]) -> str:
    """Say where the last model is worst, on how many rows, and what it reaches over all rows."""
    worst = only(measures, model=audit.models[-1])
    level = next((m for m in whole if m.model == audit.models[-1] and m.compare is None and not is_change(m)), None)
    if worst is None or worst.value is None or level is None:
        return f"No slice has at least {audit.minimum_group_size} rows, so none is called the worst."
    where = worst.note.rpartition(" is ")[2]
    said = f"The worst slice of the tuned model is “{where}”: {value_of(worst)} on {count(worst.n)} rows, {value_of(level)} on all."
    return told(audit, said)
