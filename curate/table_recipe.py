"""The recipe of an audit alone: a table of labels and predictions that somebody else's model made."""

import re
from collections.abc import Mapping, Sequence
from itertools import combinations
from pathlib import Path

import polars as pl
from pydantic import ValidationError

from curate.audit_settings import Audit
from curate.errors import Mistake, UserError
from curate.files import scan_parquet
from curate.recipe import Recipe
from curate.recipe_misfits import misfits
from curate.store import RunDirectory
from curate.task import Classification

MOST_CROSSED = 3
"""Up to so many attributes all pairs of them are crossed; of more, a recipe says which."""


def table_recipe(
    table: Path,
    columns: Mapping[str, str | None] | Mapping[str, str],
    groups: Sequence[str],
    positive: Sequence[str],
    audit: Audit | None = None,
    *,
    origin: str | None = None,
) -> Recipe:
    """Return the recipe that audits a table by its columns. Raises `UserError` for names that no recipe can hold.

    `columns` are those of the task: `label`, `prediction`, and of `score`, `baseline` and `baseline_score` what there is.
    `origin` says where the table is from.
    """
    attributes = {re.sub(r"\W+", "_", column).strip("_") or "group": column for column in groups}
    if len(attributes) < len(groups):
        raise UserError(Mistake("--groups", "names a column twice", "name each column once"))
    crossed = list(combinations(attributes, 2)) if len(attributes) <= MOST_CROSSED else []
    content = {
        "version": 1,
        "name": re.sub(r"[^a-z0-9_-]+", "-", table.stem.lower()).strip("-_")[:64] or "table",
        "sources": [{"path": str(table), "origin": origin}],
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


def check_positive(run: RunDirectory, recipe: Recipe) -> None:
    """Raise `UserError` if a positive label is one that no row of the table has."""
    task = recipe.task
    assert isinstance(task, Classification)
    labels = scan_parquet(run.data("all")).select(pl.col(task.label).unique().sort()).collect().to_series().to_list()
    unknown = [label for label in task.positive if label not in labels]
    if unknown:
        hint = f"its labels are {', '.join(map(repr, labels))}; say which of them count as selected"
        raise UserError(
            Mistake("--positive", f"names {', '.join(map(repr, unknown))}, which no row has in {task.label}", hint)
        )
