"""The gaps of a rate between the groups of an attribute: each kind with its interval, and a permutation test of max − min.

A gap is over the groups' own rates. It is set by named groups with enough rows; smaller ones, `unknown` and `none mentioned` are
listed in its note with n and rate.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

from audit import gap_intervals, metrics, resampling
from audit.intervals import Count
from audit.rates import Chance, Groups, Rate
from audit.results import Interval, Measure
from audit.slugs import slug
from curate.groups import group_column

SAID = {
    "difference": "highest less lowest",
    "ratio": "lowest over highest",
    "difference_to_overall": "farthest from all rows",
    "ratio_to_overall": "farthest from all rows, as a ratio",
    "lowest": "lowest of the groups",
    "highest": "highest of the groups",
}
BETWEEN = ("difference", "ratio")
TO_OVERALL = ("difference_to_overall", "ratio_to_overall")


def gap_measures(
    rate: Rate, groups: Groups, words: Mapping[str, str], chance: Chance, kinds: Sequence[str] = metrics.GROUP_GAPS
) -> list[Measure]:
    """Return the gaps of a rate between groups, of every kind or of some."""
    return [_gap(rate, groups, words, compare, chance) for compare in kinds]


def _gap(rate: Rate, groups: Groups, words: Mapping[str, str], compare: str, chance: Chance) -> Measure:
    attribute, setters = groups.attribute, groups.setters(chance.minimum)
    parts = [rate.id(slug(attribute), words[group]) for group in setters]
    gap = rate.measure(
        rate.id(slug(attribute), compare),
        f"{rate.title}, {attribute}: {SAID[compare]}",
        attribute=attribute,
        compare=compare,
        n=_rows_in(groups, setters),
        parts=(*((rate.id(),) if compare in TO_OVERALL else ()), *parts),
        note=_note(groups, setters),
    )
    if len(setters) < 2:  # noqa: PLR2004  (a gap needs two groups)
        few = f"fewer than two groups have at least {chance.minimum} rows"
        return gap.model_copy(update={"undefined": few, "parts": ()})
    counts = [groups.counts[group] for group in setters]
    value = metrics.combine(gap, [count.rate for count in ([groups.total] if compare in TO_OVERALL else []) + counts])
    if value is None:
        return gap.model_copy(update={"undefined": "no group has any, so the ratio is 0 / 0"})
    found = gap.model_copy(update={"value": value, "interval": _interval(counts, groups.total, compare, chance)})
    if compare != "difference":
        return found
    test = f"permutation of the outcome among these rows, {chance.replicates} draws, seed {chance.seed}"
    return found.model_copy(update={"p_value": permuted(groups, setters, value, chance, gap.id), "test": test})


def _interval(counts: Sequence[Count], total: Count, compare: str, chance: Chance) -> Interval | None:
    match compare:
        case "difference":
            return gap_intervals.gap_difference(counts, chance.confidence)
        case "ratio":
            return gap_intervals.gap_ratio(counts, chance.confidence)
        case "difference_to_overall":
            return gap_intervals.overall_difference(counts, total, chance.confidence)
        case "ratio_to_overall":
            return gap_intervals.overall_ratio(counts, total, chance.confidence)
    return gap_intervals.extreme(counts, chance.confidence, compare)


def _rows_in(groups: Groups, setters: Sequence[str]) -> int:
    inside = pl.col(group_column(groups.attribute)).list.eval(pl.element().is_in(list(setters))).list.any()
    return int(groups.patterns.filter(inside)["n"].sum())


def permuted(groups: Groups, setters: Sequence[str], value: float, chance: Chance, purpose: str) -> float:
    """Return the permutation p-value of a gap (max − min) over the rows of the groups that set it."""
    column = group_column(groups.attribute)
    members = groups.patterns.select(
        pl.col(column).list.contains(group).cast(pl.Int64).alias(str(place)) for place, group in enumerate(setters)
    )
    inside = members.select(pl.any_horizontal(pl.all() > 0)).to_series()
    kept = groups.patterns.filter(inside)
    return resampling.permutation_p(
        kept["n"].to_numpy(),
        members.filter(inside).to_numpy().astype(np.int64),
        int(kept["hits"].sum()),
        value,
        chance.draws(purpose),
    )


def _note(groups: Groups, setters: Sequence[str]) -> str:
    ranked = sorted(setters, key=lambda group: (-groups.counts[group].rate, group))
    said = [f"highest {_said(groups, ranked[0])}, lowest {_said(groups, ranked[-1])}"] if len(ranked) > 1 else []
    left = [_said(groups, group) for group in groups.counts if group not in setters]
    return "; ".join([*said, *([f"do not set it: {', '.join(left)}"] if left else [])])


def _said(groups: Groups, group: str) -> str:
    count = groups.counts[group]
    return f"{group} ({count.hits:,} of {count.n:,}, {100 * count.rate:.1f} %)" if count.n else f"{group} (no rows)"
