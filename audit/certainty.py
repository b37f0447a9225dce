"""How sure a model was of its answers: probabilities and scores of positive labels, beside every predicted row.

Where a model gave scores of the labels, `<model>_certain` says that a row has them, `_confidence` is the probability of its answer
(softmax over the label scores), `_bin` its bin, `_brier` the Brier score of the row (of two labels 0 to 1 and of more 0 to 2, as
scikit-learn's) and `_log_loss` minus the logarithm of the probability of the true label; with positive labels `_score` is the
probability of those together, `_scored` says that there is one, and `_above_median` that it is strictly above the median of all. A
score that came with the predictions is taken as it is, and for a probability if all lie from 0 to 1 and there are two labels.
With a temperature (see `temperature.py`) `<model>_tempered_confidence`, `_bin`, `_brier` and `_log_loss` are of
softmax(score / temperature).
"""

import polars as pl

from curate.scores import probabilities
from curate.task import Classification

BINS = 10
TEMPERED = "tempered_"
"""What stands before a metric, and in a column, that is of probabilities after temperature scaling (see `temperature.py`)."""
SMALLEST = 2.220446049250313e-16
"""No probability is taken for smaller: the step of a float64 at 1, as scikit-learn's log_loss does it."""
BINARY = 2


def with_certainty(
    table: pl.DataFrame, model: str, labels: tuple[str, ...], task: Classification, temperature: float | None = None
) -> pl.DataFrame:
    """Return the table with what can be said of a model's certainty in the place of its raw scores."""
    columns = {label: f"{model}_score_{label}" for label in labels if f"{model}_score_{label}" in table.columns}
    given = f"{model}_given_score"
    if given in table.columns:
        return _of_given(table, model, given, labels, task).drop(given)
    if not columns:
        return table
    chances = probabilities(columns)
    found = table.with_columns(_certain(chances).alias(f"{model}_certain"), *_of_labels(chances, f"{model}_"))
    if temperature is not None:
        found = _with_tempered(found, model, columns, temperature)
    if task.positive:
        score = pl.sum_horizontal([chances[label] for label in task.positive if label in chances], ignore_nulls=False)
        found = found.with_columns(_ranked(score, model))
    return found.drop(columns.values())


def _certain(chances: dict[str, pl.Expr]) -> pl.Expr:
    return pl.max_horizontal(chances.values()).is_not_null()


def _with_tempered(table: pl.DataFrame, model: str, columns: dict[str, str], temperature: float) -> pl.DataFrame:
    scaled = {label: f"{model}_{TEMPERED}score_{place}" for place, label in enumerate(columns)}
    divided = [(pl.col(column) / temperature).alias(scaled[label]) for label, column in columns.items()]
    found = table.with_columns(divided).with_columns(_of_labels(probabilities(scaled), f"{model}_{TEMPERED}"))
    return found.drop(scaled.values())


def _of_labels(chances: dict[str, pl.Expr], prefix: str) -> list[pl.Expr]:
    best = pl.max_horizontal(chances.values())
    is_label = {label: (pl.col("label") == label).cast(pl.Float64) for label in chances}
    squares = [(chance - is_label[label]).pow(2) for label, chance in chances.items()]
    squares.append(1 - pl.sum_horizontal(is_label.values()))  # a label that was not scored was given no chance
    true = pl.coalesce([pl.when(pl.col("label") == label).then(chance) for label, chance in chances.items()])
    true = pl.when(best.is_not_null()).then(true.fill_null(0.0))
    scale = 2 if len(chances) == BINARY else 1
    return [
        best.alias(f"{prefix}confidence"),
        _bin(best).alias(f"{prefix}bin"),
        (pl.sum_horizontal(squares, ignore_nulls=False) / scale).alias(f"{prefix}brier"),
        (-true.clip(SMALLEST, 1).log()).alias(f"{prefix}log_loss"),
    ]


def _bin(chance: pl.Expr) -> pl.Expr:
    return (chance * BINS).ceil().cast(pl.Int32).clip(1, BINS) - 1  # a border belongs to the lower bin


def _ranked(score: pl.Expr, model: str) -> list[pl.Expr]:
    return [
        score.alias(f"{model}_score"),
        score.is_not_null().alias(f"{model}_scored"),
        (score > score.median()).alias(f"{model}_above_median"),
    ]


def _of_given(
    table: pl.DataFrame, model: str, given: str, labels: tuple[str, ...], task: Classification
) -> pl.DataFrame:
    score = pl.col(given).fill_nan(None)
    found = table.with_columns(_ranked(score, model))
    known = found[f"{model}_score"].drop_nulls()
    chances = len(labels) == BINARY and len(task.positive) == 1 and len(known) and known.is_between(0, 1).all()
    if not chances:
        return found
    positive, true = pl.col(f"{model}_score"), pl.col("label_positive")
    own = pl.when(pl.col(f"{model}_positive")).then(positive).otherwise(1 - positive)
    of_truth = pl.when(true).then(positive).otherwise(1 - positive)
    return found.with_columns(
        positive.is_not_null().alias(f"{model}_certain"),
        own.alias(f"{model}_confidence"),
        _bin(own).alias(f"{model}_bin"),
        (positive - true.cast(pl.Float64)).pow(2).alias(f"{model}_brier"),
        (-of_truth.clip(SMALLEST, 1).log()).alias(f"{model}_log_loss"),
    )
