"""Two runs against each other: the answers of both models to the rows that both were asked about, as one table to audit."""

from pathlib import Path

import polars as pl

from curate.audit_settings import DATA_METRICS
from curate.errors import Mistake, UserError
from curate.files import read_parquet, write_parquet
from curate.groups import group_column
from curate.recipe import Recipe
from curate.recipe_file import load_finished
from curate.scores import probabilities
from curate.store import RunDirectory
from curate.table_recipe import table_recipe
from curate.task import Classification

SCORE = "score_"
LAST = ("tuned", "given", "base")
"""Whose answers stand for a run: the first of these that it has."""


def recipe_of_two(run: RunDirectory, other: RunDirectory, runs: Path) -> Recipe:
    """Write the table of two runs' answers beside the runs, and return the recipe that audits it: the other run's are the base.

    Rows are the same if their names are. Groups, metrics, confidence and the gates on models are those of the first run.
    """
    recipe, task = _classification(run)
    mine, theirs = _answers(run, recipe, task, "prediction"), _answers(other, *_classification(other), "baseline")
    both = mine.join(theirs.select("row_name", pl.col("label").alias("other_label"), pl.selectors.starts_with("baseline")),
                     on="row_name", how="inner", maintain_order="left")  # fmt: skip
    if both.is_empty():
        hint = (
            "two runs are compared on rows of the same names: give their sources the same names, and the same test rows"
        )
        raise UserError(Mistake(str(other.path), f"was asked about none of the rows of {run.path}", hint))
    differing = int((both["label"] != both["other_label"]).sum())
    if differing:
        what = f"has another label for {differing:,} of the {len(both):,} rows that both were asked about"
        raise UserError(Mistake(str(other.path), what, "compare runs of the same data"))
    path = runs / f"{run.path.name}-against-{other.path.name}.parquet"
    write_parquet(path, both.rename({"row_name": "row_of_run"}).drop("other_label"))
    scores = ("score", "baseline_score")
    scored = scores if set(scores) <= set(both.columns) else ()
    columns = {name: name for name in ("label", "prediction", "baseline", *scored)}
    gates = tuple(gate for gate in recipe.audit.gates if gate.metric not in DATA_METRICS and gate.of != "given")
    audit = recipe.audit.model_copy(update={"gates": gates, "reference": {}})
    return table_recipe(path.absolute(), columns, recipe.attributes, task.positive, audit)


def _classification(run: RunDirectory) -> tuple[Recipe, Classification]:
    run.check_phase("curate")
    recipe = load_finished(run.recipe)
    if not isinstance(recipe.task, Classification):
        raise UserError(
            Mistake(str(run.path), "is no run of a classification", "two runs of classifiers can be compared")
        )
    return recipe, recipe.task


def _answers(run: RunDirectory, recipe: Recipe, task: Classification, called: str) -> pl.DataFrame:
    """Return the rows that a run's model was asked about, with label, groups, its answers and, where it has them, scores."""
    model = next((model for model in LAST if run.predictions(model).is_file()), None)
    if model is None:
        raise UserError(Mistake(str(run.path), "has no predictions", f"run 'fairlead train {run.path}' first"))
    if recipe.train is not None:
        run.check_phase("predict")
    rows = read_parquet(run.data("test" if recipe.split is not None else "all"))
    groups = [pl.col(group_column(attribute)).alias(attribute) for attribute in recipe.attributes]
    answers = read_parquet(run.predictions(model)).with_columns(pl.col("answer").alias(called))
    score = "score" if called == "prediction" else "baseline_score"
    columns = {column.removeprefix(SCORE): column for column in answers.columns if column.startswith(SCORE)}
    if columns and task.positive:
        chances = probabilities(columns)
        positive = [chances[label] for label in task.positive if label in chances]
        answers = answers.with_columns(pl.sum_horizontal(positive, ignore_nulls=False).alias(score))
    elif "score" in answers.columns:
        answers = answers.with_columns(pl.col("score").alias(score))
    kept = [name for name in ("row", called, score) if name in answers.columns]
    named = rows.select("row", "row_name", pl.col(task.label).alias("label"), *groups)
    return named.join(answers.select(kept), on="row", how="inner", maintain_order="left").drop("row")
