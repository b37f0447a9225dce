"""Every group's rate against the rest, and the gaps between the groups.

A group is set against all rows known to be outside it, and a gap is over the groups' own rates. A gap is set by named groups with
enough rows; smaller ones, `unknown` and `none mentioned` are listed in its note with n and rate.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

from audit import intervals, metrics, resampling
from audit.evidence import Evidence
from audit.rates import Chance, Equals, Groups, Rate, count_groups, counted
from audit.results import Measure
from audit.slugs import slug, slugs
from curate.groups import UNKNOWN, group_column


def group_measures(evidence: Evidence, rate: Rate, attribute: str, chance: Chance) -> list[Measure]:
    """Return the rate of every group, of the rest, their difference and ratio, and the gaps between the groups."""
    groups = count_groups(evidence, rate, attribute)
    words = slugs(tuple(groups.counts))
    measures: list[Measure] = []
    for group, word in words.items():
        inside = _inside(rate, groups, group, word, chance)
        measures.append(inside)
        if group != UNKNOWN:  # who is outside the unknown is not known either
            outside = _outside(rate, groups, group, word, chance)
            measures += [outside, *_against(rate, groups, inside, outside, chance)]
    return [*measures, *(_gap(rate, groups, words, compare, chance) for compare in metrics.GROUP_GAPS)]


def _inside(rate: Rate, groups: Groups, group: str, word: str, chance: Chance) -> Measure:
    attribute, members = groups.attribute, Equals({group_column(groups.attribute): group})
    called = (rate.id(slug(attribute), word), f"{rate.title}, {attribute}: {group}")
    return counted(rate, called, groups.counts[group], members, chance.confidence, attribute=attribute, group=group)


def _outside(rate: Rate, groups: Groups, group: str, word: str, chance: Chance) -> Measure:
    attribute, others = groups.attribute, Equals({f"not_{groups.attribute}": group})
    called = (f"{rate.id(slug(attribute), word)}.rest", f"{rate.title}, {attribute}: all but {group}")
    more = {"attribute": attribute, "group": group, "compare": "rest"}
    return counted(rate, called, groups.rest(group), others, chance.confidence, **more)


def _against(rate: Rate, groups: Groups, inside: Measure, outside: Measure, chance: Chance) -> list[Measure]:
    """Return the difference (Newcombe, Fisher) and the ratio (Katz) of a group and the rest."""
    assert inside.group is not None
    count, rest = groups.counts[inside.group], groups.rest(inside.group)
    tested = count.n > 0 and rest.n > 0
    empty = "nobody outside the group counts, so there is nothing to divide by" if tested else rate.nothing
    common = {
        "attribute": inside.attribute,
        "group": inside.group,
        "parts": (inside.id, outside.id),
        "n": count.n + rest.n,
    }
    difference = rate.measure(
        f"{inside.id}.difference",
        f"{inside.title}, less the rest",
        compare="difference",
        undefined="" if tested else rate.nothing,
        interval=intervals.newcombe(count, rest, chance.confidence),
        p_value=resampling.fisher_p(*count, *rest) if tested else None,
        test="Fisher's exact test" if tested else "",
        **common,
    )
    ratio = rate.measure(
        f"{inside.id}.ratio",
        f"{inside.title}, over the rest",
        compare="ratio",
        undefined="" if tested and rest.hits else empty,
        interval=intervals.katz(count, rest, chance.confidence),
        **common,
    )
    values = [inside.value, outside.value]
    return [made.model_copy(update={"value": metrics.combine(made, values)}) for made in (difference, ratio)]


def _gap(rate: Rate, groups: Groups, words: Mapping[str, str], compare: str, chance: Chance) -> Measure:
    """Return max − min (with a permutation test) or min / max over the groups that may set it."""
    attribute, setters = groups.attribute, groups.setters(chance.minimum)
    said = "highest less lowest" if compare == "difference" else "lowest over highest"
    gap = rate.measure(
        rate.id(slug(attribute), compare),
        f"{rate.title}, {attribute}: {said}",
        attribute=attribute,
        compare=compare,
        n=_rows_in(groups, setters),
        parts=tuple(rate.id(slug(attribute), words[group]) for group in setters),
        note=_note(groups, setters),
    )
    if len(setters) < 2:  # noqa: PLR2004  (a gap needs two groups)
        few = f"fewer than two groups have at least {chance.minimum} rows"
        return gap.model_copy(update={"undefined": few, "parts": ()})
    counts = [groups.counts[group] for group in setters]
    value = metrics.combine(gap, [count.rate for count in counts])
    if value is None:
        return gap.model_copy(update={"undefined": "no group has any, so the ratio is 0 / 0"})
    if compare == "ratio":
        return gap.model_copy(update={"value": value, "interval": intervals.gap_ratio(counts, chance.confidence)})
    test = f"permutation of the outcome among these rows, {chance.replicates} draws, seed {chance.seed}"
    p_value, interval = (
        permuted(groups, setters, value, chance, gap.id),
        intervals.gap_difference(counts, chance.confidence),
    )
    return gap.model_copy(update={"value": value, "interval": interval, "p_value": p_value, "test": test})


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
    return f"{group} ({count.hits} of {count.n}, {100 * count.rate:.1f} %)" if count.n else f"{group} (no rows)"
