"""Numbers that are no share of rows (F1, AUC, calibration error, loss) over all rows and by group, and their gaps between groups.

The intervals of gaps come from simultaneous intervals of each group (Bonferroni).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from audit import gap_intervals, metrics
from audit.attributes import COUNTED
from audit.evidence import Evidence
from audit.gaps import SAID
from audit.model_rates import named
from audit.rates import Chance
from audit.results import Interval, Measure, Model, Selection
from audit.slugs import join, slug

COMPARED = ("difference", "ratio", "lowest", "highest")
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
    """A number of one model for every group of an attribute; `interval_at` makes the interval of one of them at any confidence."""

    called: Called
    attribute: str
    each: Sequence[Measure]
    interval_at: IntervalAt

    def setters(self, minimum: int) -> list[Measure]:
        """Return the groups that set a gap: named ones with enough rows for which the number is defined."""
        return [m for m in self.each if m.group not in COUNTED and m.value is not None and m.n >= minimum]


def part_gaps(levels: Levels, chance: Chance) -> list[Measure]:
    """Return every kind of gap of a number between groups."""
    parts = levels.setters(chance.minimum)
    confidence = 1 - (1 - chance.confidence) / max(len(parts), 1)
    ends = {part.id: levels.interval_at(part, confidence) for part in parts}
    return [_gap(levels, compare, parts, ends, chance) for compare in COMPARED]


def _gap(
    levels: Levels, compare: str, parts: Sequence[Measure], ends: Mapping[str, Interval | None], chance: Chance
) -> Measure:
    few = f"fewer than two groups have at least {chance.minimum} rows and this number"
    enough = len(parts) > 1
    value = metrics.gap(compare, [part.value for part in parts if part.value is not None]) if enough else None
    ranked = sorted(parts, key=lambda part: (-(part.value or 0.0), part.group or ""))
    known = [interval for interval in ends.values() if interval is not None]
    all_known = value is not None and len(known) == len(parts)
    return Measure(
        id=join((levels.called.model, levels.called.metric, slug(levels.attribute), compare)),
        title=f"{levels.called.title}, {named(levels.called.model)}, {levels.attribute}: {SAID[compare]}",
        metric=levels.called.metric,
        model=levels.called.model,
        attribute=levels.attribute,
        compare=compare,
        value=value,
        undefined="" if value is not None else "every group has 0, so the ratio is 0 / 0" if enough else few,
        n=sum(part.n for part in parts),
        parts=tuple(part.id for part in parts) if enough else (),
        interval=gap_intervals.gap_of(known, chance.confidence, compare) if all_known else None,
        note=f"highest {ranked[0].group}, lowest {ranked[-1].group}" if enough else "",
    )
