"""A table of measures: one row a group (or a label, or a metric), one column a kind of figure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from audit.report.choosing import ids_of
from audit.report.content import Block, Cell, Column, Dot, Prose, Row, Table
from audit.report.words import cell_of, methods_of
from audit.results import Audit, Measure


@dataclass(frozen=True)
class Kind:
    """A column of a crossed table: its heading, and which of a row's measures stands in it."""

    heading: str
    holds: Callable[[Measure], bool]

    def find(self, measures: Sequence[Measure]) -> Measure | None:
        """Return the first of these measures that belongs in this column."""
        return next((m for m in measures if self.holds(m)), None)


@dataclass(frozen=True)
class Line:
    """A row of a crossed table: its name, the measures to pick from, and a quieter word under the name."""

    name: str
    measures: tuple[Measure, ...]
    detail: str = ""


def crossed(
    caption: str, heading: str, lines: Sequence[Line], kinds: Sequence[Kind], minimum_group_size: int = 0
) -> Table:
    """Cross lines with kinds; a kind that no line has, and a line without any measure, are left out."""
    used = [kind for kind in kinds if any(kind.find(line.measures) for line in lines)]
    rows, shown = [], []
    for line in lines:
        found = [kind.find(line.measures) for kind in used]
        if any(found):
            cells = (cell_of(m, minimum_group_size) for m in found)
            rows.append(
                Row(
                    (Cell(line.name, (line.detail,) if line.detail else ()), *cells),
                    tuple(dict.fromkeys(ids_of(*found))),
                )
            )
            shown += [m for m in found if m is not None]
    columns = (Column(heading), *(Column(kind.heading, number=True) for kind in used))
    return Table(caption, columns, tuple(rows), methods_of(shown))


def dot(line: str, series: str, measure: Measure) -> Dot:
    """Return a measure as a dot with its interval."""
    interval = measure.interval
    return Dot(line, series, measure.value, interval.low if interval else None, interval.high if interval else None)


def line_name(group: str, measures: Sequence[Measure]) -> str:
    """Name a chart's line: the group and the n behind it."""
    sizes = sorted({m.n for m in measures if m.n})
    if not sizes:
        return group
    return f"{group} (n {sizes[0]:,})" if len(sizes) == 1 else f"{group} (n {sizes[0]:,} to {sizes[-1]:,})"


def overlap(audit: Audit, attribute: str) -> list[Block]:
    """Say, where it is so, that a row may stand in several groups of this attribute."""
    if attribute not in audit.overlapping:
        return []
    return [
        Prose(
            f"A row may belong to several groups of {attribute}. So the groups do not add up to all rows, and each is compared "
            "with the rows outside it."
        )
    ]
