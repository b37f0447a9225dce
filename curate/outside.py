"""Files from elsewhere (`audit.outside`): read as sources are, told from copies of what is learned from, and written into the run.

They go through no step of the recipe: what cleaning or masking does to its rows is not done to theirs.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from curate import rows as row_numbers
from curate.audit_settings import Audit
from curate.errors import Mistake, UserError, check_none_changed
from curate.evaluation_files import SHOWN_LINES
from curate.files import digest_file, write_parquet
from curate.groups import UNKNOWN, TermGroup, group_column
from curate.manifest import OutsideRecord
from curate.outside_copies import count_copies, known_texts, with_copies
from curate.outside_settings import OutsideFile
from curate.read_rows import shown
from curate.readers.peek import peek_columns
from curate.recipe import Recipe
from curate.source_settings import FileSource
from curate.sources.expand import expand_source
from curate.sources.find import find_file, missing_file
from curate.sources.look import read_sources
from curate.store import RunDirectory
from curate.task import Classification, whole_text

VERSION = 2
"""Rises when the same file and settings give other rows or other copies."""
BLANK = "blank_text"
"""The reason of a row without a text: nobody could answer it."""
LEFT_OUT = "label_left_out"
"""The reason of a row whose label stands for none of the task's."""


@dataclass(frozen=True)
class OutsideRows:
    """The rows of a file that are asked (`row`, `row_name`, the task's columns, groups), and `row_name, reason` of the others."""

    rows: pl.DataFrame
    refused: pl.DataFrame


def outside_paths(recipe: Recipe, folder: Path) -> dict[str, Path]:
    """Return where every file was found, by its name; those that are missing are left out."""
    found = {file.name: find_file(file.path, folder) for file in recipe.audit.outside}
    return {name: path for name, path in found.items() if path is not None}


def outside_keys(recipe: Recipe, folder: Path) -> tuple[str, ...]:
    """Return what of each file and its reading goes into the key of a run."""
    return tuple(f"{digest_file(path)} {VERSION}" for path in outside_paths(recipe, folder).values())


def outside_mistakes(file: OutsideFile, part: str, recipe: Recipe, folder: Path) -> list[Mistake]:
    """Return what is wrong with a file, which stands at `part` of the recipe."""
    path = find_file(file.path, folder)
    if path is None:
        where = f"outside file '{file.name}': {file.path}"
        return [missing_file(where, folder, file.origin).of_part(f"{part}.path")]
    own = _source_of(path, recipe, folder)
    if own is not None:
        what, hint = f"is the file of the source '{own}', and not from elsewhere", "name another file, or take it out"
        return [Mistake(str(path), what, hint, f"{part}.path")]
    try:
        read_outside(file, recipe, folder)
    except UserError as error:
        return [_of_setting(mistake, file, part) for mistake in error.mistakes]
    return []


def _source_of(path: Path, recipe: Recipe, folder: Path) -> str | None:
    """Return the name of the source that reads the very file, whatever path leads to it; None where none does."""
    for source in recipe.sources:
        try:
            files = expand_source(source, folder)
        except UserError:  # what is wrong with a source is told of it
            continue
        for file in files:
            if not isinstance(file, FileSource) or file.is_remote:
                continue
            found = [find_file(name, folder) for name in (file.path, file.labels) if name]
            if path.resolve() in [each.resolve() for each in found if each is not None]:
                return file.row_prefix
    return None


def lacking_groups(recipe: Recipe, folder: Path) -> dict[str, tuple[str, ...]]:
    """Return, by the name of each file that lacks columns of groups, the attributes that are unknown in all of its rows.

    Of a file whose beginning does not tell its columns nothing is said.
    """
    files = {file.name: file for file in recipe.audit.outside}
    known = {
        name: _reading_alone(files[name], recipe, path).groups for name, path in outside_paths(recipe, folder).items()
    }
    lacking = {name: tuple(each for each in recipe.groups if each not in groups) for name, groups in known.items()}
    return {name: attributes for name, attributes in lacking.items() if attributes}


def unknown_groups(rows: pl.DataFrame, recipe: Recipe) -> tuple[str, ...]:
    """Return the attributes that are unknown in every row of a file, for it has no column of them, or an empty one."""
    return tuple(name for name in recipe.groups if (rows[group_column(name)].list.join(" ") == UNKNOWN).all())


def _of_setting(mistake: Mistake, file: OutsideFile, part: str) -> Mistake:
    """Return a mistake with the setting of the file that mends it, and not that of the task that names a column."""
    setting = mistake.part if mistake.part == "labels" and file.labels else "columns" if file.columns else "path"
    return replace(mistake, part=f"{part}.{setting}")


def read_outside(file: OutsideFile, recipe: Recipe, folder: Path) -> OutsideRows:
    """Read a file: rows that do not fit the task are refused with their reason, and labels become those of the task.

    An attribute whose column the file lacks is `unknown` in all of its rows. Raises `UserError` for what can be mended: missing
    columns, labels that the task does not know, labels that no row has, and a file without rows.
    """
    path = find_file(file.path, folder)
    assert path is not None, "a missing file is told before it is read"
    found = read_sources(_reading_alone(file, recipe, path), folder)
    refused = found.quarantine.select(
        row_name=pl.concat_str(pl.lit(f"{file.name}/"), pl.col("line").cast(pl.String)), reason="reason"
    )
    every = shown(found.rows, (file.name,))
    filled = whole_text(recipe.task).str.contains(r"\S").fill_null(value=False)
    rows, blank = every.filter(filled), every.filter(~filled).select("row_name", reason=pl.lit(BLANK))
    refused = pl.concat([refused, blank])
    if isinstance(recipe.task, Classification):
        mistakes = list(_label_mistakes(rows, file, recipe.task, path))
        if mistakes:
            raise UserError(mistakes)
        rows, left = _with_labels(rows, file, recipe.task.label)
        refused = pl.concat([refused, left])
    if rows.is_empty():
        raise UserError(Mistake(str(path), "has no row that can be asked", "name a file with rows"))
    groups = [
        (pl.col(name) if name in rows.columns else pl.lit([UNKNOWN], dtype=pl.List(pl.String))).alias(name)
        for name in map(group_column, recipe.groups)
    ]
    return OutsideRows(rows.select("row", "row_name", *recipe.task.columns, *groups), refused)


def _reading_alone(file: OutsideFile, recipe: Recipe, path: Path) -> Recipe:
    """Return a recipe that reads the file alone: its task without labels, and the groups for which it has a column."""
    source, task = file.source, recipe.task
    columns = peek_columns(source, path)
    groups = {
        attribute: group
        for attribute, group in recipe.groups.items()
        if isinstance(group, TermGroup) or columns is None or group.column in columns
    }
    bare = task.model_copy(update={"labels": {}}) if isinstance(task, Classification) else task
    alone = {"sources": (source,), "task": bare, "groups": groups, "audit": Audit()}
    return recipe.model_copy(update={**alone, "steps": (), "split": None, "train_steps": (), "train": None})


def _label_mistakes(rows: pl.DataFrame, file: OutsideFile, task: Classification, path: Path) -> Iterator[Mistake]:
    """Yield the labels of the file that the task does not know, each with its first line, and labels that no row has."""
    labels = rows.group_by(pl.col(task.label).alias("label"), maintain_order=True).agg(
        pl.len(), line=row_numbers.index_of(pl.col("row")).first()
    )
    known = {*task.labels, *file.labels}
    unknown = [found for found in labels.iter_rows() if found[0] not in known]
    for label, count, line in unknown[:SHOWN_LINES]:
        what = f"the label '{label}' of {count:,} {'row' if count == 1 else 'rows'} is none of the task's"
        hint = f"say which it is, or null to leave it out: labels: {{'{label}': …}} (known: {', '.join(task.labels)})"
        yield Mistake(f"{path}:{line}", what, hint, "labels")
    if len(unknown) > SHOWN_LINES:
        yield Mistake(str(path), f"has {len(unknown):,} such labels", "is this the column of labels?", "labels")
    for label in file.labels:
        if label not in labels["label"]:
            yield Mistake(str(path), f"no row has the label '{label}'", "take it out of labels", "labels")


def _with_labels(rows: pl.DataFrame, file: OutsideFile, column: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the rows with the task's labels, and the names of those whose label stands for none of them."""
    labels = pl.col(column).replace_strict(file.labels, default=pl.col(column), return_dtype=pl.String)
    named = rows.with_columns(labels) if file.labels else rows
    left = named.filter(pl.col(column).is_null()).select("row_name", reason=pl.lit(LEFT_OUT))
    return named.filter(pl.col(column).is_not_null()), left


def write_outside(run: RunDirectory, recipe: Recipe, folder: Path) -> tuple[list[Path], tuple[OutsideRecord, ...]]:
    """Write the rows of every file into the run directory, with the copies among them; return the files, and the records."""
    files, records = [], []
    paths = outside_paths(recipe, folder)
    known = known_texts(run, recipe) if paths else pl.DataFrame()
    for file in recipe.audit.outside:
        path = paths[file.name]
        digest, read = digest_file(path), read_outside(file, recipe, folder)
        check_none_changed([str(path)] if digest_file(path) != digest else [])
        rows = with_copies(read.rows, known, recipe)
        write_parquet(run.outside(file.name), rows)
        write_parquet(run.outside_refused(file.name), read.refused)
        files += [run.outside(file.name), run.outside_refused(file.name)]
        reasons = read.refused["reason"].value_counts().sort("count", "reason", descending=[True, False])
        records.append(
            OutsideRecord(
                name=file.name, path=file.path, sha256=digest, version=VERSION, origin=file.origin, licence=file.licence,
                rows=rows.height + read.refused.height, refused=dict(reasons.iter_rows()),
                unknown=unknown_groups(rows, recipe), **count_copies(rows),
            )
        )  # fmt: skip
    return files, tuple(records)
