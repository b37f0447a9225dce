"""Shares of a probe's items, for each model and as a change from base to tuned over the same items."""

from collections.abc import Mapping, Sequence

import polars as pl

from audit import intervals, resampling
from audit.changes import change_of
from audit.evidence import Evidence
from audit.model_rates import named
from audit.probes.states import OfStates, States, paired
from audit.probes.tables import table_name
from audit.rates import Chance, Equals, Rate, overall, plain_groups
from audit.resampling import Floats
from audit.results import Measure, Model
from audit.selecting import holds
from audit.slugs import join, slug
from curate.probes import AskedProbe

UNCHANGED = ("unscored", "tied")
ASKED, HIT = 0, 1
"""The questions of a rate: is the item one of those that it is over, and does it count?"""


def measure_id(probe: AskedProbe, model: Model, metric: str, *more: str) -> str:
    """Return the id of a number of a probe: `base.probe.crows_pairs.stereotype_preferred`."""
    return join((model, "probe", slug(probe.name), metric.removeprefix("probe_"), *more))


def probe_rate(
    probe: AskedProbe,
    model: Model,
    metric: str,
    title: str,
    *more: str,
    hits: Equals,
    equals: Equals,
    nothing: str = "no item here was scored",
    label: str | None = None,
) -> Rate:
    """Return a rate of a model over items; `more` are further words of its id."""
    return Rate(
        (model, "probe", probe.name, metric.removeprefix("probe_"), *more),
        metric,
        f"{title}, {probe.name}, {named(model)}",
        table_name(probe),
        hits,
        nothing,
        equals,
        model=model,
        label=label,
    )


def whole_and_groups(evidence: Evidence, rate: Rate, attributes: Sequence[str], chance: Chance) -> list[Measure]:
    """Return a rate over all of its items, and for every group of each attribute."""
    found = [overall(evidence, rate, chance)]
    for attribute in attributes:
        found += plain_groups(evidence, rate, attribute, chance)
    return found


def unscored(evidence: Evidence, probe: AskedProbe, model: Model, chance: Chance) -> Measure:
    """Return the share of the items that were not scored, because a choice is longer than `train.max_length`."""
    rate = probe_rate(
        probe,
        model,
        "unscored",
        "Items not scored",
        hits={f"{model}_scored": False},
        equals={},
        nothing="there are no items",
    )
    return overall(evidence, rate, chance)


def tied(evidence: Evidence, probe: AskedProbe, model: Model, chance: Chance) -> Measure:
    """Return the share of the scored items of which two choices have the same, highest likelihood."""
    equals: Equals = {f"{model}_scored": True}
    return overall(
        evidence,
        probe_rate(probe, model, "tied", "Equal likelihoods", hits={f"{model}_tied": True}, equals=equals),
        chance,
    )


def rate_changes(evidence: Evidence, found: Sequence[Measure], chance: Chance) -> list[Measure]:
    """Return the change of every rate that both models have, but for ties, items that were not scored, and single occupations."""
    by_id = {measure.id: measure for measure in found}
    pairs = [
        (measure, by_id[measure.id.replace("base.", "tuned.", 1)])
        for measure in found
        if measure.model == "base" and measure.numerator is not None and measure.compare is None
        if measure.metric not in UNCHANGED and measure.attribute != "occupation" and measure.label != "tied"
    ]
    return [rate_change(evidence, base, tuned, chance) for base, tuned in pairs]


def rate_change(evidence: Evidence, base: Measure, tuned: Measure, chance: Chance) -> Measure:
    """Return the change of a rate.

    Where both are over the same items: Newcombe's paired interval and McNemar's exact test. Elsewhere (an answer decides whether
    an item is one of those that the rate is over) both come from resampling and exchanging the answers item by item.
    """
    change = change_of(base, tuned)
    if change.value is None:
        return change
    assert base.selection is not None
    assert tuned.selection is not None
    table = evidence.tables[base.selection.table]
    asked = [_numbers(table, measure.selection.equals) for measure in (base, tuned) if measure.selection is not None]
    hits = [_numbers(table, measure.hits) & mine for measure, mine in zip((base, tuned), asked, strict=True)]
    if (asked[0] == asked[1]).all():
        both, first, second = (
            int(pair.cast(pl.Int64).sum()) for pair in (hits[0] & hits[1], hits[0] & ~hits[1], ~hits[0] & hits[1])
        )
        neither = base.n - both - first - second
        interval = intervals.newcombe_paired(both, first, second, neither, chance.confidence)
        p_value = resampling.mcnemar_p(first, second)
        return change.model_copy(update={"interval": interval, "p_value": p_value, "test": "exact McNemar"})
    either = asked[0] | asked[1]
    states = paired(*((mine.filter(either), hit.filter(either)) for mine, hit in zip(asked, hits, strict=True)))
    return resampled_change(change, states, rate_of, chance)


def _numbers(table: pl.DataFrame, equals: Mapping[str, str | bool | int]) -> pl.Series:
    return table.select(holds(table, equals).alias("held"))["held"]


def rate_of(states: States, tables: Floats) -> Floats:
    """Return the rate for tables of one model's states (replicates × states)."""
    asked = states.yes(ASKED)
    return resampling.rates_of(tables @ (asked & states.yes(HIT)), tables @ asked)


def resampled_change(change: Measure, states: States, value: OfStates, chance: Chance) -> Measure:
    """Give a change its paired bootstrap interval over items, and the p-value of exchanging the two models' answers."""
    draws = chance.draws(change.id)
    assert change.value is not None

    def moved(tables: Floats) -> Floats:
        base, tuned = states.of_each(tables)
        return value(states, tuned) - value(states, base)

    drawn, method = moved(resampling.resample(states.counts, draws)), chance.says(resampling.JOINED)
    interval = resampling.joined_with_basic(drawn, change.value, chance.confidence, method)
    exchanged = resampling.exchange(states.counts, states.swapped, draws)
    p_value = resampling.exchange_p(moved(exchanged), change.value)
    said = f"exchange of answers item by item, {chance.replicates} draws, seed {chance.seed}"
    note = "" if interval is not None else resampling.NO_SPREAD
    test = said if p_value is not None else ""
    return change.model_copy(update={"interval": interval, "p_value": p_value, "test": test, "note": note})
