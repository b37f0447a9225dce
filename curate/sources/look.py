"""Sources: what can be known of them before work starts, and all of their rows at once."""

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from curate import template
from curate.errors import Mistake, UserError
from curate.fit import missing_columns, where_of
from curate.groups import group_column, read_lexicon
from curate.manifest import SourceRecord
from curate.readers.file_bytes import file_bytes
from curate.readers.peek import DEMO_COLUMNS, peek_columns
from curate.readers.rejects import missing_column
from curate.reading import Reading, conform
from curate.recipe import Recipe, needed_columns
from curate.source_settings import DemoSource, FileSource, Source
from curate.sources.expand import expand_source, expand_sources
from curate.sources.find import lexicon_paths, source_paths
from curate.sources.remote import is_offline, peek_remote
from curate.sources.shapes import Columns, SourceShape, Taken, taken_for
from curate.task import Classification

RESERVED = ("row", "row_name", "source", "parent", "side", "row_weight")
LOOKED_AT = 100
"""So many files of a folder or a pattern are looked at before work starts."""


@dataclass(frozen=True)
class Sources:
    """All rows of a recipe, the quarantine, one record a source, and what the demo planted (None without a demo)."""

    rows: pl.DataFrame
    quarantine: pl.DataFrame
    records: tuple[SourceRecord, ...]
    planted: pl.DataFrame | None


@dataclass(frozen=True)
class Look:
    """What was seen of a recipe's sources before work starts: what is wrong, and what each file was taken for."""

    mistakes: tuple[Mistake, ...]
    taken: tuple[SourceShape, ...]


def look(recipe: Recipe, folder: Path, fetched: Path | None = None) -> Look:
    """Return what can be known of files and columns before any work starts.

    Of a folder or a pattern the first files are looked at; of a remote source its beginning or its schema.
    """
    mistakes: list[Mistake] = []
    taken: list[SourceShape] = []
    for place, source in enumerate(recipe.sources):
        try:
            for file in expand_source(source, folder, fetched if is_offline() else None)[:LOOKED_AT]:
                found = _peek(file, folder, fetched)
                shape = taken_for(recipe.task, file, where_of(file), found)
                mistakes += _column_mistakes(recipe, place, file, found, shape)
                taken += [SourceShape.of(file.row_prefix, shape)] if shape is not None else []
        except UserError as error:
            mistakes.extend(error.mistakes)
    try:
        for path in lexicon_paths(recipe, folder).values():
            read_lexicon(path)
        if not mistakes:
            expand_sources(recipe, folder)
    except UserError as error:
        mistakes.extend(error.mistakes)
    return Look(tuple(mistakes), tuple(taken))


def source_mistakes(recipe: Recipe, folder: Path, fetched: Path | None = None) -> list[Mistake]:
    """Return what can be known of missing files and columns before any work starts."""
    return list(look(recipe, folder, fetched).mistakes)


def _column_mistakes(
    recipe: Recipe, place: int, source: Source, columns: Columns | None, taken: Taken | None
) -> list[Mistake]:
    """Return what is wrong with the columns of a file; nothing where they cannot be told before it is read."""
    if columns is None:
        return []
    where = source.path if isinstance(source, FileSource) else f"sources.{place}"
    typed = source.types if isinstance(source, FileSource) else ()
    ours = [column for column in columns if column in RESERVED or column in map(group_column, recipe.groups)]
    known = list(columns)
    lacking = (
        missing_columns(recipe, where, known, taken)
        if taken is not None
        else [_missing(recipe, where, column, known) for column in needed_columns(recipe) if column not in columns]
    )
    told = {mistake.what for mistake in lacking}
    untyped = [missing_column(where, column, known) for column in typed if column not in columns]
    return [
        *lacking,
        *(mistake for mistake in untyped if mistake.what not in told),
        *(
            Mistake(where, f"the column name '{column}' is ours", f"rename it: columns: {{{column}_: {column}}}")
            for column in ours
        ),
    ]


def _missing(recipe: Recipe, where: str, column: str, columns: list[str]) -> Mistake:
    """Say that a file lacks a column; one that the prompt alone names is most often a role taken for a column."""
    task = recipe.task
    named = (task.text, task.label, task.prediction) if isinstance(task, Classification) else ()
    if named and column not in named and column in template.columns_of(task.prompt):  # type: ignore[union-attr]
        what = f"has no column '{column}', which task.prompt names as {{{column}}}"
        return Mistake(where, what, f"write the name of a column, for example {{{named[0]}}}")
    return missing_column(where, column, columns)


def _peek(source: Source, folder: Path, fetched: Path | None) -> Columns | None:
    if isinstance(source, DemoSource):
        return DEMO_COLUMNS
    if source.is_remote and not is_offline():
        return peek_remote(source)
    path, labels = source_paths(source, folder, fetched)
    if labels is not None:
        file_bytes(labels, 2)
    return peek_columns(source, path)


def read_sources(recipe: Recipe, folder: Path, fetched: Path | None = None) -> Sources:
    """Read every source whole. Rows of all sources share their columns; a column that a source lacks is null there."""
    reading = Reading(recipe, folder, fetched)
    parts = {part.name: part for part in reading.parts()}
    ordered = [parts[name] for name in sorted(parts)]
    schema = reading.schema
    return Sources(
        pl.concat([conform(part.rows, schema) for part in ordered]),
        pl.concat([part.quarantine for part in ordered]),
        reading.records(),
        reading.planted,
    )
