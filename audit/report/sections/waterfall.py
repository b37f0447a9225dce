"""The bias waterfall: how the share and the label rate of each group moved from stage to stage of the curation."""

from audit.report.choosing import attributes_of, groups_of, having, ids_of, only
from audit.report.content import Block, Cell, Column, Fold, Heading, Path, Paths, Row, Section, Table
from audit.report.tables import overlap
from audit.report.words import cell_of, methods_of, number, value_of
from audit.results import Audit, Measure

METRICS = ("stage_share", "stage_label_rate")
SAID = {"stage_share": "Share of rows", "stage_label_rate": "Label rate"}
MOST_LINES = 15
"""More lines than these cannot be told apart; the table has every group."""


def section(audit: Audit) -> Section | None:
    """Return the section, or None where there is nothing between the rows as read and those that are learned from."""
    measures = tuple(m for m in audit.measures if m.metric in METRICS)
    stages = tuple(dict.fromkeys(m.step for m in measures if m.step is not None))
    if len(stages) < 2 or not measures:  # noqa: PLR2004  (one stage is no movement)
        return None
    blocks: list[Block] = []
    for attribute in attributes_of(measures):
        blocks += [Heading(f"By {attribute}"), *overlap(audit, attribute)]
        mine = having(measures, attribute=attribute)
        for metric in METRICS[::-1]:
            of_metric = having(mine, metric=metric)
            if of_metric:
                shown = _shown(audit, attribute, metric, stages, of_metric)
                blocks += (
                    shown if metric == "stage_label_rate" else [Fold(f"{SAID[metric]}, by {attribute}", tuple(shown))]
                )
    lead = (
        "Each stage hands on other rows than it was given, and so another mixture of people and labels. From left to right: the "
        "rows as they were read, what each step left of them, and what a model learns from."
    )
    return Section("waterfall", "How shares and labels moved", lead, tuple(blocks))


def _shown(
    audit: Audit, attribute: str, metric: str, stages: tuple[str, ...], measures: tuple[Measure, ...]
) -> list[Block]:
    groups = groups_of(measures)
    large = [group for group in groups if _rows(group, measures) >= audit.minimum_group_size][:MOST_LINES]
    paths = tuple(
        Path(group, tuple(_value(only(measures, group=group, step=stage)) for stage in stages)) for group in large
    )
    gaps = [only(measures, group=None, compare="difference", step=stage) for stage in stages]
    ends = [gap for gap in (gaps[0], gaps[-1]) if gap is not None and gap.value is not None]
    moved = " as read, ".join(map(value_of, ends))
    said = f"The gap between the groups: {moved} in the end. " if len(ends) > 1 else ""
    picture = Paths(
        title=f"{SAID[metric]} at each stage, by {attribute}",
        description=f"{said}A line is a group with {number(audit.minimum_group_size, 'count')} rows or more, named at its end.",
        axis=SAID[metric],
        stages=stages,
        paths=paths,
    )
    table = _table(f"{SAID[metric]} at each stage, by {attribute}", stages, groups, measures)
    return [picture, table] if paths else [table]


def _rows(group: str, measures: tuple[Measure, ...]) -> int:
    mine = having(measures, group=group)
    return min((m.numerator or 0) if m.metric == "stage_share" else m.n for m in mine)


def _value(measure: Measure | None) -> float | None:
    return None if measure is None else measure.value


def _table(caption: str, stages: tuple[str, ...], groups: tuple[str, ...], measures: tuple[Measure, ...]) -> Table:
    rows = []
    for group in (*groups, None):
        found = [only(measures, group=group, step=stage) for stage in stages]
        if any(found):
            rows.append(Row((Cell(group or "Gap: highest less lowest"), *map(cell_of, found)), ids_of(*found)))
    columns = (Column("Group"), *(Column(stage, number=True) for stage in stages))
    return Table(caption, columns, tuple(rows), methods_of(measures))
