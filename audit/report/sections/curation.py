"""Whom the curation removed: drop rates by step and group against the rest, with intervals and adjusted p-values."""

from audit.report.choosing import LAST, attributes_of, having, ids_of, only
from audit.report.content import Block, Cell, Column, Fold, Heading, Row, Section, Table
from audit.report.contrasts import WHOLE, against_rest, bare, contrast, disparity, finding, p_cell, rates_by_group
from audit.report.tables import Kind, Line, crossed, overlap
from audit.report.words import cell_of, count, listed
from audit.results import Audit, Measure

OPEN_STEPS = 1
LARGEST = 8
ALL_STEPS = (None, "all_steps")


def section(audit: Audit) -> Section | None:
    """Return the section, or None where no group's drop rate was measured."""
    measures = tuple(m for m in audit.measures if m.metric in ("drop_rate", "changed_rate"))
    if not any(m.attribute for m in measures):
        return None
    summary = largest(audit, LARGEST)
    blocks: list[Block] = [summary] if summary is not None else []
    blocks += [
        block
        for attribute in attributes_of(measures)
        for block in _attribute(audit, attribute, having(measures, attribute=attribute))
    ]
    whole = having(measures, attribute=None)
    if whole:
        blocks.append(Fold("The same steps over all rows", (_whole(whole),)))
    lead = (
        "Every cleaning step selects people as well as rows. For each step that dropped something: how often it dropped rows of "
        "each group, against the rest of the rows that came to it. A ratio above 1 means that the group lost more than the rest."
    )
    return Section("curation", "Whom the curation removed", lead, tuple(blocks))


def _attribute(audit: Audit, attribute: str, measures: tuple[Measure, ...]) -> list[Block]:
    drops = having(measures, metric="drop_rate")
    steps = tuple(dict.fromkeys(m.step for m in drops))
    dropping = [step for step in steps if any(m.value for m in having(drops, step=step, compare=None))]
    dropping.sort(key=lambda step: (step not in ALL_STEPS, -disparity(audit, having(drops, step=step))))
    blocks: list[Block] = [Heading(f"By {attribute}"), *overlap(audit, attribute)]
    for place, step in enumerate(dropping):
        mine = _with_whole(audit, having(drops, step=step))
        table = against_rest(audit, f"Dropped by {named(step)}, by {attribute}", "Dropped", mine)
        if place == 0:
            title = f"Rows dropped by {named(step)}, by {attribute}"
            blocks += [
                rates_by_group(audit, title, "Share of the group's rows that was dropped", "Drop rate", mine),
                table,
            ]
        elif place < OPEN_STEPS:
            blocks.append(table)
        else:
            said = contrast(audit, having(mine, compare=None))
            blocks.append(Fold(f"Dropped by {named(step)}, by {attribute}. {said}", (table,)))
    idle = [step for step in steps if step not in dropping]
    if idle:
        blocks.append(Fold(f"Nobody was dropped by {listed(named(step) for step in idle)}", (_idle(idle, drops),)))
    return blocks + _rewrites(audit, attribute, having(measures, metric="changed_rate"))


def largest(audit: Audit, count_of: int) -> Table | None:
    """Return the largest contrasts of single steps, those that chance hardly explains first, or None where there is none."""
    drops = tuple(
        m for m in having(audit.measures, metric="drop_rate") if m.step not in ALL_STEPS and m.group is not None
    )
    by_key = {(m.step, m.attribute, m.group, m.compare): m for m in drops}
    found = []
    for difference in having(drops, compare="difference"):
        key = (difference.step, difference.attribute, difference.group)
        rate, rest, ratio = (by_key.get((*key, word)) for word in (None, "rest", "ratio"))
        large = rate is not None and rate.n >= audit.minimum_group_size and rate.group not in LAST
        if rate is not None and large and difference.value is not None:
            found.append((_weight(audit, difference), _contrast_row(audit, rate, rest, ratio, difference)))
    if not found:
        return None
    rows = tuple(row for _weight, row in sorted(found, key=lambda pair: pair[0])[:count_of])
    columns = (
        Column("Step"),
        Column("Group"),
        *(Column(name, number=True) for name in ("Dropped", "The rest", "Difference", "Ratio", "Adjusted p")),
        Column("Verdict"),
    )
    note = (
        f"{len(rows)} of {len(found)} contrasts, in groups of at least {audit.minimum_group_size} rows: first those that "
        f"chance hardly explains (adjusted p at most {1 - audit.confidence:.2g}), by difference; then the others by p."
    )
    return Table("The largest contrasts", columns, rows, (note,))


def _weight(audit: Audit, difference: Measure) -> tuple[bool, float, str]:
    """Return a place in the order: what chance hardly explains by its size, the rest by how hardly."""
    if difference.p_adjusted is not None and difference.p_adjusted <= 1 - audit.confidence:
        return (False, -abs(difference.value or 0.0), difference.id)
    return (True, difference.p_value if difference.p_value is not None else 1.0, difference.id)


def _contrast_row(audit: Audit, rate: Measure, rest: Measure | None, ratio: Measure | None, difference: Measure) -> Row:
    group = Cell(str(rate.group), (str(rate.attribute),))
    compared = (bare(difference, n=0), bare(ratio, n=0), p_cell(difference), finding(audit, rate, difference))
    cells = (cell_of(rate), cell_of(rest), *compared)
    return Row((Cell(named(rate.step)), group, *cells), ids_of(rate, rest, difference, ratio))


def named(step: str | None) -> str:
    """Name a step; the account of all of them has a name of its own."""
    return WHOLE if step is None or step in ALL_STEPS else step


def _with_whole(audit: Audit, measures: tuple[Measure, ...]) -> tuple[Measure, ...]:
    """Add the rate over all rows, which belongs to no attribute."""
    first = measures[0]
    whole = only(audit.measures, metric=first.metric, step=first.step, attribute=None, compare=None)
    return measures if whole is None else (whole, *measures)


def _whole(measures: tuple[Measure, ...]) -> Table:
    lines = [Line(named(step), having(measures, step=step)) for step in dict.fromkeys(m.step for m in measures)]
    kinds = [
        Kind("Dropped", lambda m: m.metric == "drop_rate"),
        Kind("Text rewritten", lambda m: m.metric == "changed_rate"),
    ]
    return crossed("Dropped and rewritten, over all rows", "Step", lines, kinds)


def _idle(steps: list[str | None], drops: tuple[Measure, ...]) -> Table:
    rows = []
    for step in steps:
        mine = having(drops, step=step)
        reached = max((m.n for m in mine), default=0)
        rows.append(
            Row((Cell(named(step)), Cell("0", (f"of up to {count(reached)} rows",))), tuple(m.id for m in mine))
        )
    columns = (Column("Step"), Column("Dropped, in any group", number=True))
    return Table("Steps that dropped no row of any group", columns, tuple(rows))


def _rewrites(audit: Audit, attribute: str, changed: tuple[Measure, ...]) -> list[Block]:
    steps = tuple(dict.fromkeys(m.step for m in changed))
    tables = tuple(
        against_rest(
            audit,
            f"Rewritten by {named(step)}, by {attribute}",
            "Rewritten",
            _with_whole(audit, having(changed, step=step)),
        )
        for step in steps
    )
    return [Fold(f"Whose text was rewritten, by {attribute}", tables)] if tables else []
