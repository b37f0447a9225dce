"""Rows made to fit the task: texts, labels, turns and numbers of the types that it needs; what does not fit goes to quarantine."""

from collections.abc import Sequence

import polars as pl

from curate.errors import UserError
from curate.groups import BinGroup, ColumnGroup
from curate.readers.expected import Expected
from curate.readers.rejects import INDEX, Rejects, missing_column, reject_where
from curate.recipe import Recipe, needed_columns
from curate.shown import shown
from curate.source_settings import FileSource, Source
from curate.task import Chat, Classification, Instruction


def fit_task(rows: pl.DataFrame, recipe: Recipe, source: Source, rejects: Rejects) -> pl.DataFrame:
    """Bring the task's columns to the types that the task needs."""
    known = [name for name in rows.columns if name != INDEX]
    where = source.path if isinstance(source, FileSource) else source.demo
    missing = [missing_column(where, column, known) for column in needed_columns(recipe) if column not in known]
    if missing:
        raise UserError(missing)
    task = recipe.task
    if isinstance(task, Classification):
        rows = _fit_labels(_fit_texts(rows, task.text_columns, rejects, may_be_null=()), task, rejects)
    elif isinstance(task, Instruction):
        optional = tuple(column for column in task.text_columns if column != task.completion)
        rows = _fit_texts(rows, task.text_columns, rejects, may_be_null=optional)
    else:
        rows = _fit_turns(rows, task, rejects)
    for group in recipe.groups.values():
        if isinstance(group, BinGroup):
            rows = _fit_number(rows, group.column, rejects)
    return rows


def expected_columns(recipe: Recipe) -> dict[str, Expected]:
    """Return what the task and the groups expect of their columns, for the readers of formats whose values have types."""
    texts: Expected = "turns" if isinstance(recipe.task, Chat) else "text"
    groups = (group.column for group in recipe.groups.values() if isinstance(group, ColumnGroup))
    return {**dict.fromkeys(groups, "groups"), **dict.fromkeys(recipe.task.text_columns, texts)}


def _fit_texts(
    rows: pl.DataFrame, columns: Sequence[str], rejects: Rejects, may_be_null: Sequence[str]
) -> pl.DataFrame:
    for column in columns:
        kind = rows.schema[column]
        if kind == pl.Null:
            rows = rows.with_columns(pl.col(column).cast(pl.String))
        elif kind != pl.String:
            detail = pl.lit(f"{column}: {kind} where text was expected")
            rows = reject_where(rows, pl.col(column).is_not_null(), "wrong_type", detail, rejects).with_columns(
                pl.lit(None, dtype=pl.String).alias(column)
            )
        if column in may_be_null:
            rows = rows.with_columns(pl.col(column).fill_null(""))
        else:
            rows = reject_where(rows, pl.col(column).is_null(), "missing_text", pl.lit(f"{column}: no text"), rejects)
    return rows


def _fit_labels(rows: pl.DataFrame, task: Classification, rejects: Rejects) -> pl.DataFrame:
    for column in (task.label, *((task.prediction,) if task.prediction else ())):
        if rows.schema[column].is_nested():
            detail = pl.lit(f"{column}: {rows.schema[column]} where one value was expected")
            rows = reject_where(rows, pl.lit(value=True), "wrong_type", detail, rejects).with_columns(
                pl.lit(None, dtype=pl.String).alias(column)
            )
        text = shown(pl.col(column), rows.schema[column])
        rows = rows.with_columns(text.str.strip_chars().replace("", None).alias(column))
    rows = reject_where(rows, pl.col(task.label).is_null(), "missing_label", pl.lit(f"{task.label}: no label"), rejects)
    if task.labels:
        detail = pl.concat_str(
            pl.lit(f"{task.label}: '"), task.label, pl.lit(f"' is not one of {', '.join(task.labels)}")
        )
        rows = reject_where(rows, ~pl.col(task.label).is_in(list(task.labels)), "unknown_label", detail, rejects)
    return rows


def _fit_turns(rows: pl.DataFrame, task: Chat, rejects: Rejects) -> pl.DataFrame:
    kind = rows.schema[task.messages]
    turn = pl.List(pl.Struct({"role": pl.String, "content": pl.String}))
    fits = (
        isinstance(kind, pl.List)
        and isinstance(kind.inner, pl.Struct)
        and {"role", "content"} <= {field.name for field in kind.inner.fields}
    )
    if not fits:
        detail = pl.lit(f"{task.messages}: {kind} where a list of {{role, content}} was expected")
        return reject_where(rows, pl.lit(value=True), "wrong_type", detail, rejects).with_columns(
            pl.lit(None, dtype=turn).alias(task.messages)
        )
    rows = rows.with_columns(
        pl.col(task.messages)
        .list.eval(pl.struct(pl.element().struct.field("role"), pl.element().struct.field("content")))
        .cast(turn)
    )
    blank = pl.element().struct.field("content").is_null() | pl.element().struct.field("role").is_null()
    holes = (
        pl.col(task.messages).is_null()
        | (pl.col(task.messages).list.len() == 0)
        | pl.col(task.messages).list.eval(blank).list.any()
    )
    return reject_where(
        rows, holes, "missing_text", pl.lit(f"{task.messages}: no turns, or a turn without role or content"), rejects
    )


def _fit_number(rows: pl.DataFrame, column: str, rejects: Rejects) -> pl.DataFrame:
    if rows.schema[column].is_numeric():
        return rows
    text = shown(pl.col(column), rows.schema[column]).str.strip_chars().replace("", None)
    bad = text.is_not_null() & text.cast(pl.Float64, strict=False).is_null()
    good = reject_where(rows, bad, "wrong_type", pl.concat_str(pl.lit(f"{column}: not a number: "), text), rejects)
    return good.with_columns(text.cast(pl.Float64, strict=False).alias(column))
