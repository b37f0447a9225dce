"""Sources: what can be known of them before work starts, and all of their rows at once."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from curate import template
from curate.errors import Mistake, UserError
from curate.fit import columns_of_ours, missing_columns, where_of
from curate.groups import TermGroup, read_lexicon
from curate.manifest import SourceRecord
from curate.readers.file_bytes import file_bytes
from curate.readers.objects import check_json_list
from curate.readers.peek import DEMO_COLUMNS, peek_columns
from curate.readers.rejects import missing_column
from curate.reading import Reading, conform
from curate.recipe import Recipe, named_columns, setting_with
from curate.recipe_rest import in_doubt, touched
from curate.source_settings import DemoSource, FileSource, Source
from curate.sources.expand import expand_source, expand_sources
from curate.sources.find import lexicon_path, source_paths
from curate.sources.remote import is_offline, peek_remote
from curate.sources.shapes import Columns, SourceShape, Taken, taken_for
from curate.task import Classification

_OF_COLUMNS = ("path", "format", "header", "separator", "columns", "quotes", "constants", "shape")
"""The settings of a source that decide which columns it has."""
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


def look(recipe: Recipe, folder: Path, fetched: Path | None = None, doubtful: frozenset[str] = frozenset()) -> Look:
    """Return what can be known of files and columns before any work starts.

    Of a folder or a pattern the first files are looked at; of a remote source its beginning or its schema. Of what is
    `doubtful` in the recipe (see `recipe_rest.py`) the columns are not.
    """
    mistakes: list[Mistake] = []
    taken: list[SourceShape] = []
    named = _sure_columns(recipe, doubtful)
    for place, source in enumerate(recipe.sources):
        part = f"sources.{place}"
        unsure = touched(_deciding(recipe), doubtful) or any(
            touched(f"{part}.{name}", doubtful) for name in _OF_COLUMNS
        )
        try:
            for file in expand_source(source, folder, fetched if is_offline() else None)[:LOOKED_AT]:
                found = _peek(file, folder, fetched)
                if not unsure:
                    shape = taken_for(recipe.task, file, where_of(file), found)
                    mistakes += _column_mistakes(recipe, place, file, found, taken=shape, named=named)
                    taken += [SourceShape.of(file.row_prefix, shape)] if shape is not None else []
        except UserError as error:
            mistakes += [_of_source(mistake, source, place) for mistake in error.mistakes]
    mistakes += _lexicon_mistakes(recipe, folder)
    try:
        if not mistakes:
            expand_sources(recipe, folder)
    except UserError as error:
        mistakes += error.mistakes
    return Look(tuple(mistakes), tuple(taken))


def _deciding(recipe: Recipe) -> str:
    """Return the part of the task that decides which columns are looked for, whatever their names."""
    return "task.kind" if isinstance(recipe.task, Classification) else "task"


def _of_source(mistake: Mistake, source: Source, place: int) -> Mistake:
    """Return a mistake in a file with the setting that names the file, or with the source."""
    return mistake.of_part(setting_with(source, f"sources.{place}", mistake.where))


def _lexicon_mistakes(recipe: Recipe, folder: Path) -> list[Mistake]:
    found: list[Mistake] = []
    for attribute, group in recipe.groups.items():
        try:
            if isinstance(group, TermGroup):
                read_lexicon(lexicon_path(attribute, group, folder))
        except UserError as error:
            found += [mistake.of_part(f"groups.{attribute}") for mistake in error.mistakes]
    return found


def source_mistakes(recipe: Recipe, folder: Path, fetched: Path | None = None) -> list[Mistake]:
    """Return what can be known of missing files and columns before any work starts."""
    return list(look(recipe, folder, fetched).mistakes)


def _column_mistakes(
    recipe: Recipe,
    place: int,
    source: Source,
    columns: Columns | None,
    *,
    taken: Taken | None,
    named: Mapping[str, str],
) -> list[Mistake]:
    """Return what is wrong with the columns of a file; nothing where they cannot be told before it is read.

    `named` are the columns that it needs, each with the part of the recipe that names it.
    """
    if columns is None:
        return []
    where = source.path if isinstance(source, FileSource) else f"sources.{place}"
    typed = source.types if isinstance(source, FileSource) else ()
    known = list(columns)
    lacking = (
        missing_columns(recipe, where, known, taken, named)
        if taken is not None
        else [
            _missing(recipe, where, column, known).of_part(part)
            for column, part in named.items()
            if column not in columns
        ]
    )
    told = {mistake.what for mistake in lacking}
    untyped = [missing_column(where, column, known) for column in typed if column not in columns]
    return [
        *lacking,
        *(mistake.of_part(f"sources.{place}.types") for mistake in untyped if mistake.what not in told),
        *(mistake.of_part(f"sources.{place}") for mistake in columns_of_ours(recipe, where, columns)),
    ]


def _sure_columns(recipe: Recipe, doubtful: frozenset[str]) -> dict[str, str]:
    """Return the columns that the recipe needs without doubt: an attribute may be taken for one where groups are in doubt."""

    def is_sure(column: str, part: str) -> bool:
        may_be_attribute = part.split(".", maxsplit=1)[0] in ("steps", "train_steps", "split") and (
            "groups" in doubtful or f"groups.{column}" in doubtful
        )
        return not may_be_attribute and not in_doubt(part, doubtful)

    return {column: part for column, part in named_columns(recipe).items() if is_sure(column, part)}


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
    if source.file_format == "json":
        check_json_list(path)
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
