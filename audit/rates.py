"""A rate of rows, over all of them and for every group of an attribute. Groups may overlap."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from audit import intervals
from audit.attributes import COUNTED
from audit.evidence import Evidence
from audit.intervals import Count
from audit.resampling import Draws
from audit.results import Measure, Model, Selection
from audit.selecting import COUNT, groups_in, holds, select
from audit.slugs import join, slug, slugs
from curate.groups import UNKNOWN, group_column

Equals = dict[str, str | bool | int]


@dataclass(frozen=True)
class Chance:
    """How sure the intervals are, what the draws start from, and which groups are too small to set a gap."""

    confidence: float
    replicates: int
    seed: int
    minimum: int

    def draws(self, purpose: str) -> Draws:
        """Return the draws for one measure."""
        return Draws(self.replicates, self.seed, purpose, self.confidence)

    def says(self, kind: str) -> str:
        """Return how an interval was made of draws."""
        return self.draws("").says(kind)


@dataclass(frozen=True)
class Rate:
    """A rate: of which rows (`equals` in `table`), what counts (`hits`), what it is called, and why it may be undefined."""

    prefix: tuple[str, ...]
    metric: str
    title: str
    table: str
    hits: Equals
    nothing: str
    equals: Equals = field(default_factory=dict)
    model: Model | None = None
    label: str | None = None
    step: str | None = None

    def id(self, *more: str) -> str:
        """Return the id of a measure of this rate."""
        return join((*(slug(part) for part in self.prefix), *more))

    def measure(self, name: str, title: str, **values: object) -> Measure:
        """Return a measure of this rate."""
        stated = {"metric": self.metric, "model": self.model, "label": self.label, "step": self.step, **values}
        return Measure.model_validate({"id": name, "title": title, **stated})


def counted(
    rate: Rate, called: tuple[str, str], count: Count, equals: Equals, confidence: float, **values: str
) -> Measure:
    """Return the measure of one share of rows, with Wilson's interval; `called` is its id and its title."""
    return rate.measure(
        *called,
        value=count.rate if count.n else None,
        undefined="" if count.n else rate.nothing,
        n=count.n,
        numerator=count.hits,
        interval=intervals.wilson(count, confidence),
        selection=Selection(table=rate.table, equals={**rate.equals, **equals}),
        hits=rate.hits,
        **values,
    )


def count_of(evidence: Evidence, rate: Rate) -> Count:
    """Return how many rows the rate is over, and how many of them count."""
    cells = evidence.cells(rate.table)
    rows = select(cells, rate.equals)
    return Count(int(select(rows, rate.hits)[COUNT].sum()), int(rows[COUNT].sum()))


def overall(evidence: Evidence, rate: Rate, chance: Chance) -> Measure:
    """Return the rate over all of its rows."""
    return counted(rate, (rate.id(), rate.title), count_of(evidence, rate), {}, chance.confidence)


@dataclass(frozen=True)
class Groups:
    """The counts of one rate for the groups of one attribute: in the group, over all, and by pattern of membership."""

    attribute: str
    counts: Mapping[str, Count]
    total: Count
    patterns: pl.DataFrame

    def rest(self, group: str) -> Count:
        """Return the count of the rows known to be outside a group; who is outside the unknown is not known."""
        assert group != UNKNOWN
        hits, n = self.total.hits - self.counts[group].hits, self.total.n - self.counts[group].n
        unknown = self.counts.get(UNKNOWN, Count(0, 0))
        return Count(hits - unknown.hits, n - unknown.n)

    def setters(self, minimum: int) -> tuple[str, ...]:
        """Return the groups that may set a gap."""
        return tuple(group for group, count in self.counts.items() if group not in COUNTED and count.n >= minimum)


def count_groups(evidence: Evidence, rate: Rate, attribute: str) -> Groups:
    """Count a rate for every group of an attribute that stands in the table, whether or not the rate has rows there."""
    table, column = evidence.cells(rate.table), group_column(attribute)
    hits = pl.when(holds(table, rate.hits)).then(COUNT).otherwise(0)
    patterns = (
        select(table, rate.equals)
        .group_by(column)
        .agg(pl.col(COUNT).sum().alias("n"), hits.sum().cast(pl.Int64).alias("hits"))
        .sort(pl.col(column).list.join("\x1f"))
    )
    each = patterns.explode(column, empty_as_null=True).group_by(column).agg(pl.col("n", "hits").sum())
    found = {group: Count(hits, n) for group, n, hits in each.select(column, "n", "hits").iter_rows()}
    counts = {group: found.get(group, Count(0, 0)) for group in groups_in(table, column)}
    return Groups(attribute, counts, Count(int(patterns["hits"].sum()), int(patterns["n"].sum())), patterns)


def plain_groups(evidence: Evidence, rate: Rate, attribute: str, chance: Chance) -> list[Measure]:
    """Return a rate for every group of an attribute, without comparisons."""
    groups = count_groups(evidence, rate, attribute).counts
    return [
        counted(
            rate,
            (rate.id(slug(attribute), word), f"{rate.title}, {attribute}: {group}"),
            groups[group],
            {group_column(attribute): group},
            chance.confidence,
            attribute=attribute,
            group=group,
        )
        for group, word in slugs(tuple(groups)).items()
    ]
