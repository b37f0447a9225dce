"""Two runs against each other: the answers of both models to the rows that both were asked about, as one table to audit."""

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from curate.audit_settings import DATA_METRICS, FORGETTING_METRICS, Audit, Gate
from curate.errors import Mistake, UserError
from curate.files import read_parquet, write_parquet
from curate.groups import group_column
from curate.labels import known_labels, read_answer
from curate.recipe import Recipe, file_sources
from curate.recipe_file import load_finished
from curate.scores import probabilities
from curate.store import RunDirectory
from curate.table_recipe import table_recipe
from curate.task import Classification

SCORE = "score_"
LAST = ("tuned", "given", "base")
"""Whose answers stand for a run: the first of these that it has."""
TWO_RUNS = "The answers of two runs: "
"""How the stated origin of such a table begins."""
OF_RUN = (None, "tuned", "given")
"""Whose numbers the gates are about that two runs can keep: those of the run's own answers."""


def recipe_of_two(run: RunDirectory, other: RunDirectory, runs: Path) -> Recipe:
    """Write the table of two runs' answers beside the runs, and return the recipe that audits it: the other run's are the baseline.

    Rows are the same if their names are. Groups, metrics, confidence and the gates on its answers are those of the first run.
    The origin of the table says what was compared and what was left out.
    """
    recipe, task = _classification(run)
    mine, theirs = _answers(run, recipe, task, "prediction"), _answers(other, *_classification(other), "baseline")
    both = _joined(run, mine, other, theirs)
    path = runs / f"{run.path.name}-against-{other.path.name}.parquet"
    write_parquet(path, both.rename({"row_name": "row_of_run"}))
    scores = ("score", "baseline_score")
    scored = scores if set(scores) <= set(both.columns) else ()
    columns = {name: name for name in ("label", "prediction", "baseline", *scored)}
    alone = [(each.path.name, answers.height - both.height) for each, answers in ((run, mine), (other, theirs))]
    told = (
        f"{TWO_RUNS}{run.path.name} against {other.path.name}, on the {_rows(both.height)} that both were asked about.",
        *(f"Left out: {_rows(count)} that {name} alone was asked about." for name, count in alone if count),
        *_left_out(recipe.audit),
    )
    gates = _kept(recipe.audit.gates)
    audit = recipe.audit.model_copy(
        update={"gates": gates, "reference": {}, "probes": (), "outside": (), "forgetting": None}
    )
    return table_recipe(path.absolute(), columns, recipe.attributes, task.positive, audit, origin=" ".join(told))


def told_of_two(recipe: Recipe) -> str | None:
    """Return what was compared and what was left out, if a recipe is of two runs' answers."""
    origins = (source.origin or "" for _place, source in file_sources(recipe))
    return next((origin for origin in origins if origin.startswith(TWO_RUNS)), None)


def _rows(count: int) -> str:
    return f"{count:,} {'row' if count == 1 else 'rows'}"


def _joined(run: RunDirectory, mine: pl.DataFrame, other: RunDirectory, theirs: pl.DataFrame) -> pl.DataFrame:
    """Return the rows that both runs were asked about. Raises `UserError` where there are none, or their labels differ."""
    theirs = theirs.select("row_name", pl.col("label").alias("other_label"), pl.selectors.starts_with("baseline"))
    both = mine.join(theirs, on="row_name", how="inner", maintain_order="left")
    if both.is_empty():
        hint = (
            "two runs are compared on rows of the same names: give their sources the same names, and the same test rows"
        )
        raise UserError(Mistake(str(other.path), f"was asked about none of the rows of {run.path}", hint))
    differing = int(both["label"].ne_missing(both["other_label"]).sum())
    if differing:
        what = f"has another label for {differing:,} of the {len(both):,} rows that both were asked about"
        raise UserError(Mistake(str(other.path), what, "compare runs of the same data"))
    return both.drop("other_label")


def _is_of_run(gate: Gate) -> bool:
    return gate.metric not in (*DATA_METRICS, *FORGETTING_METRICS) and gate.of in OF_RUN


def _kept(gates: Sequence[Gate]) -> tuple[Gate, ...]:
    """Return the gates on the run's own answers; the run's change from its own base is another one than that from the other run."""
    return tuple(gate.model_copy(update={"of": "tuned"}) for gate in gates if _is_of_run(gate))


def _left_out(audit: Audit) -> list[str]:
    """Say which parts of the first run's audit ask nothing of two runs' answers."""
    gates = [f"{gate.metric}{f' of {gate.of}' if gate.of else ''}" for gate in audit.gates if not _is_of_run(gate)]
    parts = {
        "probes": [probe.name for probe in audit.probes],
        "files from elsewhere": [file.name for file in audit.outside],
        "gates on the data, on a base or on what tuning changed": gates,
        "reference shares": list(audit.reference),
    }
    return [f"Left out of the audit: {what} ({', '.join(names)})." for what, names in parts.items() if names]


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
    named = rows.select("row", "row_name", pl.col(task.label).alias("label"), *groups)
    answers = read_parquet(run.predictions(model))
    score = "score" if called == "prediction" else "baseline_score"
    read = answers.with_columns(
        _read(answers["answer"], named["label"], task).alias(called), *_score(answers, task, score)
    )
    kept = [name for name in ("row", called, score) if name in read.columns]
    return named.join(read.select(kept), on="row", how="inner", maintain_order="left").drop("row")


def _read(answers: pl.Series, labels: pl.Series, task: Classification) -> pl.Series:
    """Return the labels that a run's answers name, by its own list of them; what names none stays unread, and so null."""
    if not task.labels:
        return answers
    known, written = known_labels(labels, task), answers.cast(pl.String).str.strip_chars()
    read = {answer: read_answer(answer, known, task.labels) for answer in written.drop_nulls().unique()}
    return written.replace_strict(read, default=None, return_dtype=pl.String)


def _score(answers: pl.DataFrame, task: Classification, called: str) -> list[pl.Expr]:
    """Return how sure a run's model was of a positive label, if it told."""
    columns = {column.removeprefix(SCORE): column for column in answers.columns if column.startswith(SCORE)}
    if columns and task.positive:
        chances = probabilities(columns)
        positive = [chances[label] for label in task.positive if label in chances]
        return [pl.sum_horizontal(positive, ignore_nulls=False).alias(called)]
    return [pl.col("score").alias(called)] if "score" in answers.columns else []
