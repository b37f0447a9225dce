"""Steps tried on the first rows of the data before work starts: settings that do not fit the rows, and laws that are broken."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePath

import polars as pl

from curate.errors import Mistake, UserError
from curate.laws import broken_laws
from curate.own_errors import raised, where_own_code
from curate.reading import Reading, first_rows_of_each
from curate.recipe import Recipe, file_sources, placed_steps, setting_with
from curate.source_settings import FileSource
from curate.sources.expand import expand_sources
from curate.sources.find import is_here, source_paths
from curate.sources.look import LOOKED_AT
from curate.steps.base import StepSettings

TRIED_ROWS = 200
"""So many rows are tried; of each source as many, where there are several."""
_READ_BYTES = 1 << 16
"""So much of each file is read to see whether its rows can be used."""
_NO_CHANCE = 20
"""So many rows of a file, none of which fits the recipe, are a mistake of the recipe and not of the rows."""
_LARGEST_LIST = 1 << 22
"""A list of json is read whole; one of more bytes is not read twice."""


def trial_mistakes(
    recipe: Recipe, folder: Path, fetched: Path | None, files: Mapping[str, Path], skip: Sequence[str] = ()
) -> list[Mistake]:
    """Return what is wrong with steps on the first rows of the data.

    `files` are those that the steps read, and `skip` the parts of the recipe whose steps cannot be tried.
    """
    named = zip(recipe.step_names(), placed_steps(recipe), strict=True)
    steps = [(name, part, step) for name, (part, step) in named if part not in skip and (step.code or step.columns())]
    if not steps:
        return []
    try:
        rows = _first_rows(recipe, folder, fetched)
    except UserError as error:
        return list(error.mistakes)
    if not rows.width:  # every source is elsewhere, and not fetched yet
        return []
    found = [mistake for name, part, step in steps for mistake in _unfit(name, part, step, rows)]
    for name, _part, step in steps:
        if step.code:
            found += law_mistakes(name, step, rows, recipe, files)
    return found


def unusable_sources(recipe: Recipe, folder: Path, fetched: Path | None) -> list[Mistake]:
    """Return why no row at the beginning of any source fits the recipe, or what is wrong with a file as a whole."""
    expanded = expand_sources(recipe, folder, fetched)
    sources = [source for source in expanded.sources[:LOOKED_AT] if isinstance(source, FileSource)]
    here = [source for source in sources if is_here(source, folder, fetched)]
    if len(here) < len(expanded.sources) or any(_is_large_list(source, folder, fetched) for source in here):
        return []  # others may have rows, or it would take long to know
    reading = Reading(expanded, folder, fetched, _READ_BYTES)
    found = []
    try:
        for part in reading.parts([0] * len(here)):
            if part.rows.height or not _is_of_recipe(part.quarantine):
                return []
            _source, line, reason, detail, _raw = part.quarantine.row(0)
            what = f"none of its first {part.quarantine.height:,} rows can be used ({reason} at line {line}: {detail})"
            hint = "see what the recipe says of the task and of this source"
            found.append(_of_source(Mistake(here[part.place].path, what, hint), recipe))
    except UserError as error:
        return [_of_source(mistake, recipe) for mistake in error.mistakes]
    if len(found) > 1:
        found = [replace(found[0], what=f"{found[0].what}, and so of {len(found) - 1:,} other files")]
    return found


def _is_of_recipe(rejected: pl.DataFrame) -> bool:
    """Return whether rows were rejected for what the recipe says of their columns; lines may be broken up to some place.

    In a file that is sorted by label the first rows may have one that the recipe leaves out.
    """
    reasons, details = set(rejected["reason"]), rejected["detail"].n_unique()
    of_columns = reasons == {"wrong_type"} or (reasons == {"unknown_label"} and details > 1)
    return of_columns and rejected.height >= _NO_CHANCE


def _is_large_list(source: FileSource, folder: Path, fetched: Path | None) -> bool:
    path, _labels = source_paths(source, folder, fetched)
    return source.file_format == "json" and path.stat().st_size > _LARGEST_LIST


def _of_source(mistake: Mistake, recipe: Recipe) -> Mistake:
    """Return a mistake in a file with the source that names the file; a folder or a pattern names many."""
    files = file_sources(recipe)
    exactly = [place for place, source in files if source.path == mistake.where]
    by_name = [place for place, source in files if PurePath(source.path).name in mistake.where]
    return mistake.of_part(f"sources.{next(iter((*exactly, *by_name)), 0)}")


def law_mistakes(
    name: str, step: StepSettings, rows: pl.DataFrame, recipe: Recipe, files: Mapping[str, Path]
) -> Iterator[Mistake]:
    """Yield what is wrong with a step of the user's own: what it raises, or else the first law that it breaks."""
    broken = broken_laws(step, rows.head(TRIED_ROWS), recipe.task, files)
    raising = next((each for each in broken if each.error is not None), None)
    if raising is not None and isinstance(raising.error, UserError):
        yield from raising.error.mistakes
    elif raising is not None and raising.error is not None:
        where = where_own_code(raising.error, [step])
        yield Mistake(where, f"step '{name}' raises {raised(raising.error)}", "mend the file of your steps")
    elif broken:
        others = ", ".join(each.law for each in broken[1:])
        more = f" (and what follows from it: {others})" if others else ""
        said = broken[0].what.replace(f"step '{step.word}' ", "it ", 1)
        what = f"step '{name}' breaks the law of {broken[0].law}: {said}{more}"
        yield Mistake(step.written_at, what, "mend the file of your steps")


def _first_rows(recipe: Recipe, folder: Path, fetched: Path | None) -> pl.DataFrame:
    expanded = expand_sources(recipe, folder, fetched)
    looked_at = expanded.sources[:LOOKED_AT]
    first = expanded.model_copy(update={"sources": looked_at})
    return first_rows_of_each(first, folder, fetched, [TRIED_ROWS] * len(looked_at))


def _unfit(name: str, part: str, step: StepSettings, rows: pl.DataFrame) -> Iterator[Mistake]:
    """Yield the columns of which the step needs one value of each row and that hold more, or else how it does not fit the rows."""
    where = f"step '{name}'"
    nested = [column for column in step.single() if column in rows.columns and rows.schema[column].is_nested()]
    for column in nested:
        held = "objects" if rows.schema[column] == pl.Struct else "lists"
        what = f"needs one value of each row, and the column '{column}' holds {held}"
        yield Mistake(where, what, "name a column of numbers, dates or texts", setting_with(step, part, column))
    if not nested and rows.width and set(step.columns()) <= set(rows.columns):
        yield from (Mistake.of_problem(where, unfit).of_part(part) for unfit in step.unfit(rows))
