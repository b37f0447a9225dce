"""Whether a run's groups are few enough to be compared: an author or a postal code is no group that a reviewer can read of."""

from collections.abc import Iterator

import polars as pl

from curate.audit_settings import crossing_name
from curate.errors import Mistake, UserError
from curate.files import scan_parquet
from curate.groups import NONE_MENTIONED, UNKNOWN, group_column
from curate.recipe import Recipe
from curate.store import RunDirectory

MOST_GROUPS = 300
"""So many groups an attribute, or a crossing, may have. Ours: 300 make some ten thousand numbers, and an audit of minutes."""


def check_number_of_groups(run: RunDirectory, recipe: Recipe) -> None:
    """Raise `UserError` for every attribute and crossing that has more groups than an audit compares."""
    found = list(_too_many(run, recipe))
    if found:
        raise UserError(found)


def _too_many(run: RunDirectory, recipe: Recipe) -> Iterator[Mistake]:
    large = set()
    for attribute in recipe.attributes:
        groups = _groups(run, (attribute,))
        if groups > MOST_GROUPS:
            large.add(attribute)
            hint = "name a coarser column; for a number, give it 'bins: [25, 45]'; or leave it out"
            yield Mistake(f"groups.{attribute}", _said(groups), hint)
    for crossing in recipe.audit.crossings:
        groups = 0 if large & set(crossing) else _groups(run, crossing)
        if groups > MOST_GROUPS:
            hint = "make the groups of one of the two coarser, or name the crossings that you need in a recipe: audit.crossings"
            yield Mistake(f"the crossing {crossing_name(crossing)}", _said(groups), hint)


def _said(groups: int) -> str:
    return f"has {groups:,} groups; an audit compares at most {MOST_GROUPS}"


def _groups(run: RunDirectory, attributes: tuple[str, ...]) -> int:
    """Return how many groups the rows that were read have, of one attribute or of two at once."""
    columns = [group_column(attribute) for attribute in attributes]
    rows = scan_parquet(run.source).select(columns).unique()
    for column in columns:
        rows = rows.explode(column).filter(~pl.col(column).is_in([UNKNOWN, NONE_MENTIONED]))
    return int(rows.unique().select(pl.len()).collect().item())
