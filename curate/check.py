"""Everything that can be known to be wrong before work starts: files, columns, term lists, programs, steps of the user's own."""

from pathlib import Path

import polars as pl

from curate.errors import Mistake, UserError
from curate.laws import broken_laws
from curate.reading import first_rows
from curate.recipe import Recipe
from curate.sources.expand import expand_sources
from curate.sources.find import find_file, missing_file
from curate.sources.look import look
from curate.sources.shapes import SourceShape
from curate.steps import Step, TrainStep

LAW_ROWS = 200
"""So many first rows of the data are looked at: for their types, and to hold the steps of the user's own to the laws."""


def check(recipe: Recipe, folder: Path, fetched: Path | None = None) -> tuple[SourceShape, ...]:
    """Raise `UserError` with everything that can be known before work starts: files, columns, term lists, programs.

    Returns what the sources of conversations were taken for.
    """
    seen = look(recipe, folder, fetched)
    mistakes = list(seen.mistakes)
    for name, step in steps_by_name(recipe):
        mistakes += [Mistake.of_problem(f"step '{name}'", problem) for problem in step.problems()]
        found = {file: path for file in step.files() if (path := find_file(file, folder))}
        mistakes += [missing_file(f"step '{name}': {file}", folder) for file in step.files() if file not in found]
        if len(found) == len(step.files()):
            mistakes += step.file_mistakes(found)
    if not mistakes:
        mistakes = _not_single(recipe, folder, fetched)
    if not mistakes:
        mistakes = _broken_laws(recipe, folder, fetched)
    if mistakes:
        raise UserError(mistakes)
    return seen.taken


def _not_single(recipe: Recipe, folder: Path, fetched: Path | None) -> list[Mistake]:
    """Return the columns that hold lists or objects where a step needs one value of each row, by the first rows of the data."""
    needed = [(name, column) for name, step in steps_by_name(recipe) for column in step.single()]
    if not needed:
        return []
    schema = first_rows(expand_sources(recipe, folder, fetched), folder, fetched, LAW_ROWS).schema
    return [
        Mistake(
            f"step '{name}'",
            f"needs one value of each row, and the column '{column}' holds {'objects' if kind == pl.Struct else 'lists'}",
            "name a column of numbers, dates or texts",
        )
        for name, column in needed
        if (kind := schema.get(column)) is not None and kind.is_nested()
    ]


def _broken_laws(recipe: Recipe, folder: Path, fetched: Path | None) -> list[Mistake]:
    """Hold every step of the user's own to the laws, on the first rows of the data."""
    own = [(name, step) for name, step in steps_by_name(recipe) if step.code]
    rows = first_rows(expand_sources(recipe, folder, fetched), folder, fetched, LAW_ROWS) if own else pl.DataFrame()
    return [
        Mistake(f"step '{name}'", broken, "mend the file of your steps")
        for name, step in own
        for broken in broken_laws(step, rows, recipe.task, step_files(recipe, folder))
    ]


def steps_by_name(recipe: Recipe) -> list[tuple[str, Step | TrainStep]]:
    """Return the steps in the order in which they run, each with its name in the run."""
    return list(zip(recipe.step_names(), (*recipe.steps, *recipe.train_steps), strict=True))


def step_files(recipe: Recipe, folder: Path) -> dict[str, Path]:
    """Return where every file that a step reads was found, by its name in the recipe."""
    names = [name for _step_name, step in steps_by_name(recipe) for name in step.files()]
    found = {name: find_file(name, folder) for name in dict.fromkeys(names)}
    return {name: path for name, path in found.items() if path is not None}
