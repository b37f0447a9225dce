"""Everything that can be known to be wrong before work starts: files, columns, term lists, programs, steps tried on first rows."""

from pathlib import Path

from curate.errors import Mistake, UserError
from curate.outside import outside_mistakes
from curate.probes.files import probe_mistakes
from curate.recipe import Recipe, placed_steps, setting_with
from curate.recipe_rest import touched
from curate.sources.find import find_file, missing_file
from curate.sources.look import Look, look
from curate.sources.shapes import SourceShape
from curate.steps.base import StepSettings
from curate.trial import trial_mistakes, unusable_sources


def check(recipe: Recipe, folder: Path, fetched: Path | None = None) -> tuple[SourceShape, ...]:
    """Raise `UserError` with everything that can be known before work starts: files, columns, term lists, programs.

    Returns what the sources of conversations were taken for.
    """
    seen = look_ahead(recipe, folder, fetched)
    if seen.mistakes:
        raise UserError(seen.mistakes)
    return seen.taken


def look_ahead(recipe: Recipe, folder: Path, fetched: Path | None, doubtful: frozenset[str] = frozenset()) -> Look:
    """Return everything that can be known before work starts, of all but the parts that are `doubtful` (see `recipe_rest.py`)."""
    seen = look(recipe, folder, fetched, doubtful)
    by_step = {
        part: _step_mistakes(name, part, step, folder)
        for name, (part, step) in zip(recipe.step_names(), placed_steps(recipe), strict=True)
    }
    mistakes = [*seen.mistakes, *(mistake for found in by_step.values() for mistake in found)]
    unsure = any(part.split(".")[0] in ("task", "sources", "groups") for part in doubtful)
    if not seen.mistakes and not unsure:
        mistakes += unusable_sources(recipe, folder, fetched)
        wrong = [part for part, found in by_step.items() if found or touched(part, doubtful)]
        mistakes += trial_mistakes(recipe, folder, fetched, step_files(recipe, folder), wrong)
    mistakes += [
        mistake
        for place, probe in enumerate(recipe.audit.probes)
        if not touched(f"audit.probes.{place}", doubtful)
        for mistake in probe_mistakes(probe, f"audit.probes.{place}", folder, recipe.seed)
    ]
    if not touched("task", doubtful) and not touched("groups", doubtful):
        mistakes += [
            mistake
            for place, file in enumerate(recipe.audit.outside)
            if not touched(f"audit.outside.{place}", doubtful)
            for mistake in outside_mistakes(file, f"audit.outside.{place}", recipe, folder)
        ]
    return Look(tuple(mistakes), seen.taken)


def _step_mistakes(name: str, part: str, step: StepSettings, folder: Path) -> list[Mistake]:
    where = f"step '{name}'"
    found = {file: find_file(file, folder) for file in step.files()}
    there = {file: path for file, path in found.items() if path is not None}
    mistakes = [Mistake.of_problem(where, problem).of_part(part) for problem in step.problems()]
    mistakes += [
        missing_file(f"{where}: {file}", folder, how_made=step.how_made(file, folder)).of_part(
            setting_with(step, part, file)
        )
        for file in found
        if file not in there
    ]
    if len(there) == len(found) or step.files_alone:
        mistakes += [mistake.of_part(part) for mistake in step.file_mistakes(there)]
    return mistakes


def step_files(recipe: Recipe, folder: Path) -> dict[str, Path]:
    """Return where every file that a step reads was found, by its name in the recipe."""
    names = [name for step in recipe.steps_by_name().values() for name in step.files()]
    found = {name: find_file(name, folder) for name in dict.fromkeys(names)}
    return {name: path for name, path in found.items() if path is not None}
