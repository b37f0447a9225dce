"""Rows picked by equalities, the one language in which every measure says which rows it is of; and tables of distinct cells.

In a list column a value picks the rows whose list holds it. `not_<column>` picks the rows that are known not to have a value, so
that "the rest" is an equality too: a row whose groups are unknown is in no group's rest, and one without a label is in that of no
label.
"""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import polars as pl

from audit.results import Selection
from curate.groups import NONE_MENTIONED, UNKNOWN

Equals = Mapping[str, str | bool | int]
Patterns = tuple[tuple[tuple[str, ...], npt.NDArray[np.uint32]], ...]
NAMES = ("row", "row_name")
NOT = "not_"
COUNT = "rows"
"""The column of a table of cells that says how many rows are in each."""


def cells_of(table: pl.DataFrame) -> pl.DataFrame:
    """Return the distinct values of every column of words, of yes or no, and of groups, in a fixed order, with their rows."""
    shown = [
        column
        for column, kind in table.schema.items()
        if column not in NAMES and kind in (pl.Boolean, pl.String, pl.List(pl.String))
    ]
    if not shown:
        return pl.DataFrame({COUNT: [len(table)]})
    lists = [column for column in shown if isinstance(table.schema[column], pl.List)]
    found = table.group_by(shown).agg(pl.len().cast(pl.Int64).alias(COUNT))
    ordered = found.with_columns(pl.col(lists).list.sort()).group_by(shown).agg(pl.col(COUNT).sum())
    keys = [pl.col(column).list.join("\x1f") if column in lists else pl.col(column) for column in shown]
    return ordered.sort(*keys, nulls_last=True)


def patterns_of(table: pl.DataFrame, column: str) -> Patterns:
    """Return each list of groups in a column with the places of the rows that have it, in the order of the groups' names."""
    found = table.select(column).with_row_index("place").group_by(column).agg(pl.col("place").sort())
    ordered = found.sort(pl.col(column).list.join("\x1f"))
    places = (ordered["place"][number].to_numpy() for number in range(len(ordered)))
    return tuple(zip(map(tuple, ordered[column].to_list()), places, strict=True))


def select(table: pl.DataFrame, equals: Equals) -> pl.DataFrame:
    """Return the rows that satisfy every equality; in a list column, those whose list holds the value."""
    return table.filter(holds(table, equals))


def holds(table: pl.DataFrame, equals: Equals) -> pl.Expr:
    """Return an expression that is true where every equality holds, and never null."""
    conditions = [_equality(table, column, value) for column, value in equals.items()]
    return (
        pl.all_horizontal(condition.fill_null(value=False) for condition in conditions)
        if conditions
        else pl.lit(value=True)
    )


def picks(table: pl.DataFrame, selection: Selection) -> pl.Expr:
    """Return an expression that is true of the rows that a selection picks, and never null."""
    every = holds(table, selection.equals)
    if not selection.either:
        return every
    return every & pl.any_horizontal(holds(table, equals) for equals in selection.either)


def _equality(table: pl.DataFrame, column: str, value: str | bool | int) -> pl.Expr:
    if column not in table.schema and column.startswith(NOT):
        known = column.removeprefix(NOT)
        if not isinstance(table.schema[known], pl.List):
            return pl.col(known) != value
        outside = ~pl.col(known).list.contains(value)
        return outside if value == UNKNOWN else outside & ~pl.col(known).list.contains(UNKNOWN)
    listed = isinstance(table.schema[column], pl.List)
    return pl.col(column).list.contains(value) if listed else pl.col(column) == value


def groups_in(table: pl.DataFrame, column: str) -> tuple[str, ...]:
    """Return the groups in a list column: by name, `none mentioned` and `unknown` last."""
    last = (NONE_MENTIONED, UNKNOWN)
    found = table[column].explode(empty_as_null=False).drop_nulls().unique().to_list()
    return tuple(sorted(found, key=lambda group: (last.index(group) + 1 if group in last else 0, group)))
