"""The recipe of an audit alone: a table of labels and predictions that somebody else's model made."""

import re
from collections.abc import Mapping, Sequence
from itertools import combinations
from pathlib import Path

import polars as pl
from pydantic import ValidationError

from curate.audit_settings import Audit
from curate.errors import Mistake, UserError, shortened
from curate.files import scan_parquet
from curate.questions.quarantined import quarantine_reasons
from curate.recipe import Recipe
from curate.recipe_misfits import misfits
from curate.store import RunDirectory
from curate.task import Classification

MOST_CROSSED = 3
"""Up to so many attributes all pairs of them are crossed; of more, a recipe says which."""
MOST_LABELS = 20
"""Up to so many labels are told; a column of more looks like something else."""
OF_THEIR_OWN = {
    "prediction": ("label",),
    "baseline": ("label", "prediction"),
    "score": ("label", "prediction", "baseline"),
    "baseline_score": ("label", "prediction", "baseline"),
}
"""Whose columns the column of an option must not be."""
NO_LABEL = "missing_label"
"""Why a row without a label is in quarantine."""


def table_recipe(
    table: Path,
    columns: Mapping[str, str | None] | Mapping[str, str],
    groups: Sequence[str],
    positive: Sequence[str],
    audit: Audit | None = None,
    *,
    origin: str | None = None,
    separator: str | None = None,
) -> Recipe:
    """Return the recipe that audits a table by its columns. Raises `UserError` for names that no recipe can hold.

    `columns` are those of the task: `label`, `prediction`, and of `score`, `baseline` and `baseline_score` what there is.
    `origin` says where the table is from, `separator` what stands between two fields of a csv.
    """
    attributes = {re.sub(r"\W+", "_", column).strip("_") or "group": column for column in groups}
    if len(attributes) < len(groups):
        raise UserError(Mistake("--groups", "names a column twice", "name each column once"))
    crossed = list(combinations(attributes, 2)) if len(attributes) <= MOST_CROSSED else []
    content = {
        "version": 1,
        "name": re.sub(r"[^a-z0-9_-]+", "-", table.stem.lower()).strip("-_")[:64] or "table",
        "sources": [{"path": str(table), "origin": origin, "separator": separator}],
        "task": {"kind": "classification", "positive": list(positive), **columns},
        "groups": {attribute: {"column": column} for attribute, column in attributes.items()},
        "audit": {"crossings": crossed} if audit is None else audit.model_dump(),
    }
    option = "--table" if audit is None else "--against"
    try:
        recipe = Recipe.model_validate(content)
    except ValidationError as error:
        said = [found["msg"].removeprefix("Value error, ") for found in error.errors()]
        raise UserError([Mistake(option, what, "see fairlead audit --help") for what in said]) from error
    found = [misfit.partition("|")[2] for misfit in misfits(recipe)]
    if found:
        raise UserError([Mistake(option, what, "see fairlead audit --help") for what in found])
    return recipe


def check_columns(columns: Mapping[str, str | None], groups: Sequence[str]) -> None:
    """Raise `UserError` for an option that names the column of another one, where that would be compared with itself.

    Two scores may be one column: predictions at two thresholds of the same score.
    """
    mistakes = [
        Mistake(_option(name), f"names {columns[name]}, the column of {_option(other)} too", "name a column of its own")
        for name, others in OF_THEIR_OWN.items()
        for other in others
        if columns[name] is not None and columns[name] == columns[other]
    ]
    answers = {columns[name]: _option(name) for name in ("baseline", "prediction", "label")}
    hint = "name what a row is about"
    mistakes += [
        Mistake("--groups", f"names {column}, the column of {answers[column]} too", hint)
        for column in groups
        if column in answers
    ]
    if mistakes:
        raise UserError(mistakes)


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def check_labels(run: RunDirectory, recipe: Recipe) -> None:
    """Raise `UserError` if no row of the table has a label, or a positive label is one that no row has."""
    task = recipe.task
    assert isinstance(task, Classification)
    labels = scan_parquet(run.data("all")).select(pl.col(task.label).unique().sort()).collect().to_series().to_list()
    if not labels:
        raise UserError(_without_rows(run, task.label))
    unknown = [label for label in task.positive if label not in labels]
    if unknown:
        what = f"names {', '.join(map(repr, unknown))}, which no row has in {task.label}"
        raise UserError(Mistake("--positive", what, _told_labels(task.label, labels)))


def _without_rows(run: RunDirectory, label: str) -> Mistake:
    """Say why no row of a table can be audited: it has none, or none has a label, or none could be read."""
    reasons = quarantine_reasons(run)
    if not reasons:
        return Mistake("--table", "the table has no rows", "name a file with a row for each prediction")
    rows = sum(reason.rows for reason in reasons)
    if [reason.reason for reason in reasons] == [NO_LABEL]:
        return Mistake(
            "--label", f"none of the table's {rows:,} rows has a label in {label}", "name the column of the truth"
        )
    first = reasons[0]
    return Mistake("--table", f"none of the table's {rows:,} rows can be audited", f"{first.example}: {first.detail}")


def _told_labels(column: str, labels: Sequence[str]) -> str:
    """Say which labels there are; of many how many, and whether they look like numbers of another kind."""
    if len(labels) <= MOST_LABELS:
        return f"its labels are {', '.join(map(repr, labels))}; say which of them count as selected"
    few = [shortened(label, 100) for label in labels[:3]]
    told = f"{column} has {len(labels):,} different values, such as {', '.join(few)}"
    is_number = pl.Series(labels).cast(pl.Float64, strict=False).is_not_null().all()
    return f"{told}; " + ("it looks like a score, not a label" if is_number else "name the column of labels in --label")
