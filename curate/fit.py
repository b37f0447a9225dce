"""Rows made to fit the task: texts, labels, turns and numbers of the types that it needs; what does not fit goes to quarantine."""

from collections.abc import Iterable, Mapping, Sequence

import polars as pl

from curate.errors import Mistake, UserError
from curate.groups import BinGroup, ColumnGroup, group_column
from curate.readers.expected import Expected
from curate.readers.rejects import OURS, Rejects, missing_column, reject_where
from curate.recipe import Recipe, named_columns
from curate.shown import shown
from curate.source_settings import FileSource, Source
from curate.sources.conversations import to_exchange, to_turns, without_read
from curate.sources.shapes import NEEDED, TEXTS, Taken, made_columns
from curate.task import Chat, Classification, Instruction

RESERVED = ("row", "row_name", "source", "parent", "side", "row_weight")
_ANSWERS = ("output", "completion")
"""The columns of known shapes that must hold a text; a question's may be null, which is the empty text."""


def fit_task(
    rows: pl.DataFrame, recipe: Recipe, source: Source, rejects: Rejects, *, taken: Taken | None, left_out: set[str]
) -> pl.DataFrame:
    """Bring the task's columns to the types that the task needs.

    `taken` is what the source was taken for; `left_out` learns which keys of turns are not kept.
    """
    known = [name for name in rows.columns if not name.startswith(OURS)]
    where = where_of(source)
    mistakes = [*missing_columns(recipe, where, known, taken), *columns_of_ours(recipe, where, known)]
    if mistakes:
        raise UserError(mistakes)
    task = recipe.task
    if isinstance(task, Classification):
        rows = _fit_labels(_fit_texts(rows, task.text_columns, rejects, may_be_null=()), task, rejects)
        for score in (score for _answer, score in task.given.values() if score is not None):
            rows = _fit_number(rows, score, rejects)
    elif taken is not None:
        rows = _fit_conversation(rows, task, taken, rejects, left_out)
    else:
        assert isinstance(task, Instruction)
        optional = tuple(column for column in task.text_columns if column != task.completion)
        rows = _fit_texts(rows, task.text_columns, rejects, may_be_null=optional)
    for group in recipe.groups.values():
        if isinstance(group, BinGroup):
            rows = _fit_number(rows, group.column, rejects)
    return rows


def expected_columns(recipe: Recipe, taken: Taken | None = None) -> dict[str, Expected]:
    """Return what the task and the groups expect of their columns, for the readers of formats whose values have types."""
    groups = (group.column for group in recipe.groups.values() if isinstance(group, ColumnGroup))
    texts: dict[str, Expected] = dict.fromkeys(recipe.task.text_columns, "text")
    if taken is not None:
        texts = taken.expected()
    return {**dict.fromkeys(groups, "groups"), **texts}


def missing_columns(
    recipe: Recipe, where: str, known: Sequence[str], taken: Taken | None, named: Mapping[str, str] | None = None
) -> list[Mistake]:
    """Say which columns a source lacks, of those that the recipe needs once a conversation became what the task names.

    `named` are the columns that it needs, each with the part of the recipe that names it; all that the recipe reads if left out.
    """
    named = named_columns(recipe) if named is None else named
    made = made_columns(recipe.task, where) if taken is not None else ()
    sought = taken.sought if taken is not None else ()
    after = [*made, *(column for column in known if column not in sought)]
    lacking = [column for column in named if column not in after]
    shaped = NEEDED.get(taken.shape, taken.turns) if taken is not None else ()
    return [
        *(missing_column(where, column, list(known)) for column in shaped if column not in known),
        *(
            Mistake(
                where,
                f"the column '{column}' becomes turns, and is none afterwards",
                "copy it in the file",
                named[column],
            )
            if column in known
            else missing_column(where, column, list(known)).of_part(named[column])
            for column in lacking
        ),
    ]


def columns_of_ours(recipe: Recipe, where: str, columns: Iterable[str]) -> list[Mistake]:
    """Say which columns of a source are named like ours; such a column may also come late in a file."""
    reserved = (*RESERVED, *map(group_column, recipe.groups))
    return [
        Mistake(where, f"the column name '{column}' is ours", f"rename it: columns: {{{column}_: {column}}}")
        for column in columns
        if column in reserved
    ]


def where_of(source: Source) -> str:
    """Return what a mistake in a source is told of."""
    return source.path if isinstance(source, FileSource) else source.demo


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
    for column in dict.fromkeys((task.label, *(answer for answer, _score in task.given.values()))):
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


def _fit_conversation(
    rows: pl.DataFrame, task: Instruction | Chat, taken: Taken, rejects: Rejects, left_out: set[str]
) -> pl.DataFrame:
    """Make a conversation of any shape what the task needs of it."""
    texts = [name for name in TEXTS[taken.shape] if name in rows.columns and name not in (*taken.turns, "history")]
    rows = _fit_texts(rows, texts, rejects, may_be_null=[name for name in texts if name not in _ANSWERS])
    rows, turns = to_turns(rows, taken, rejects, left_out)
    made = made_columns(task, "")
    rows = (
        rows.with_columns(turns.alias(made[0])) if isinstance(task, Chat) else to_exchange(rows, turns, made, rejects)
    )
    return without_read(rows, taken, made)


def _fit_number(rows: pl.DataFrame, column: str, rejects: Rejects) -> pl.DataFrame:
    if rows.schema[column].is_numeric():
        return rows
    text = shown(pl.col(column), rows.schema[column]).str.strip_chars().replace("", None)
    bad = text.is_not_null() & text.cast(pl.Float64, strict=False).is_null()
    good = reject_where(rows, bad, "wrong_type", pl.concat_str(pl.lit(f"{column}: not a number: "), text), rejects)
    return good.with_columns(text.cast(pl.Float64, strict=False).alias(column))
