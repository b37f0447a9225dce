"""How the models treat the groups: gaps first, then each figure by group, base and tuned side by side."""

from audit.attributes import OWN
from audit.report.choosing import (
    BASELINES,
    DATA_METRICS,
    attributes_of,
    by_value,
    groups_of,
    having,
    is_change,
    only,
    spread,
)
from audit.report.content import Block, Dots, Fold, Heading, Section, Table
from audit.report.contrasts import against_rest, contrast
from audit.report.definitions import define
from audit.report.sections.models import ALWAYS_COLUMN, kinds_of
from audit.report.tables import Line, crossed, dot, line_name, overlap
from audit.results import Audit, Measure
from audit.vocabulary import came_with_data, model_names

OPEN_METRICS = 2
CHANGED = {False: " and how tuning changed them", True: " and how they differ from the baseline's"}
MARKS = {
    False: "Hollow circle: base model. Filled diamond: tuned model. ",
    True: "Hollow circle: baseline. Filled diamond: predictions. ",
}
"""How the two are told, by whether they came with the data."""
COMPARED = {
    "difference": "highest less lowest",
    "ratio": "lowest over highest",
    "difference_to_overall": "farthest from all rows",
    "ratio_to_overall": "farthest from all rows, as a ratio",
    "lowest": "the lowest",
    "highest": "the highest",
}
OPEN_GAPS = ("difference", "ratio")


def section(audit: Audit) -> Section | None:
    """Return the section, or None where no model was measured by group."""
    measures = tuple(
        m for m in audit.measures if m.attribute not in (None, *OWN) and m.metric not in (*DATA_METRICS, *BASELINES)
    )
    if not measures:
        return None
    blocks: list[Block] = []
    for attribute in attributes_of(measures):
        blocks += [Heading(f"By {attribute}"), *overlap(audit, attribute)]
        blocks += _attribute(audit, attribute, having(measures, attribute=attribute))
    changed = CHANGED[came_with_data(audit)] if "tuned" in audit.models else ""
    lead = (
        f"The same figures for each group, with the number of rows behind each. First the gaps between groups{changed}. "
        f"Groups with fewer than {audit.minimum_group_size} rows are listed but do not set a gap."
    )
    who = "predictions" if audit.models == ("given",) or came_with_data(audit) else "models"
    return Section("groups", f"How the {who} treat the groups", lead, tuple(blocks))


def _attribute(audit: Audit, attribute: str, measures: tuple[Measure, ...]) -> list[Block]:
    gaps = having(measures, group=None)
    further = _gaps(audit, attribute, gaps, tuple(way for way in COMPARED if way not in OPEN_GAPS))
    blocks: list[Block] = [*_gaps(audit, attribute, gaps, OPEN_GAPS)]
    blocks += [Fold(f"Farthest from all rows, lowest and highest, by {attribute}", further)] if further else []
    for place, metric in enumerate(_metrics(audit, attribute, measures)):
        mine = (*having(audit.measures, metric=metric, attribute=None, label=None), *having(measures, metric=metric))
        ordered = by_value(groups_of(mine), having(mine, model=audit.models[-1], compare=None))
        always = _always(audit, attribute) if metric == "accuracy" else ()
        lines = [Line("all rows", (*having(mine, group=None, attribute=None), *having(always, attribute=None)))]
        lines += [Line(group, (*having(mine, group=group), *having(always, group=group))) for group in ordered]
        kinds = [*kinds_of(audit), ALWAYS_COLUMN]
        table = crossed(f"{define(metric).name}, by {attribute}", "Group", lines, kinds, audit.minimum_group_size)
        shown: tuple[Block, ...] = (
            _dots(audit, attribute, metric, ordered, mine),
            table,
            *_rest(audit, attribute, metric, mine),
        )
        said = contrast(audit, having(mine, model=audit.models[-1], compare=None))
        blocks += shown if place < OPEN_METRICS else [Fold(f"{define(metric).name}, by {attribute}. {said}", shown)]
    return blocks


def _always(audit: Audit, attribute: str) -> tuple[Measure, ...]:
    """Return the accuracy of the commonest label, over all rows and by group."""
    found = having(audit.measures, metric="majority_baseline")
    return (*having(found, attribute=None), *having(found, attribute=attribute))


def _rest(audit: Audit, attribute: str, metric: str, measures: tuple[Measure, ...]) -> tuple[Block, ...]:
    """Return each group against the rows outside it, one table a model, folded."""
    tables = tuple(
        against_rest(
            audit,
            f"{define(metric).name} against the rest, {model_names(audit)[model].lower()}, by {attribute}",
            "Group's rate",
            mine,
        )
        for model in audit.models
        for mine in [tuple(m for m in having(measures, model=model) if m.group is not None)]
        if having(mine, compare="rest") or having(mine, compare="ratio")
    )
    return (Fold(f"{define(metric).name}: each group against the rest", tables),) if tables else ()


def gap_tables(audit: Audit, ways: tuple[str, ...], only: tuple[str, ...] = ()) -> tuple[Table, ...]:
    """Return the gaps between groups, one table an attribute (of `only`, if it names some) and a way of comparing."""
    gaps = tuple(
        m
        for m in audit.measures
        if m.attribute not in (None, *OWN) and m.group is None and m.metric not in DATA_METRICS
    )
    return tuple(
        table
        for attribute in attributes_of(gaps)
        if not only or attribute in only
        for table in _gaps(audit, attribute, having(gaps, attribute=attribute), ways)
    )


def _metrics(audit: Audit, attribute: str, measures: tuple[Measure, ...]) -> tuple[str, ...]:
    """Put the metrics that a verdict speaks of first, then those with the widest spread between groups."""
    judged = {verdict.measure for verdict in audit.verdicts}
    metrics = dict.fromkeys(m.metric for m in measures if m.group is not None)

    def place(metric: str) -> tuple[bool, float]:
        mine = having(measures, metric=metric, attribute=attribute)
        return (
            not any(m.id in judged for m in mine),
            -spread(audit, having(mine, model=audit.models[-1], compare=None)),
        )

    return tuple(sorted(metrics, key=place))


def _gaps(audit: Audit, attribute: str, measures: tuple[Measure, ...], ways: tuple[str, ...]) -> tuple[Table, ...]:
    """Return one table of gaps a way of comparing: differences, then ratios."""
    tables = []
    for compare in ways:
        mine = tuple(m for m in measures if compared(m) == compare)
        lines = [
            Line(define(metric).name, having(mine, metric=metric)) for metric in dict.fromkeys(m.metric for m in mine)
        ]
        tables.append(
            crossed(
                f"Gaps between the groups of {attribute}: {COMPARED[compare]}",
                "Figure",
                lines,
                kinds_of(audit, compare),
            )
        )
    return tuple(table for table in tables if table.rows)


def compared(measure: Measure) -> str:
    """Return how a gap compares its groups; for the change of a gap, how the gap itself does."""
    if is_change(measure):
        return next((word for word in COMPARED if measure.id.endswith(f".{word}")), "difference")
    return measure.compare or ""


def _dots(audit: Audit, attribute: str, metric: str, ordered: tuple[str, ...], measures: tuple[Measure, ...]) -> Dots:
    levels = tuple(m for m in measures if m.compare is None and not is_change(m))
    dots, names = [], model_names(audit)
    for group in ordered:
        mine = having(levels, group=group)
        name = line_name(group, mine)
        dots += [dot(name, names[m.model], m) for m in mine if m.model is not None]
    last = audit.models[-1]
    pooled = only(levels, group=None, model=last)
    said = contrast(audit, list(having(levels, model=last)))
    marks = MARKS[came_with_data(audit)] if "tuned" in audit.models else ""
    return Dots(
        title=f"{define(metric).name}, by {attribute}",
        description=f"{said} {marks}The line is the interval.".strip(),
        axis=define(metric).name,
        unit=define(metric).unit,
        dots=tuple(dots),
        reference=pooled.value if pooled else None,
    )
