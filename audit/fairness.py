"""Group metrics of a model: selection, true and false positive rate, accuracy, gaps; the only file that imports fairlearn.

fairlearn's MetricFrame runs on the table of distinct cells with their counts as weights: the same values at constant cost.
It is asked only where the number is defined, because fairlearn, like scikit-learn, answers 0 for a rate over no rows.
"""

import math
from collections.abc import Callable, Mapping
from typing import Any

import polars as pl

from audit import intervals, metrics, rates
from audit.evidence import Evidence, select
from audit.group_rates import group_measures
from audit.rates import Chance, Rate
from audit.results import Interval, Measure, Model
from audit.slugs import slug
from curate.audit_settings import POSITIVE_METRICS
from curate.groups import group_column
from curate.recipe import Recipe
from curate.task import Classification

TITLES = {
    "accuracy": "Accuracy",
    "selection_rate": "Selection rate",
    "true_positive_rate": "True positive rate",
    "false_positive_rate": "False positive rate",
}
NOTHING = {
    "accuracy": "no row here has both a label and an answer",
    "selection_rate": "no row here has an answer",
    "true_positive_rate": "no row here is truly positive",
    "false_positive_rate": "no row here is truly negative",
}
TRUTH: dict[str, rates.Equals] = {
    "accuracy": {"labelled": True},
    "selection_rate": {},
    "true_positive_rate": {"label_positive": True},
    "false_positive_rate": {"label_positive": False},
}
ODDS = ("true_positive_rate", "false_positive_rate")


def named(model: Model) -> str:
    """Return a model's name as it stands in a title."""
    return "given predictions" if model == "given" else f"{model} model"


def model_rate(metric: str, model: Model, answered: str = "") -> Rate:
    """Return one of the four rates of a model. `answered` names the column of the rows that count; its own answers if left out."""
    hit = "correct" if metric == "accuracy" else "positive"
    return Rate(
        prefix=(model, metric),
        metric=metric,
        title=f"{TITLES[metric]}, {named(model)}",
        table="predictions",
        model=model,
        equals={**TRUTH[metric], answered or f"{model}_answered": True},
        hits={f"{model}_{hit}": True},
        nothing=NOTHING[metric],
    )


def asked_rates(asked: tuple[str, ...], positive: tuple[str, ...]) -> tuple[str, ...]:
    """Return the group metrics to compute, in order; those of positive labels only where the task names some."""
    wanted = {*asked, *(ODDS if "equalized_odds" in asked else ())}
    return tuple(metric for metric in TITLES if metric in wanted and (positive or metric not in POSITIVE_METRICS))


def fairness_measures(
    evidence: Evidence, recipe: Recipe, model: Model, asked: tuple[str, ...], chance: Chance
) -> list[Measure]:
    """Return every group metric of one model for every attribute, with the values that fairlearn gives."""
    assert isinstance(recipe.task, Classification)
    measures: list[Measure] = []
    for attribute in recipe.attributes:
        odds: dict[str, list[Measure]] = {}
        for metric in asked_rates(asked, recipe.task.positive):
            rate = model_rate(metric, model)
            found = _agreed(group_measures(evidence, rate, attribute, chance), evidence, rate, attribute)
            odds[metric] = found
            measures.extend(found)
        if "equalized_odds" in asked and all(metric in odds for metric in ODDS):
            measures.extend(_equalized_odds(evidence, model, attribute, odds, chance))
    return measures


def _function(metric: str) -> Callable[..., float]:
    from fairlearn import metrics as fairlearn
    from sklearn.metrics import accuracy_score

    if metric == "accuracy":
        return accuracy_score  # type: ignore[no-any-return]
    return getattr(fairlearn, metric)  # type: ignore[no-any-return]


def frame_of(cells: pl.DataFrame, metric: str) -> Any:
    """Return fairlearn's MetricFrame over cells `category, truth, answer, n`."""
    from fairlearn.metrics import MetricFrame

    columns = {name: cells[name].to_list() for name in cells.columns}
    return MetricFrame(
        metrics=_function(metric),
        y_true=columns["truth"],
        y_pred=columns["answer"],
        sensitive_features=columns["category"],
        sample_params={"sample_weight": columns["n"]},
    )


def _cells(evidence: Evidence, rate: Rate, attribute: str) -> pl.DataFrame:
    """Return the distinct cells of a rate's rows; a row counts in every group that it is in (`in …`) and not in (`not …`)."""
    if rate.metric == "accuracy":
        truth, answer = pl.col("label"), pl.col(f"{rate.model}_answer")
    else:
        truth, answer = pl.col("label_positive").cast(pl.Int64), pl.col(f"{rate.model}_positive").cast(pl.Int64)
    if rate.metric == "selection_rate":
        truth = answer  # the truth plays no part in it, and may be missing
    categories = pl.concat_list(
        pl.col(column).list.eval(pl.lit(f"{mark} ") + pl.element())
        for mark, column in (("in", group_column(attribute)), ("not", f"not_{attribute}"))
    )
    rows = select(evidence.tables[rate.table], rate.equals).select(truth=truth, answer=answer, category=categories)
    cells = rows.explode("category", empty_as_null=False)
    return cells.group_by("category", "truth", "answer").agg(pl.len().alias("n")).sort("category", "truth", "answer")


def _agreed(measures: list[Measure], evidence: Evidence, rate: Rate, attribute: str) -> list[Measure]:
    """Give the measures of one rate and attribute fairlearn's values; they must agree with the counts behind the intervals."""
    cells = _cells(evidence, rate, attribute)
    if cells.is_empty():
        return measures
    by_category = frame_of(cells, rate.metric).by_group
    by_id = {measure.id: measure for measure in measures}
    gaps = [measure for measure in measures if measure.group is None and measure.value is not None]
    setters = [_category(by_id[part]) for part in gaps[0].parts] if gaps else []
    frame = frame_of(cells.filter(pl.col("category").is_in(setters)), rate.metric) if gaps else None
    found = []
    for measure in measures:
        if measure.value is None:
            found.append(measure)
        elif measure.group is None:
            found.append(_with_value(measure, _gap_of(frame, str(measure.compare))))
        elif measure.parts:
            inside, outside = (float(by_category[_category(by_id[part])]) for part in measure.parts)
            found.append(
                _with_value(measure, inside - outside if measure.compare == "difference" else inside / outside)
            )
        else:
            found.append(_with_value(measure, float(by_category[_category(measure)])))
    return found


def _category(measure: Measure) -> str:
    return f"{'not' if measure.compare == 'rest' else 'in'} {measure.group}"


def _gap_of(frame: Any, compare: str) -> float:
    return float(
        frame.difference(method="between_groups") if compare == "difference" else frame.ratio(method="between_groups")
    )


def _with_value(measure: Measure, value: float) -> Measure:
    assert measure.value is not None
    assert math.isclose(measure.value, value, rel_tol=1e-9, abs_tol=1e-12), (
        f"{measure.id}: fairlearn says {value}, the counts {measure.value}"
    )
    return measure.model_copy(update={"value": value})


def _equalized_odds(
    evidence: Evidence, model: Model, attribute: str, odds: Mapping[str, list[Measure]], chance: Chance
) -> list[Measure]:
    """Return the worse of the two gaps (of the true and of the false positive rate), as fairlearn's `worst_case` does.

    Each gap's interval is made at half the error, so that the two together keep the confidence (Bonferroni).
    """
    measures = []
    for compare in metrics.GROUP_GAPS:
        gaps = [next(m for m in odds[metric] if m.group is None and m.compare == compare) for metric in ODDS]
        measure = Measure(
            id=f"{model}.equalized_odds.{slug(attribute)}.{compare}",
            title=f"Equalized odds, {named(model)}, {attribute}: worse of the two gaps",
            metric="equalized_odds",
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
                    "interval": _odds_interval(evidence, model, attribute, compare, chance),
                    "p_value": min(1.0, len(p_values) * min(p_values)) if p_values else None,
                    "test": "the smaller p-value of the two gaps, doubled (Bonferroni)" if p_values else "",
                }
            )
        )
    return [
        measure if measure.value is not None else measure.model_copy(update={"interval": None}) for measure in measures
    ]


def _odds_interval(evidence: Evidence, model: Model, attribute: str, compare: str, chance: Chance) -> Interval | None:
    confidence = 1 - (1 - chance.confidence) / 2
    found = []
    for metric in ODDS:
        groups = rates.count_groups(evidence, model_rate(metric, model), attribute)
        counts = [groups.counts[group] for group in groups.setters(chance.minimum)]
        found.append((intervals.gap_difference if compare == "difference" else intervals.gap_ratio)(counts, confidence))
    ends = [interval for interval in found if interval is not None]
    if len(ends) < len(ODDS):
        return None
    worse = max if compare == "difference" else min
    return Interval(
        low=worse(end.low for end in ends),
        high=worse(end.high for end in ends),
        confidence=chance.confidence,
        method=f"{ends[0].method}, over both rates",
    )
