"""Probabilities from the scores that a model gives to labels."""

from collections.abc import Mapping

import polars as pl


def probabilities(columns: Mapping[str, str]) -> dict[str, pl.Expr]:
    """Return the probability of each label (softmax over the columns of its scores, by label); null where a score is missing."""
    top = pl.max_horizontal(columns.values())
    weights = {label: (pl.col(column) - top).exp() for label, column in columns.items()}
    total = pl.sum_horizontal(weights.values(), ignore_nulls=False)
    return {label: weight / total for label, weight in weights.items()}
