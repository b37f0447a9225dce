"""Every group's rate against all rows known to be outside it, and the gaps between the groups."""

from audit import intervals, metrics, resampling
from audit.evidence import Evidence
from audit.gaps import BETWEEN, gap_measures
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
    return [*measures, *gap_measures(rate, groups, words, chance)]


def groups_and_gaps(evidence: Evidence, rate: Rate, attribute: str, chance: Chance) -> list[Measure]:
    """Return the rate of every group and the gaps from one to another, without the rest."""
    groups = count_groups(evidence, rate, attribute)
    words = slugs(tuple(groups.counts))
    inside = [_inside(rate, groups, group, word, chance) for group, word in words.items()]
    return [*inside, *gap_measures(rate, groups, words, chance, BETWEEN)]


def _inside(rate: Rate, groups: Groups, group: str, word: str, chance: Chance) -> Measure:
    attribute, members = groups.attribute, Equals({group_column(groups.attribute): group})
    called = (rate.id(slug(attribute), word), f"{rate.title}, {attribute}: {group}")
    return counted(rate, called, groups.counts[group], members, chance.confidence, attribute=attribute, group=group)


def _outside(rate: Rate, groups: Groups, group: str, word: str, chance: Chance) -> Measure:
    attribute, others = groups.attribute, Equals({f"not_{group_column(groups.attribute)}": group})
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
        detectable=intervals.detectable_difference(count, rest, chance.confidence),
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
