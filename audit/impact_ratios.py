"""Impact ratios: each group's rate over the highest group's, and what one person more would make of it.

Of each model's selection rate and of its scores (the share strictly above the median of all scored rows), and of the rate of
positive labels. The highest rate is set by named groups with enough rows; smaller ones have a ratio and do not set it, and the
unknown have none. A ratio has Katz' interval and Fisher's exact test against the highest group, two-sided, Holm-corrected over
the ratios of one rate. Local Law 144 has ratios of its own (`local_law_144.py`).

Source: Uniform Guidelines on Employee Selection Procedures, 29 CFR 1607.4(D).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from audit import intervals, metrics, resampling
from audit.attributes import COUNTED, attributes
from audit.evidence import Evidence
from audit.families import holm, holm_apart
from audit.group_rates import groups_and_gaps
from audit.model_rates import model_rate, named
from audit.one_person_more import below_four_fifths, ratio_after
from audit.ranking import is_scored
from audit.rates import Chance, Groups, Rate, count_groups, overall
from audit.representation import learned_label_rate
from audit.results import Measure, Model
from audit.slugs import slug, slugs
from curate.groups import group_column
from curate.recipe import Recipe
from curate.task import Classification

NOBODY = "no group has any, so the ratio is 0 / 0"
TITLE = "Impact ratio of the {}"
ONE_MORE = "Impact ratio with one person more of the {}"


def scoring_rate(model: Model) -> Rate:
    """Return the share of the scored rows whose score is strictly above the median of all of them."""
    return Rate(
        prefix=(model, "scoring_rate"),
        metric="scoring_rate",
        title=f"Scoring rate, {named(model)}",
        table="predictions",
        model=model,
        equals={f"{model}_scored": True},
        hits={f"{model}_above_median": True},
        nothing="no row here has a score",
    )


def scoring_measures(
    evidence: Evidence, recipe: Recipe, model: Model, asked: Sequence[str], chance: Chance
) -> list[Measure]:
    """Return a model's scoring rates, of all rows and by group, with the gaps between groups.

    Nothing where it gave no scores, or where the selection rate is not asked for either.
    """
    if "selection_rate" not in asked or not is_scored(evidence, model):
        return []
    rate = scoring_rate(model)
    by_group = [m for attribute in attributes(recipe) for m in groups_and_gaps(evidence, rate, attribute, chance)]
    return [overall(evidence, rate, chance), *holm_apart(by_group, f"the {_bare(rate)}")]


def selecting_rates(found: Sequence[Measure], model: Model) -> dict[str, Rate]:
    """Return which of a model's rates were measured that can have impact ratios, by the metric of the ratios."""
    measured = {m.metric for m in found if m.model == model and m.label is None}
    rates = {"impact_ratio": model_rate("selection_rate", model), "scoring_impact_ratio": scoring_rate(model)}
    return {metric: rate for metric, rate in rates.items() if rate.metric in measured}


def model_ratios(
    evidence: Evidence, recipe: Recipe, model: Model, found: Sequence[Measure], chance: Chance
) -> list[Measure]:
    """Return the impact ratios of a model's rates, as far as those are among the measures found."""
    return [
        measure
        for metric, rate in selecting_rates(found, model).items()
        for measure in impact_ratios(evidence, rate, (model, metric), attributes(recipe), chance)
    ]


def label_ratios(evidence: Evidence, recipe: Recipe, chance: Chance) -> list[Measure]:
    """Return the impact ratios of the rate of positive labels in the rows to learn from."""
    if not isinstance(recipe.task, Classification) or not recipe.task.positive:
        return []
    rate = learned_label_rate(evidence, recipe.task)
    return impact_ratios(evidence, rate, ("label_impact_ratio",), attributes(recipe), chance)


def impact_ratios(
    evidence: Evidence, rate: Rate, prefix: tuple[str, ...], by: Sequence[str], chance: Chance
) -> list[Measure]:
    """Return the ratio of every named group, and of those below four fifths what one person more would make of it.

    The last word of `prefix` is the metric of the ratios.
    """
    ratios: list[Measure] = []
    further: list[Measure] = []
    for attribute in by:
        groups = count_groups(evidence, rate, attribute)
        against = Against.of(rate, prefix, groups, groups.setters(chance.minimum))
        for group in groups.counts:
            if group not in COUNTED:
                ratio = against.ratio(group, chance)
                ratios.append(against.tested(ratio, group))
                further += against.one_more(ratio, group)
    return [*holm(ratios, f"the impact ratios of the {_bare(rate)}"), *further]


@dataclass(frozen=True)
class Against:
    """One rate's groups held against the one with the highest rate among those that may set it; None where there is none."""

    rate: Rate
    prefix: tuple[str, ...]
    groups: Groups
    words: Mapping[str, str]
    setters: tuple[str, ...]
    highest: str | None

    @classmethod
    def of(cls, rate: Rate, prefix: tuple[str, ...], groups: Groups, setters: Sequence[str]) -> "Against":
        """Return a rate's groups; of groups with the same highest rate the first by name is taken."""
        able = tuple(group for group in setters if groups.counts[group].n)
        highest = min(able, key=lambda group: (-groups.counts[group].rate, group), default=None)
        return cls(rate, prefix, groups, slugs(tuple(groups.counts)), able, highest)

    def ratio(self, group: str, chance: Chance) -> Measure:
        """Return a group's rate over the highest one, with Katz' interval; the group with the highest rate has neither."""
        count, bare = self.groups.counts[group], self._measure(self.prefix, TITLE, group)
        if self.highest is None:
            few = f"no group has at least {chance.minimum} rows, so none sets the highest rate"
            return bare.model_copy(update={"n": count.n, "undefined": few})
        highest, itself = self.groups.counts[self.highest], group == self.highest
        undefined = self.rate.nothing if not count.n else NOBODY if not highest.hits else ""
        found = bare.model_copy(
            update={
                "n": count.n + (0 if itself else highest.n),
                "parts": (self._id(group), self._id(self.highest)),
                "undefined": undefined,
                "note": f"the highest rate is that of {self.highest}{self._shared(group)}",
            }
        )
        if undefined:
            return found
        interval = intervals.katz(count, highest, chance.confidence) if self._apart(group) else None
        value = metrics.combine(found, [count.rate, highest.rate])
        return found.model_copy(update={"value": value, "interval": interval})

    def tested(self, ratio: Measure, group: str) -> Measure:
        """Return a ratio with Fisher's exact test of the two rates, where it is defined and the groups share no row."""
        if ratio.value is None or not self._apart(group):
            return ratio
        assert self.highest is not None
        p_value = resampling.fisher_p(*self.groups.counts[group], *self.groups.counts[self.highest])
        return ratio.model_copy(update={"p_value": p_value, "test": "Fisher's exact test against the highest rate"})

    def one_more(self, ratio: Measure, group: str) -> list[Measure]:
        """Return, for a group below four fifths, its ratio with one person more; nothing for any other."""
        counts = self.groups.counts
        if self.highest is None or ratio.value is None or not below_four_fifths(counts[group], counts[self.highest]):
            return []
        order = (group, self.highest, *(other for other in self.setters if other not in (group, self.highest)))
        value = ratio_after([counts[each] for each in order])
        bare = self._measure((*self.prefix[:-1], f"{self.prefix[-1]}_one_more"), ONE_MORE, group)
        found = {
            "value": value,
            "undefined": "" if value is not None else "nobody else would be selected, so the ratio is something / 0",
            "n": sum(counts[each].n for each in order),
            "parts": tuple(map(self._id, order)),
            "note": "one more of the group selected and one fewer of the group with the highest rate",
        }
        return [bare.model_copy(update=found)]

    def _measure(self, prefix: tuple[str, ...], title: str, group: str) -> Measure:
        attribute = self.groups.attribute
        return Measure(
            id=".".join((*prefix, slug(attribute), self.words[group])),
            title=f"{title.format(_bare(self.rate))}, {attribute}: {group}",
            metric=prefix[-1],
            model=self.rate.model,
            label=self.rate.label,
            attribute=attribute,
            group=group,
        )

    def _id(self, group: str) -> str:
        return self.rate.id(slug(self.groups.attribute), self.words[group])

    def _apart(self, group: str) -> bool:
        return group != self.highest and not self._both(group)

    def _both(self, group: str) -> int:
        """Return how many rows are in a group and in the one with the highest rate."""
        column = pl.col(group_column(self.groups.attribute)).list
        both = column.contains(group) & column.contains(self.highest)
        return int(self.groups.patterns.filter(both)["n"].sum())

    def _shared(self, group: str) -> str:
        both = 0 if group == self.highest else self._both(group)
        return f"; rows in both groups: {both:,}, so there is neither interval nor test" if both else ""


def _bare(rate: Rate) -> str:
    return rate.title[:1].lower() + rate.title[1:]
