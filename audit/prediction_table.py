"""The evidence table `predictions`: every predicted row with the truth and each model's answer beside it.

For a classification each model has `<model>_answer` (null if it could not be read), `_answered`, `_positive`, `_correct`, and
where it gave scores more columns (see `audit/certainty.py`); where it wrote text by itself `_wrote`, `_wrote_label` and
`_wrote_correct`. Of predictions that came with the data each is a label, unless the task lists the labels; the others name a
label or could not be read. For an instruction see `audit/text_quality.py`. With base and tuned also `both_answered` and
`change`: better, worse or same. `_correct_or_unread`, `_positive_or_unread` and `_negative_or_unread` count unread answers as hits.
"""

from collections.abc import Mapping
from typing import get_args

import polars as pl

from audit.certainty import with_certainty
from audit.evidence import described
from audit.generation import generation_columns
from audit.results import Model
from curate.labels import known_labels, read_answer, with_answered
from curate.recipe import Recipe
from curate.task import Classification

SCORE = "score_"


def prediction_table(
    rows: pl.DataFrame,
    predictions: Mapping[str, pl.DataFrame],
    recipe: Recipe,
    temperatures: Mapping[str, float] | None = None,
) -> pl.DataFrame:
    """Join the predicted rows with the answers of each model; a row without an answer counts as unread.

    `temperatures` are those of the models that have one (see `temperature.py`).
    """
    task = recipe.task
    table = described(rows, recipe)
    if isinstance(task, Classification):
        labels = _labels(table["label"], predictions, task)
        for model, answers in predictions.items():
            table = table.join(_read_answers(answers, model, labels, task), on="row", how="left", maintain_order="left")
            judged = table.with_columns(*_judged(table, model, task)).with_columns(*_bounds(model))
            table = with_certainty(judged, model, labels, task, (temperatures or {}).get(model))
        return table.with_columns(*_compared()) if {"base", "tuned"} <= set(predictions) else table
    from audit.text_quality import text_table  # noqa: PLC0415  (its libraries are needed by instruction tasks alone)

    for model, answers in predictions.items():
        table = table.join(text_table(rows, answers, model, task), on="row", how="left", maintain_order="left")
    return table


def labels_of(predictions: pl.DataFrame, task: Classification) -> tuple[str, ...]:
    """Return the labels of a table of predictions: those of the task and the data, then what else predictions from there say."""
    known = known_labels(predictions["label"], task)
    columns = [f"{model}_answer" for model in get_args(Model) if f"{model}_answer" in predictions.columns]
    return with_answered(known, (answer for column in columns for answer in predictions[column].drop_nulls().unique()))


def _labels(labels: pl.Series, predictions: Mapping[str, pl.DataFrame], task: Classification) -> tuple[str, ...]:
    """Return what answers may name; where predictions came with the data and no labels are listed, each names one."""
    known = known_labels(labels, task)
    if not task.given or task.labels:
        return known
    return with_answered(
        known, (answer for answers in predictions.values() for answer in _written(answers).drop_nulls().unique())
    )


def _written(answers: pl.DataFrame) -> pl.Series:
    """Return the answers as texts; what is no number in a column of numbers is no answer."""
    answer = answers["answer"]
    return (answer.fill_nan(None) if answer.dtype.is_float() else answer).cast(pl.String).str.strip_chars()


def _read_answers(answers: pl.DataFrame, model: str, labels: tuple[str, ...], task: Classification) -> pl.DataFrame:
    written = _written(answers)
    # over the distinct answers, not over the rows
    read = {
        answer: read_answer(answer, labels, task.labels) for answer in written.drop_nulls().unique().sort().to_list()
    }
    given = [pl.col("score").cast(pl.Float64).alias(f"{model}_given_score")] if "score" in answers.columns else []
    scores = [
        pl.col(SCORE + label).cast(pl.Float64).alias(f"{model}_{SCORE}{label}")
        for label in labels
        if SCORE + label in answers.columns
    ]
    answer = written.replace_strict(read, default=None, return_dtype=pl.String).alias(f"{model}_answer")
    written_alone = "generated" in answers.columns
    alone = [
        pl.col("generated").is_not_null().alias(f"{model}_wrote"),
        pl.col("generated_answer").cast(pl.String).alias(f"{model}_wrote_answer"),
        *generation_columns(answers, "generated", model),
    ]
    return answers.select("row", answer, *scores, *given, *(alone if written_alone else []))


def _judged(table: pl.DataFrame, model: str, task: Classification) -> list[pl.Expr]:
    answer = pl.col(f"{model}_answer")
    wrote = pl.col(f"{model}_wrote_answer")
    alone = [
        wrote.is_not_null().alias(f"{model}_wrote_label"),
        (wrote == pl.col("label")).alias(f"{model}_wrote_correct"),
    ]
    positive = answer.is_in(list(task.positive)) if task.positive else pl.lit(None, dtype=pl.Boolean)
    return [
        answer.is_not_null().alias(f"{model}_answered"),
        positive.alias(f"{model}_positive"),
        (answer == pl.col("label")).alias(f"{model}_correct"),
        *(alone if f"{model}_wrote" in table.columns else []),
    ]


def _bounds(model: str) -> list[pl.Expr]:
    unread = ~pl.col(f"{model}_answered")
    judged = {name: pl.col(f"{model}_{name}") for name in ("correct", "positive")}
    judged["negative"] = ~judged["positive"]
    return [(column | unread).alias(f"{model}_{name}_or_unread") for name, column in judged.items()]


def _compared() -> list[pl.Expr]:
    base, tuned = pl.col("base_correct"), pl.col("tuned_correct")
    change = (
        pl.when(tuned & ~base)
        .then(pl.lit("better"))
        .when(base & ~tuned)
        .then(pl.lit("worse"))
        .when(base == tuned)
        .then(pl.lit("same"))
    )
    return [(pl.col("base_answered") & pl.col("tuned_answered")).alias("both_answered"), change.alias("change")]
