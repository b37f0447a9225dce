"""Numbers of a model that are a quotient of sums over rows: loss, calibration error, and means of a number that each row has."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import polars as pl

from audit import metrics, resampling
from audit.evidence import Equals, Evidence, holds
from audit.fairness import named
from audit.prediction_table import BINS
from audit.rates import Chance
from audit.resampling import Floats
from audit.results import Measure, Model, Selection

TITLES = {
    "calibration_error": "Calibration error",
    "brier": "Brier score",
    "loss": "Loss per token",
    "exact_match": "Exact match",
    "rouge_l": "ROUGE-L",
    "chrf": "chrF",
}
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
    if metric in ("calibration_error", "brier"):
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


def quotient_measure(evidence: Evidence, metric: str, model: Model, chance: Chance) -> Measure:
    """Return one model's number with a bootstrap interval over its rows."""
    selection = Selection(table="predictions", equals=counted_rows(metric, model))
    rows, name = evidence.select(selection), f"{model}.{metric}"
    measure = Measure(
        id=name,
        title=f"{TITLES[metric]}, {named(model)}",
        metric=metric,
        model=model,
        n=len(rows),
        selection=selection,
        note=NOTES.get(metric, ""),
    )
    value = metrics.value_of(measure, rows)
    if value is None:
        return measure.model_copy(update={"undefined": EMPTY})
    made = quotient(rows, metric, model)
    interval = resampling.bootstrap_rows(made.columns, made.value, chance.draws(name))
    note = measure.note if interval is not None else resampling.NO_SPREAD
    return measure.model_copy(update={"value": value, "interval": interval, "note": note})
