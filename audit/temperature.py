"""Temperature scaling: one number for each model, fitted on validation rows and never on a test row, that divides its label scores.

Source: Guo et al. 2017, On Calibration of Modern Neural Networks, section 4.2. The temperature minimises the log loss of
softmax(score / temperature) on the labelled validation rows, between `LOWEST` and `HIGHEST`. It moves no answer, for the order of
the scores stays. The evidence table `validation` has every validation row with the scores that the fit looks at.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from audit.evidence import described
from audit.intervals import quantile
from audit.resampling import Floats, Integers
from audit.results import Interval
from curate.recipe import Recipe

LOWEST, HIGHEST = 0.05, 20.0
DIGITS = 4
"""The temperature is rounded to so many decimals, so that another machine finds the same one."""
SCORE = "_score_"


def validation_table(rows: pl.DataFrame, predictions: Mapping[str, pl.DataFrame], recipe: Recipe) -> pl.DataFrame:
    """Return the validation rows with each model's scores.

    `<model>_certain` says that a row has a score for every label, and that its own label is one of these.
    """
    table = described(rows, recipe)
    for model, said in predictions.items():
        labels = [column.removeprefix("score_") for column in said.columns if column.startswith("score_")]
        scores = [pl.col(f"score_{label}").cast(pl.Float64).alias(f"{model}{SCORE}{label}") for label in labels]
        table = table.join(said.select("row", *scores), on="row", how="left", maintain_order="left")
        known = pl.all_horizontal(pl.col(f"{model}{SCORE}{label}").is_finite() for label in labels)
        certain = (known & pl.col("label").is_in(labels)).fill_null(value=False)
        table = table.with_columns(certain.alias(f"{model}_certain"))
    return table


def fitting_rows(model: str) -> dict[str, str | bool | int]:
    """Return the equalities of the validation rows that a temperature is fitted on."""
    return {"labelled": True, f"{model}_certain": True}


def temperature_of(rows: pl.DataFrame, model: str) -> float | None:
    """Return the temperature of validation rows that were selected already; None where there are none."""
    from scipy.optimize import minimize_scalar

    scores, truth = _scores(rows, model)
    if not len(truth):
        return None
    found: Any = minimize_scalar(
        lambda exponent: _log_loss(scores, truth, math.exp(exponent)),
        bounds=(math.log(LOWEST), math.log(HIGHEST)),
        method="bounded",
        options={"xatol": 1e-8},
    )
    return round(math.exp(found.x), DIGITS)


def at_bound(temperature: float) -> bool:
    """Return whether a temperature is as low or as high as it may be: the rows ask for a lower or higher one."""
    return not LOWEST * 1.001 < temperature < HIGHEST / 1.001


def temperature_interval(rows: pl.DataFrame, model: str, temperature: float, confidence: float) -> Interval | None:
    """Return Wald's interval on the scale of its logarithm, from the information of the rows; None at a bound.

    The log loss of all rows has, at its minimum, the second derivative (by log temperature) Σ variance of the scores under the
    stated probabilities / temperature².
    """
    scores, _truth = _scores(rows, model)
    chances = _chances(scores, temperature)
    spread = (chances * scores**2).sum(axis=1) - (chances * scores).sum(axis=1) ** 2
    information = float(spread.sum()) / temperature**2
    if at_bound(temperature) or information <= 0:
        return None
    half = quantile(confidence) / math.sqrt(information)
    low, high = temperature * math.exp(-half), temperature * math.exp(half)
    return Interval(low=low, high=high, confidence=confidence, method="Wald, of the logarithm")


def _scores(rows: pl.DataFrame, model: str) -> tuple[Floats, Integers]:
    """Return the scores (rows × labels) and the place of each row's true label."""
    start = f"{model}{SCORE}"
    labels = [column.removeprefix(start) for column in rows.columns if column.startswith(start)]
    place = rows["label"].replace_strict(labels, list(range(len(labels))), return_dtype=pl.Int64)
    return rows.select(f"{start}{label}" for label in labels).to_numpy(), place.to_numpy()


def _chances(scores: Floats, temperature: float) -> Floats:
    weights = np.exp((scores - scores.max(axis=1, keepdims=True)) / temperature)
    return np.asarray(weights / weights.sum(axis=1, keepdims=True), dtype=np.float64)


def _log_loss(scores: Floats, truth: npt.NDArray[np.int64], temperature: float) -> float:
    scaled = (scores - scores.max(axis=1, keepdims=True)) / temperature
    likelihood = scaled[np.arange(len(truth)), truth] - np.log(np.exp(scaled).sum(axis=1))
    return -float(likelihood.mean())


def temperatures_of(table: pl.DataFrame, models: Sequence[str]) -> dict[str, float]:
    """Return the temperature of each model that can have one."""
    found = {}
    for model in models:
        rows = table.filter(pl.all_horizontal(pl.col(column) == value for column, value in fitting_rows(model).items()))
        temperature = temperature_of(rows, model)
        if temperature is not None:
            found[model] = temperature
    return found
