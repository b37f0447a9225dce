"""Shares of groups against those that a recipe says they have elsewhere, such as in a census."""

from collections.abc import Callable

from audit import metrics
from audit.evidence import Evidence
from audit.families import holm
from audit.rates import Chance, Equals, Rate, count_of, counted
from audit.results import Interval, Measure
from audit.slugs import join, slugs
from curate.groups import UNKNOWN, group_column
from curate.recipe import Recipe

NOBODY = "of no row the group is known"


def reference_measures(evidence: Evidence, recipe: Recipe, chance: Chance) -> list[Measure]:
    """Return each group's share of the rows whose group is known, in what is learned from, less and over its reference share."""
    measures = []
    for attribute, reference in recipe.audit.reference.items():
        found = [
            measure
            for group, word in slugs(tuple(reference.shares)).items()
            for measure in _against(_share(evidence, attribute, group, word, chance), reference.shares[group])
        ]
        measures += holm(found, f"the shares of {attribute} against {reference.source}")
    return measures


def _share(evidence: Evidence, attribute: str, group: str, word: str, chance: Chance) -> Measure:
    """Return a group's share of the rows whose group is known, with Wilson's interval."""
    learned, column = evidence.learned_from, group_column(attribute)
    known = Equals({**learned.equals, f"not_{column}": UNKNOWN})
    title = f"Share of the rows whose {attribute} is known: {group}"
    rate = Rate(("known_share", attribute, word), "known_share", title, learned.table, {column: group}, NOBODY, known)
    called = (rate.id(), title)
    return counted(rate, called, count_of(evidence, rate), {}, chance.confidence, attribute=attribute, group=group)


def _against(share: Measure, expected: float) -> list[Measure]:
    """Return the share, its difference from the reference (exact binomial test), and its ratio to it."""
    common = {
        **share.model_dump(include={"metric", "attribute", "group", "n", "undefined"}),
        "parts": (share.id,),
        "reference": expected,
    }
    difference = Measure(
        id=join((share.id, "difference")),
        title=f"{share.title}, less the reference share",
        compare="difference",
        interval=_moved(share.interval, lambda end: end - expected),
        p_value=_binomial_p(share, expected),
        test="exact binomial test" if share.n else "",
        **common,
    )
    ratio = Measure(
        id=join((share.id, "ratio")),
        title=f"{share.title}, over the reference share",
        compare="ratio",
        interval=_moved(share.interval, lambda end: end / expected),
        **common,
    )
    return [share, *(_valued(made, share.value) for made in (difference, ratio))]


def _valued(measure: Measure, share: float | None) -> Measure:
    return measure.model_copy(update={"value": metrics.combine(measure, [share])})


def _moved(interval: Interval | None, move: Callable[[float], float]) -> Interval | None:
    if interval is None:
        return None
    method = f"{interval.method}, the reference taken as exact"
    return interval.model_copy(update={"low": move(interval.low), "high": move(interval.high), "method": method})


def _binomial_p(share: Measure, expected: float) -> float | None:
    from scipy.stats import binomtest

    if not share.n:
        return None
    return float(binomtest(share.numerator or 0, share.n, expected).pvalue)
