"""The change, from base to tuned, of the numbers that are quotients of sums over rows, with paired intervals.

A share of the same rows has Newcombe's paired interval, any other number a paired bootstrap.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from audit import intervals, resampling
from audit.cells import PAIR
from audit.changes import change_of, with_detectable
from audit.evidence import Evidence
from audit.gaps import TO_OVERALL
from audit.quotients import BY_GROUP, TITLES, counted_rows, hits_of, quotient, sums_by_group, with_interval
from audit.rates import Chance
from audit.resampling import JOINED, Floats, OfTables, joined_with_basic, resampled_sums, says_of_sums
from audit.results import Measure
from audit.selecting import holds


def quotient_changes(evidence: Evidence, found: Sequence[Measure], chance: Chance) -> list[Measure]:
    """Return the change of every such number and of every gap in it, with paired intervals."""
    by_id, draws = {measure.id: measure for measure in found}, dict[tuple[str, str], _Drawn]()
    changes = []
    for base in (m for m in found if m.model == "base" and m.metric in TITLES):
        tuned = by_id.get(f"tuned.{base.id.removeprefix('base.')}")
        against = base.group is not None and base.compare is not None  # a group against the rest
        if tuned is None or against or base.compare in TO_OVERALL:
            continue
        if base.attribute is None:
            changes.append(_change(evidence, base, tuned, chance))
            continue
        key = (base.metric, base.attribute)
        if key not in draws:
            draws[key] = _Drawn.of(evidence, *key, chance)
        changes.append(_group_change(base, tuned, draws[key], by_id, chance))
    return [with_detectable(change) for change in changes]


def _change(evidence: Evidence, base: Measure, tuned: Measure, chance: Chance) -> Measure:
    change = change_of(base, tuned)
    if change.value is None:
        return change
    counts = _counts(evidence, base.metric)
    if sum(counts) == base.n == tuned.n:  # it says how sure it is even if every row changed
        return change.model_copy(update={"interval": intervals.newcombe_paired(*counts, chance.confidence)})
    columns, value = _paired(evidence, base.metric)
    draws = chance.draws(change.id)
    drawn, method = value(resampled_sums(columns, draws)), says_of_sums(draws, len(columns), JOINED)
    return with_interval(change, change.value, joined_with_basic(drawn, change.value, chance.confidence, method))


def _counts(evidence: Evidence, metric: str) -> tuple[int, int, int, int]:
    """Count the rows that count for both models by who hits: both, base alone, tuned alone, neither; zeros if it is no share."""
    table = evidence.tables["predictions"]
    if not hits_of(metric, "base"):
        return 0, 0, 0, 0
    rows = table.filter(*(holds(table, counted_rows(metric, model)) for model in PAIR))
    first, second = (rows.select(holds(rows, hits_of(metric, model)).alias("hit"))["hit"] for model in PAIR)
    both, base, tuned = (int(cell.sum()) for cell in (first & second, first & ~second, ~first & second))
    return both, base, tuned, len(rows) - both - base - tuned


def _paired(evidence: Evidence, metric: str) -> tuple[Floats, OfTables]:
    """Return the columns of both models side by side, and the change that their sums give."""
    before, after = (quotient(evidence.tables["predictions"], metric, model) for model in PAIR)
    border = before.columns.shape[1]

    def value(sums: Floats) -> Floats:
        return after.value(sums[:, border:]) - before.value(sums[:, :border])

    return np.hstack([before.columns, after.columns]), value


@dataclass(frozen=True)
class _Drawn:
    """The resampled numbers of both models for every group of an attribute, drawn together."""

    base: Mapping[str | None, Floats]
    tuned: Mapping[str | None, Floats]

    @classmethod
    def of(cls, evidence: Evidence, metric: str, attribute: str, chance: Chance) -> "_Drawn":
        """Draw both models' numbers on the same rows."""
        table = evidence.tables["predictions"]
        before, after = (quotient(table, metric, model) for model in PAIR)
        border, columns = before.columns.shape[1], np.hstack([before.columns, after.columns])
        patterns = evidence.patterns("predictions", attribute)
        sums = sums_by_group(patterns, columns, chance.draws(f"change of {metric} {attribute}")).drawn
        return cls(
            {group: before.value(drawn[:, :border]) for group, drawn in sums.items()},
            {group: after.value(drawn[:, border:]) for group, drawn in sums.items()},
        )


def _group_change(
    base: Measure, tuned: Measure, drawn: _Drawn, by_id: Mapping[str, Measure], chance: Chance
) -> Measure:
    """Return the change of a group's number, or of a gap; the groups that set each model's gap stay the same."""
    change = change_of(base, tuned)
    if change.value is None:
        return change
    if base.group is not None:
        before, after = drawn.base[base.group], drawn.tuned[base.group]
    else:
        before, after = (
            resampling.gap(base.compare or "", np.stack([values[by_id[part].group] for part in gap.parts], axis=1))
            for gap, values in ((base, drawn.base), (tuned, drawn.tuned))
        )
    method = chance.says(f"{JOINED}, {BY_GROUP}")
    return with_interval(
        change, change.value, joined_with_basic(after - before, change.value, chance.confidence, method)
    )
