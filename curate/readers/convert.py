"""Columns renamed and brought to declared types; a value that does not fit sends its row to the quarantine."""

from pathlib import Path

import polars as pl

from curate.errors import Mistake, UserError
from curate.readers.rejects import INDEX, Rejects, missing_column, reject_where
from curate.shown import shown
from curate.source_settings import ColumnType, FileSource

WHOLE_NUMBER = r"^\s*[+-]?\d+(\.0*)?\s*$"
TRUTH = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def rename(rows: pl.DataFrame, source: FileSource, path: Path) -> pl.DataFrame:
    """Rename columns as the source says. Raises `UserError` for a column that is not there or a name that is taken."""
    if not isinstance(source.columns, dict) or not source.columns:
        return rows
    known = [name for name in rows.columns if name != INDEX]
    missing = [old for old in source.columns.values() if old not in known]
    if missing:
        raise UserError([missing_column(path, old, known) for old in missing])
    taken = [
        new for new, old in source.columns.items() if new in known and new not in source.columns.values() and new != old
    ]
    if taken:
        raise UserError(
            [
                Mistake(str(path), f"columns: '{new}' is already a column of the file", "choose another name")
                for new in taken
            ]
        )
    return rows.rename({old: new for new, old in source.columns.items()})


def hold_constants(rows: pl.DataFrame, source: FileSource) -> pl.DataFrame:
    """Add the columns that hold one value for the whole file; they take the place of the file's own."""
    return rows.with_columns(pl.lit(value, dtype=pl.String).alias(name) for name, value in source.constants.items())


def convert(rows: pl.DataFrame, column: str, kind: ColumnType, path: Path, rejects: Rejects) -> pl.DataFrame:
    """Convert a column; a filled value that is not of the type sends its row to the quarantine, an empty one is null."""
    known = [name for name in rows.columns if name != INDEX]
    if column not in known:
        raise UserError(missing_column(path, column, known))
    value = shown(pl.col(column), rows.schema[column])
    text = value.str.strip_chars()
    filled = text.is_not_null() & (text != "")
    if kind == "text":
        return rows.with_columns(value.alias(column))
    if kind == "boolean":
        converted = text.str.to_lowercase().replace_strict(
            list(TRUTH), list(TRUTH.values()), default=None, return_dtype=pl.Boolean
        )
    elif kind == "integer":
        converted = (
            pl.when(text.str.contains(WHOLE_NUMBER))
            .then(text.str.replace(r"\.0*\s*$", ""))
            .str.replace(r"^\+", "")
            .cast(pl.Int64, strict=False)
        )
    else:
        converted = text.cast(pl.Float64, strict=False)
    marked = rows.with_columns(converted.alias("__converted"))
    good = reject_where(
        marked,
        filled & pl.col("__converted").is_null(),
        "wrong_type",
        pl.concat_str(pl.lit(f"{column}: not of type {kind}: "), text),
        rejects,
    )
    return good.with_columns(pl.col("__converted").alias(column)).drop("__converted")
