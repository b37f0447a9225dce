"""Numbers of a model that are a quotient of sums over rows: loss, calibration error, and means of a number that each row has.

By group the rows are resampled within each pattern of membership, so that groups that share rows share their draws.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from audit import metrics, resampling
from audit.certainty import BINS
from audit.evidence import Equals, Evidence, holds
from audit.model_rates import named
from audit.part_gaps import Levels, part_gaps
from audit.rates import Chance
from audit.resampling import Draws, Floats
from audit.results import Interval, Measure, Model, Selection
from audit.slugs import join, slug, slugs
from curate.groups import group_column

TITLES = {
    "calibration_error": "Calibration error",
    "brier": "Brier score",
    "log_loss": "Log loss",
    "loss": "Loss per token",
    "exact_match": "Exact match",
    "rouge_l": "ROUGE-L",
    "chrf": "chrF",
}
OF_LABELS = ("calibration_error", "brier", "log_loss")
NOTES = {
    "calibration_error": "differences in the bins do not cancel, so a small sample raises it, and so does resampling"
}
EMPTY = "there are no rows for it"


@dataclass(frozen=True)
class Quotient:
    """Columns of numbers (rows × columns), zero where a row does not count, and the value of their sums (replicates × columns)."""

    columns: Floats
    value: Callable[[Floats], Floats]


def counted_rows(metric: str, model: Model) -> dict[str, str | bool | int]:
    """Return the equalities of the rows that count."""
    if metric in OF_LABELS:
        return {"labelled": True, f"{model}_answered": True}
    return {f"{model}_scored": True} if metric == "loss" else {f"{model}_wrote": True}


def quotient(table: pl.DataFrame, metric: str, model: Model) -> Quotient:
    """Return a metric of a table of predictions as a quotient of sums."""
    counts = _numbers(table, holds(table, counted_rows(metric, model)), counted_rows(metric, model))
    if metric == "calibration_error":
        return Quotient(_bin_columns(table, model, counts), _error_of_bins)
    top = {"loss": "loss", "exact_match": "exact"}.get(metric, metric)
    bottom = _numbers(table, pl.col(f"{model}_tokens"), counted_rows(metric, model)) if metric == "loss" else counts
    return Quotient(
        np.column_stack([_numbers(table, pl.col(f"{model}_{top}"), counted_rows(metric, model)), bottom]), _quotient
    )


def _numbers(table: pl.DataFrame, column: pl.Expr, equals: Equals) -> Floats:
    number = pl.when(holds(table, equals)).then(column.cast(pl.Float64)).otherwise(0.0).alias("number")
    return table.select(number)["number"].to_numpy()


def _bin_columns(table: pl.DataFrame, model: Model, counts: Floats) -> Floats:
    equals = counted_rows("calibration_error", model)
    apart = _numbers(table, pl.col(f"{model}_correct").cast(pl.Float64) - pl.col(f"{model}_confidence"), equals)
    columns = np.zeros((len(table), BINS + 1))
    columns[np.arange(len(table)), table[f"{model}_bin"].fill_null(0).to_numpy()] = apart
    columns[:, BINS] = counts
    return columns


def _error_of_bins(sums: Floats) -> Floats:
    return resampling.rates_of(np.abs(sums[:, :BINS]).sum(axis=1), sums[:, BINS])


def _quotient(sums: Floats) -> Floats:
    return resampling.rates_of(sums[:, 0], sums[:, 1])


def quotient_measure(
    evidence: Evidence, metric: str, model: Model, chance: Chance, of: tuple[str, str, str] | None = None
) -> Measure:
    """Return one model's number over all rows, or without its interval `of` an attribute's group (with its word in ids)."""
    attribute, group, word = of or (None, None, None)
    members = {group_column(attribute): group} if attribute is not None and group is not None else {}
    selection = Selection(table="predictions", equals={**counted_rows(metric, model), **members})
    rows = evidence.select(selection)
    name = join((model, metric, slug(attribute) if attribute else None, word))
    measure = Measure(
        id=name,
        title=f"{TITLES[metric]}, {named(model)}" + (f", {attribute}: {group}" if attribute else ""),
        metric=metric,
        model=model,
        attribute=attribute,
        group=group,
        n=len(rows),
        selection=selection,
        note=NOTES.get(metric, ""),
    )
    value = metrics.value_of(measure, rows)
    if value is None:
        return measure.model_copy(update={"undefined": EMPTY})
    if attribute is not None:
        return measure.model_copy(update={"value": value})
    made = quotient(rows, metric, model)
    return with_interval(measure, value, resampling.bootstrap_rows(made.columns, made.value, chance.draws(name)))


def with_interval(measure: Measure, value: float, interval: Interval | None) -> Measure:
    """Give a measure its value and its interval, or say why it has none."""
    note = measure.note if interval is not None else resampling.NO_SPREAD
    return measure.model_copy(update={"value": value, "interval": interval, "note": note})


def quotient_measures(
    evidence: Evidence, metric: str, model: Model, attributes: Sequence[str], chance: Chance
) -> list[Measure]:
    """Return one model's number over all rows, for every group of every attribute, and the gaps between groups."""
    by_group = [_by_group(evidence, metric, model, attribute, chance) for attribute in attributes]
    return [quotient_measure(evidence, metric, model, chance), *(measure for each in by_group for measure in each)]


def _by_group(evidence: Evidence, metric: str, model: Model, attribute: str, chance: Chance) -> list[Measure]:
    table = evidence.tables["predictions"]
    made = quotient(table, metric, model)
    drawn = sums_by_group(table, made.columns, attribute, chance.draws(f"{metric} {attribute}"))

    def interval_at(measure: Measure, confidence: float) -> Interval | None:
        method = chance.draws("").says("bootstrap within patterns of membership")
        return resampling.percentile(made.value(drawn[measure.group or ""]), confidence, method)

    words = slugs(evidence.groups("predictions", attribute))
    bare = [
        quotient_measure(evidence, metric, model, chance, (attribute, group, word)) for group, word in words.items()
    ]
    each = [m if m.value is None else with_interval(m, m.value, interval_at(m, chance.confidence)) for m in bare]
    levels = Levels(f"{TITLES[metric]}, {named(model)}", metric, model, attribute, each, interval_at)
    return [*each, *part_gaps(levels, chance)]


def sums_by_group(table: pl.DataFrame, columns: Floats, attribute: str, draws: Draws) -> dict[str, Floats]:
    """Return for every group resampled sums of row columns (replicates × columns), drawn once a pattern of membership."""
    patterns = table.select(pl.col(group_column(attribute)).list.sort().list.join("\x1f").alias("pattern")).to_series()
    found: dict[str, Floats] = {}
    for place, pattern in enumerate(patterns.unique().sort().to_list()):  # over patterns of membership, not over rows
        inside = columns[(patterns == pattern).to_numpy()]
        sums = resampling.resampled_sums(inside, replace(draws, purpose=f"{draws.purpose} {place}"))
        for group in pattern.split("\x1f"):
            found[group] = found[group] + sums if group in found else sums
    return found
