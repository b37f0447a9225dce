"""Group metrics of a classifier: rates and scores by group, gaps between the groups, equalized odds, and bias amplification."""

from collections.abc import Mapping

from audit import gap_intervals, metrics, rates, resampling
from audit.attributes import attributes
from audit.cells import Number, cells_of
from audit.evidence import Evidence
from audit.fairlearn_frame import check_agreement
from audit.gaps import BETWEEN
from audit.group_rates import group_measures, groups_and_gaps
from audit.group_scores import score_measures, scores_among
from audit.model_rates import ODDS, label_rate_of, model_rate, named, prevalence_rate, rates_among
from audit.prediction_table import labels_of
from audit.rates import Chance, Rate
from audit.results import Interval, Measure, Model
from audit.slugs import slug
from curate.audit_settings import ODDS_METRICS
from curate.recipe import Recipe
from curate.task import Classification

BINARY = 2
ODDS_SAID = {"equalized_odds": "worse of the two gaps", "equalized_odds_mean": "mean of the two gaps"}
PER_LABEL = ("selection_rate", "true_positive_rate", "false_positive_rate", "precision")


def fairness_measures(
    evidence: Evidence, recipe: Recipe, model: Model, asked: tuple[str, ...], chance: Chance
) -> list[Measure]:
    """Return every group metric of one model for every attribute; each group's number is held against fairlearn's."""
    assert isinstance(recipe.task, Classification)
    measures: list[Measure] = []
    for attribute in attributes(recipe):
        by_rate = {
            metric: group_measures(evidence, model_rate(metric, model), attribute, chance)
            for metric in rates_among(asked, recipe.task.positive)
        }
        found = [measure for each in by_rate.values() for measure in each]
        found += score_measures(
            evidence, model, attribute, tuple(m for m in scores_among(recipe.task) if m in asked), chance
        )
        check_agreement(found, evidence, model, attribute)
        for metric in (metric for metric in ODDS_METRICS if metric in asked and all(rate in by_rate for rate in ODDS)):
            found += _equalized_odds(evidence, (metric, model, attribute), by_rate, chance)
        if "bias_amplification" in asked and "selection_rate" in by_rate:
            found += amplification_measures(evidence, model, attribute, by_rate["selection_rate"], chance)
        measures += found
        for rate in _rates_of_labels(evidence, recipe.task, model, asked):
            measures += groups_and_gaps(evidence, rate, attribute, chance)
    return measures


def _rates_of_labels(evidence: Evidence, task: Classification, model: Model, asked: tuple[str, ...]) -> list[Rate]:
    """Return the rates of each label against all others, where there are more labels than two."""
    labels = labels_of(evidence.tables["predictions"], task)
    wanted = [metric for metric in PER_LABEL if metric in asked or not task.positive]
    return (
        [label_rate_of(metric, model, label) for metric in wanted for label in labels] if len(labels) > BINARY else []
    )


def _equalized_odds(
    evidence: Evidence, of: tuple[str, Model, str], odds: Mapping[str, list[Measure]], chance: Chance
) -> list[Measure]:
    """Return the worse of the two gaps (of the true and of the false positive rate) or their mean, as fairlearn's `agg` does.

    Each gap's interval is made at half the error, so that the two together keep the confidence (Bonferroni).
    """
    metric, model, attribute = of
    measures = []
    for compare in BETWEEN:
        gaps = [next(m for m in odds[rate] if m.group is None and m.compare == compare) for rate in ODDS]
        measure = Measure(
            id=f"{model}.{metric}.{slug(attribute)}.{compare}",
            title=f"Equalized odds, {named(model)}, {attribute}: {ODDS_SAID[metric]}",
            metric=metric,
            model=model,
            attribute=attribute,
            compare=compare,
            parts=tuple(gap.id for gap in gaps),
            n=sum(gap.n for gap in gaps),
            undefined="; ".join(dict.fromkeys(gap.undefined for gap in gaps if gap.undefined)),
        )
        p_values = [gap.p_value for gap in gaps if gap.p_value is not None]
        measures.append(
            measure.model_copy(
                update={
                    "value": metrics.combine(measure, [gap.value for gap in gaps]),
                    "interval": _odds_interval(evidence, of, compare, chance),
                    "p_value": min(1.0, len(p_values) * min(p_values)) if p_values else None,
                    "test": "the smaller p-value of the two gaps, doubled (Bonferroni)" if p_values else "",
                }
            )
        )
    return [
        measure
        if measure.value is not None
        else measure.model_copy(update={"interval": None, "p_value": None, "test": ""})
        for measure in measures
    ]


def _odds_interval(evidence: Evidence, of: tuple[str, Model, str], compare: str, chance: Chance) -> Interval | None:
    metric, model, attribute = of
    confidence = 1 - (1 - chance.confidence) / 2
    found = []
    for rate in ODDS:
        groups = rates.count_groups(evidence, model_rate(rate, model), attribute)
        counts = [groups.counts[group] for group in groups.setters(chance.minimum)]
        found.append(
            (gap_intervals.gap_difference if compare == "difference" else gap_intervals.gap_ratio)(counts, confidence)
        )
    ends = [interval for interval in found if interval is not None]
    if len(ends) < len(ODDS):
        return None
    joined = metrics.of_odds(metric, compare)
    return Interval(
        low=joined(end.low for end in ends),
        high=joined(end.high for end in ends),
        confidence=chance.confidence,
        method=f"{ends[0].method}, over both rates",
    )


def amplification_measures(
    evidence: Evidence, model: Model, attribute: str, selection: list[Measure], chance: Chance
) -> list[Measure]:
    """Return how much wider the gap of what a model selects is than that of what is truly positive among the same rows.

    Source: Zhao et al. 2017, Men Also Like Shopping, as a difference of demographic gaps: selection gap less prevalence gap.
    """
    prevalence = groups_and_gaps(evidence, prevalence_rate(model), attribute, chance)
    parts = [
        next(m for m in found if m.group is None and m.compare == "difference") for found in (selection, prevalence)
    ]
    bare = Measure(
        id=f"{model}.bias_amplification.{slug(attribute)}.difference",
        title=f"Bias amplification, {named(model)}, {attribute}: selection gap less prevalence gap",
        metric="bias_amplification",
        model=model,
        attribute=attribute,
        compare="difference",
        parts=tuple(part.id for part in parts),
        n=max(part.n for part in parts),
        undefined="; ".join(dict.fromkeys(part.undefined for part in parts if part.undefined)),
    )
    value = metrics.combine(bare, [part.value for part in parts])
    if value is None:
        return [*prevalence, bare]
    by_id = {measure.id: measure for measure in (*selection, *prevalence)}
    setters = [[by_id[name].group or "" for name in part.parts] for part in parts]
    cells = cells_of(evidence, [model], attribute)
    tables = cells.resampled(chance)
    drawn = cells.gap(tables, Number("selection_rate", model), "difference", setters[0]) - cells.label_gap(
        tables, model, setters[1]
    )
    interval = resampling.joined_with_basic(drawn, value, chance.confidence, chance.says(resampling.JOINED))
    return [*prevalence, bare.model_copy(update={"value": value, "interval": interval})]
