"""The evidence table `predictions`: every predicted row with the truth and each model's answer beside it.

For a classification each model has `<model>_answer` (null if it could not be read), `_answered`, `_positive`, `_correct`, and
where it gave scores more columns (see `audit/certainty.py`); where it wrote text by itself `_wrote`,
`_wrote_label` and `_wrote_correct`. For an instruction see `audit/text_quality.py`. With base and tuned also `both_answered` and
`change`: better, worse or same. `_correct_or_unread`, `_positive_or_unread` and `_negative_or_unread` count unread answers
as hits.
"""

from collections.abc import Mapping

import polars as pl

from audit.attributes import with_crossings
from audit.certainty import with_certainty
from audit.evidence import described
from audit.selecting import NAMES
from curate.recipe import Recipe
from curate.task import Classification

SCORE = "score_"


def prediction_table(rows: pl.DataFrame, predictions: Mapping[str, pl.DataFrame], recipe: Recipe) -> pl.DataFrame:
    """Join the predicted rows with the answers of each model; a row without an answer counts as unread."""
    task = recipe.task
    table = with_crossings(rows, recipe).select(*NAMES, *described(recipe))
    if isinstance(task, Classification):
        labels = known_labels(table["label"], task)
        for model, answers in predictions.items():
            table = table.join(_read_answers(answers, model, labels, task), on="row", how="left", maintain_order="left")
            judged = table.with_columns(*_judged(table, model, task)).with_columns(*_bounds(model))
            table = with_certainty(judged, model, labels, task)
        return table.with_columns(*_compared()) if {"base", "tuned"} <= set(predictions) else table
    from audit.text_quality import text_table  # noqa: PLC0415  (its libraries are needed by instruction tasks alone)

    for model, answers in predictions.items():
        table = table.join(text_table(rows, answers, model, task), on="row", how="left", maintain_order="left")
    return table


def known_labels(labels: pl.Series, task: Classification) -> tuple[str, ...]:
    """Return the labels: those that the task lists, then any others in the data."""
    found = labels.drop_nulls().unique().sort().to_list()
    return tuple(dict.fromkeys((*task.labels, *found, *task.positive)))


def read_answer(answer: str, labels: tuple[str, ...], words: Mapping[str, str]) -> str | None:
    """Return the label that an answer names: itself, its word, or the same number written otherwise (`1.0` for `1`)."""
    if answer in labels:
        return answer
    by_word = {word: label for label, word in words.items()}
    if answer in by_word:
        return by_word[answer]
    number = _number(answer)
    return next((label for label in labels if number is not None and _number(label) == number), None)


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _read_answers(answers: pl.DataFrame, model: str, labels: tuple[str, ...], task: Classification) -> pl.DataFrame:
    written = answers["answer"].cast(pl.String).str.strip_chars()
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
