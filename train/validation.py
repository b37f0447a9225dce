"""How well a classifier does on the validation rows while it learns: accuracy, macro-F1, and the group that fares worst."""

from collections.abc import Callable

import numpy as np
import polars as pl
from polars.dataframe.group_by import GroupBy

from curate.groups import NONE_MENTIONED, UNKNOWN, group_column
from curate.recipe import Recipe
from curate.task import Classification
from train.models import LoadedModel
from train.prompts import label_words, prompts
from train.scoring import score_labels
from train.settings import settings_of

Judge = Callable[[LoadedModel], dict[str, float]]


def judge_of(recipe: Recipe, rows: pl.DataFrame) -> Judge | None:
    """Return what scores a model on validation rows; None where there are none, or where the task has no labels."""
    task = recipe.task
    if not isinstance(task, Classification) or rows.is_empty():
        return None
    settings, words = settings_of(recipe), label_words(task)
    labels, asked = list(words), prompts(rows, task)
    truth = rows[task.label].cast(pl.String).to_numpy()

    def judge(loaded: LoadedModel) -> dict[str, float]:
        scores = score_labels(
            loaded, asked, list(words.values()),
            maximum=settings.max_length, tokens=settings.prediction_tokens, tick=lambda _done: None,
        )  # fmt: skip
        answers = np.array(labels)[scores.argmax(axis=1)]
        right = pl.Series("right", truth == answers)
        worst = worst_group_accuracy(rows, right, recipe)
        known = {} if worst is None else {"worst_group_accuracy": worst}
        return {"accuracy": float(np.mean(truth == answers)), "macro_f1": macro_f1(truth, answers), **known}

    return judge


def macro_f1(truth: np.ndarray, answers: np.ndarray) -> float:
    """Return the mean F1 over the labels that stand in the truth or in the answers (arrays of texts of one length)."""
    from sklearn.metrics import f1_score

    return float(f1_score(truth, answers, average="macro", zero_division=0.0))


def worst_group_accuracy(rows: pl.DataFrame, right: pl.Series, recipe: Recipe) -> float | None:
    """Return the lowest accuracy of a group with `audit.minimum_group_size` rows or more; None where no group has so many.

    Rows of an unknown group, and those that mention none, are nobody's, here as in the audit's gaps.
    """
    lowest, minimum = [], recipe.audit.minimum_group_size
    for attribute in recipe.groups:
        groups = known_groups(rows.with_columns(right), attribute).agg(pl.len().alias("rows"), pl.col("right").mean())
        lowest += groups.filter(pl.col("rows") >= minimum)["right"].to_list()
    return min(lowest, default=None)


def group_sizes(rows: pl.DataFrame, recipe: Recipe) -> dict[str, int]:
    """Return how many rows each known group (named `sex: f` and the like) has, as `worst_group_accuracy` counts them."""
    sizes = dict[str, int]()
    for attribute in recipe.groups:
        counted = known_groups(rows, attribute).agg(pl.len().alias("rows")).sort("group")
        sizes |= {f"{attribute}: {group}": count for group, count in counted.iter_rows()}
    return sizes


def known_groups(rows: pl.DataFrame, attribute: str) -> GroupBy:
    """Return the rows grouped by the groups of an attribute that they belong to, those of nobody left out."""
    every = rows.with_columns(pl.col(group_column(attribute)).alias("group")).explode("group")
    return every.filter(~pl.col("group").is_in([UNKNOWN, NONE_MENTIONED])).group_by("group")
