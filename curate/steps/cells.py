"""Cells: the values by which steps count rows (columns, attributes of groups, or the source)."""

from collections.abc import Mapping, Sequence

import polars as pl

from curate.groups import group_column
from curate.rows import source_names
from curate.shown import shown

SOURCE = "source"
SEPARATOR = "\x1f"
"""Between the values of a cell, so that ("a b", "c") and ("a", "b c") are two cells."""


def cell(by: Sequence[str], schema: Mapping[str, pl.DataType], sources: Sequence[str]) -> pl.Expr:
    """Return the cell of each row as text: its value of every name in `by`.

    A name is `source`, an attribute of groups or a column, looked up in this order. Overlapping groups make a cell of
    their own (`lgbtq+women`), so that the cells are a partition; a missing value is the empty text. Without `by` all
    rows are in one cell.
    """
    if not by:
        return pl.lit("")
    values = [_value(name, schema, sources).fill_null("") for name in by]
    return pl.concat_str(values, separator=SEPARATOR)


def _value(name: str, schema: Mapping[str, pl.DataType], sources: Sequence[str]) -> pl.Expr:
    if name == SOURCE:
        return source_names(pl.col("row"), sources)
    column = group_column(name) if group_column(name) in schema else name
    return shown(pl.col(column), schema[column])


def said(cells: pl.Expr) -> pl.Expr:
    """Return cells as people read them: their values with a comma between."""
    return cells.str.replace_all(SEPARATOR, ", ", literal=True)
