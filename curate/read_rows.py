"""Rows as read, in the form in which a run shows them: the parts that the first stage writes are its `data/source`."""

from typing import TypeVar

import polars as pl

from curate import rows as row_numbers

Frame = TypeVar("Frame", pl.DataFrame, pl.LazyFrame)

_NAMES = ("row_name", "source")


def shown(rows: pl.DataFrame, sources: tuple[str, ...]) -> pl.DataFrame:
    """Return rows as a run shows them: with their printed name and the name of their source; none was made from another."""
    row = pl.col("row")
    names = (row_numbers.names(row, sources).alias("row_name"), row_numbers.source_names(row, sources).alias("source"))
    return rows.select("row", *names, pl.exclude("row", "parent"))


def worked_on(rows: Frame) -> Frame:
    """Return shown rows as the stages work on them."""
    return rows.select("row", pl.lit(None, dtype=pl.Int64).alias("parent"), pl.exclude("row", *_NAMES))
