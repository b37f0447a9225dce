"""Sources: every file of a recipe found, read, and made into rows that fit the task; what does not fit goes to quarantine."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from curate import rows as row_numbers
from curate import template
from curate.errors import Mistake, UserError
from curate.fit import expected_columns, fit_task
from curate.groups import LEXICONS, TermGroup, group_column, membership, read_lexicon
from curate.readers.file_bytes import file_bytes
from curate.readers.peek import peek_columns
from curate.readers.read import read_file
from curate.readers.rejects import INDEX, QUARANTINE_SCHEMA, Read, Rejects, missing_column
from curate.recipe import Recipe, needed_columns
from curate.source_settings import DemoSource, FileSource, Source
from curate.store import SourceRecord, digest_file, digest_text
from curate.task import Classification, whole_text

RESERVED = ("row", "row_name", "source", "parent", "side", "row_weight")


@dataclass(frozen=True)
class Sources:
    """All rows of a recipe, the quarantine, one record a source, and what the demo planted (None without a demo)."""

    rows: pl.DataFrame
    quarantine: pl.DataFrame
    records: tuple[SourceRecord, ...]
    planted: pl.DataFrame | None


def find_file(name: str, folder: Path) -> Path | None:
    """Look a path up beside the recipe, then in the folder that FAIRLEAD_DATA names."""
    roots = [folder, *([Path(data)] if (data := os.environ.get("FAIRLEAD_DATA")) else [])]
    return next((path for root in roots if os.path.isfile(path := root / name)), None)  # noqa: PTH113  (never raises)


def lexicon_paths(recipe: Recipe, folder: Path) -> dict[str, Path]:
    """Return the term list of every attribute that has one. Raises `UserError` if one is missing."""
    found: dict[str, Path] = {}
    mistakes: list[Mistake] = []
    for attribute, group in recipe.groups.items():
        if not isinstance(group, TermGroup):
            continue
        shipped = LEXICONS / f"{group.terms}.txt"
        path = shipped if group.terms.isidentifier() and shipped.is_file() else find_file(group.terms, folder)
        if path is None:
            known = ", ".join(sorted(path.stem for path in LEXICONS.glob("*.txt")))
            mistakes.append(
                Mistake(
                    f"groups.{attribute}", f"there is no term list '{group.terms}'", f"name one of {known}, or a file"
                )
            )
        else:
            found[attribute] = path
    if mistakes:
        raise UserError(mistakes)
    return found


def source_mistakes(recipe: Recipe, folder: Path) -> list[Mistake]:
    """Return what can be known of missing files and columns before any work starts."""
    mistakes: list[Mistake] = []
    needed = needed_columns(recipe)
    for place, source in enumerate(recipe.sources):
        try:
            columns = _peek(source, folder)
        except UserError as error:
            mistakes.extend(error.mistakes)
            continue
        if columns is None:
            continue
        where = Path(source.path if isinstance(source, FileSource) else f"sources.{place}")
        typed = source.types if isinstance(source, FileSource) else ()
        asked = dict.fromkeys((*needed, *typed))
        mistakes += [_missing(recipe, where, column, columns) for column in asked if column not in columns]
        taken = [column for column in columns if column in RESERVED or column in map(group_column, recipe.groups)]
        mistakes += [
            Mistake(str(where), f"the column name '{column}' is ours", f"rename it: columns: {{{column}_: {column}}}")
            for column in taken
        ]
    try:
        for path in lexicon_paths(recipe, folder).values():
            read_lexicon(path)
    except UserError as error:
        mistakes.extend(error.mistakes)
    return mistakes


def _missing(recipe: Recipe, where: Path, column: str, columns: list[str]) -> Mistake:
    """Say that a file lacks a column; one that the prompt alone names is most often a role taken for a column."""
    task = recipe.task
    named = (task.text, task.label, task.prediction) if isinstance(task, Classification) else ()
    if named and column not in named and column in template.columns_of(task.prompt):  # type: ignore[union-attr]
        what = f"has no column '{column}', which task.prompt names as {{{column}}}"
        return Mistake(str(where), what, f"write the name of a column, for example {{{named[0]}}}")
    return missing_column(where, column, columns)


def _peek(source: Source, folder: Path) -> list[str] | None:
    if isinstance(source, DemoSource):
        return ["text", "label", "gender", "age_group"]
    path, labels = source_paths(source, folder)
    if labels is not None:
        file_bytes(labels, 2)
    return peek_columns(source, path)


def source_paths(source: FileSource, folder: Path) -> tuple[Path, Path | None]:
    """Return the paths of a file source: its file, and the file of labels of a pair. Raises `UserError` if one is missing."""
    found: list[Path | None] = []
    mistakes = []
    for name in (source.path, source.labels):
        path = find_file(name, folder) if name else None
        if name and path is None:
            mistakes.append(missing_file(name, folder, source.origin))
        found.append(path)
    if mistakes:
        raise UserError(mistakes)
    assert found[0] is not None
    return found[0], found[1]


def missing_file(where: str, folder: Path, origin: str | None = None) -> Mistake:
    """Say that a file is missing, where it was looked for, and where to get it."""
    where_to_get = f"get it from {origin}, then " if origin else ""
    looked = f"{folder}" + (f" and {os.environ['FAIRLEAD_DATA']}" if os.environ.get("FAIRLEAD_DATA") else "")
    hint = f"{where_to_get}put it beside the recipe or into the folder that FAIRLEAD_DATA names (looked in {looked})"
    return Mistake(where, "there is no such file", hint)


def source_digest(source: Source, folder: Path) -> str:
    """Return the SHA-256 of a source's bytes (of its settings, for the demo)."""
    if isinstance(source, DemoSource):
        from curate import demo  # noqa: PLC0415

        return digest_text("demo", source.model_dump_json(), str(demo.VERSION))
    path, labels = source_paths(source, folder)
    return digest_file(path) if labels is None else digest_text(digest_file(path), digest_file(labels))


def read_sources(recipe: Recipe, folder: Path) -> Sources:
    """Read every source. Rows of all sources share their columns; a column that a source lacks is null there."""
    reads, records, planted = [], [], None
    for place, source in enumerate(recipe.sources):
        if isinstance(source, DemoSource):
            from curate import demo  # noqa: PLC0415

            made, truth = demo.generate(source.rows, source.seed)
            planted = _number_planted(truth, place)
            read = Read(
                made.with_row_index(INDEX, offset=1).with_columns(pl.col(INDEX).cast(pl.Int64)),
                pl.DataFrame(schema=QUARANTINE_SCHEMA),
            )
        else:
            path, labels = source_paths(source, folder)
            read = read_file(source, path, labels, expected_columns(recipe))
        rejects = Rejects(source.row_prefix)
        fitted = fit_task(read.rows, recipe, source, rejects)
        numbered = fitted.with_columns(row_numbers.numbers(place, pl.col(INDEX)).alias("row")).drop(INDEX)
        if source.split:
            numbered = numbered.with_columns(pl.lit(source.split).alias("side"))
        quarantine = pl.concat([read.quarantine, rejects.frame()]).sort("line", maintain_order=True)
        reads.append(Read(numbered, quarantine))
        records.append(_record(source, folder, read.rows.height + read.quarantine.height, quarantine.height))
    joined = _concatenate([read.rows for read in reads], recipe)
    text = whole_text(recipe.task)
    lexicons = lexicon_paths(recipe, folder)
    grouped = joined.with_columns(
        membership(
            group, text, joined.schema.get(getattr(group, "column", ""), pl.String()), lexicons.get(attribute)
        ).alias(group_column(attribute))
        for attribute, group in recipe.groups.items()
    )
    ordered = grouped.with_columns(pl.lit(None, dtype=pl.Int64).alias("parent"))
    leading = ["row", "parent"]
    return Sources(
        ordered.select(*leading, pl.exclude(leading)).sort("row"),
        pl.concat([read.quarantine for read in reads]),
        tuple(records),
        planted,
    )


def _number_planted(truth: pl.DataFrame, place: int) -> pl.DataFrame:
    return truth.with_columns(
        row_numbers.numbers(place, pl.col("index")).alias("row"),
        row_numbers.numbers(place, pl.col("of")).alias("of"),
    ).select("row", "fault", "of", "detail")


def _record(source: Source, folder: Path, rows: int, quarantined: int) -> SourceRecord:
    path = source.path if isinstance(source, FileSource) else f"demo:{source.demo}"
    return SourceRecord(
        name=source.row_prefix,
        path=path,
        sha256=source_digest(source, folder),
        rows=rows,
        quarantined=quarantined,
        origin=source.origin,
        licence=source.licence,
    )


def _concatenate(frames: Sequence[pl.DataFrame], recipe: Recipe) -> pl.DataFrame:
    try:
        return pl.concat(frames, how="diagonal_relaxed")
    except pl.exceptions.PolarsError as error:
        what = f"the sources hold a column with types that do not fit ({str(error).splitlines()[0]})"
        raise UserError(
            Mistake(f"recipe '{recipe.name}'", what, "declare it in the sources: types: {column: text}")
        ) from error
