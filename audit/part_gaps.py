"""Numbers that are no share of rows (F1, AUC, calibration error, loss) over all rows and by group, and their gaps between groups.

The intervals of gaps come from simultaneous intervals of each group (Bonferroni).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from audit import gap_intervals, metrics
from audit.attributes import COUNTED
from audit.evidence import Evidence
from audit.gaps import SAID, TO_OVERALL
from audit.model_rates import named
from audit.rates import Chance
from audit.results import Interval, Measure, Model, Selection
from audit.slugs import join, slug

AMONG_GROUPS = ("difference", "ratio", "lowest", "highest")
IntervalAt = Callable[[Measure, float], Interval | None]
Of = tuple[str, str, str]
"""An attribute, one of its groups, and the group's word in ids."""


class Called(NamedTuple):
    """Which number of which model, and its name in titles."""

    title: str
    metric: str
    model: Model


def bare_level(evidence: Evidence, called: Called, selection: Selection, of: Of | None = None) -> Measure:
    """Return the measure of a number over some rows, all of them or those `of` a group, without its value."""
    attribute, group, word = of or (None, None, None)
    return Measure(
        id=join((called.model, called.metric, slug(attribute) if attribute else None, word)),
        title=f"{called.title}, {named(called.model)}" + (f", {attribute}: {group}" if attribute else ""),
        metric=called.metric,
        model=called.model,
        attribute=attribute,
        group=group,
        n=evidence.count(selection),
        selection=selection,
    )


@dataclass(frozen=True)
class Levels:
    """A number of one model for every group of an attribute, and over all rows.

    `interval_at` makes the interval of one of them at any confidence.
    """

    called: Called
    attribute: str
    whole: Measure
    each: Sequence[Measure]
    interval_at: IntervalAt

    def setters(self, minimum: int) -> list[Measure]:
        """Return the groups that set a gap: named ones with enough rows for which the number is defined."""
        return [m for m in self.each if m.group not in COUNTED and m.value is not None and m.n >= minimum]


def part_gaps(evidence: Evidence, levels: Levels, chance: Chance) -> list[Measure]:
    """Return every kind of gap of a number between groups."""
    setters = levels.setters(chance.minimum)
    inside = tuple(part.selection.equals for part in setters if part.selection is not None)
    rows = evidence.count(Selection(table="predictions", either=inside)) if inside else 0
    found = []
    for kinds, parts in ((AMONG_GROUPS, setters), (TO_OVERALL, [levels.whole, *setters])):
        each = 1 - (1 - chance.confidence) / max(len(parts), 1)
        ends = [levels.interval_at(part, each) for part in parts] if len(setters) > 1 else []
        for compare in kinds:
            gap = _gap(levels, compare, parts, (rows, setters), chance.minimum)
            found.append(gap.model_copy(update={"interval": _interval(gap, ends, chance.confidence)}))
    return found


def _gap(
    levels: Levels, compare: str, parts: Sequence[Measure], set_by: tuple[int, Sequence[Measure]], minimum: int
) -> Measure:
    """Return a gap without its interval; it is `set_by` so many rows in these groups."""
    rows, setters = set_by
    few = f"fewer than two groups have at least {minimum} rows and this number"
    enough = len(setters) > 1
    known = [part.value for part in parts if part.value is not None]
    value = metrics.gap(compare, known) if enough and len(known) == len(parts) else None
    ranked = sorted(setters, key=lambda part: (-(part.value or 0.0), part.group or ""))
    return Measure(
        id=join((levels.called.model, levels.called.metric, slug(levels.attribute), compare)),
        title=f"{levels.called.title}, {named(levels.called.model)}, {levels.attribute}: {SAID[compare]}",
        metric=levels.called.metric,
        model=levels.called.model,
        attribute=levels.attribute,
        compare=compare,
        value=value,
        undefined="" if value is not None else "every group has 0, so the ratio is 0 / 0" if enough else few,
        n=rows,
        parts=tuple(part.id for part in parts) if enough else (),
        note=f"highest {ranked[0].group}, lowest {ranked[-1].group}" if enough else "",
    )


def _interval(gap: Measure, ends: Sequence[Interval | None], confidence: float) -> Interval | None:
    """Return the interval of a gap from simultaneous ones of its parts; None where a part has none."""
    known = [interval for interval in ends if interval is not None]
    if gap.value is None or len(known) < len(ends):
        return None
    if gap.compare in TO_OVERALL:
        return gap_intervals.gap_to_overall(known[0], known[1:], confidence, gap.compare)
    return gap_intervals.gap_of(known, confidence, gap.compare or "")
