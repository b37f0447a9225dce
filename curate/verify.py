"""Verification of a finished run: files against their digests, the account against ledger and data, the split's certificate."""

from collections.abc import Callable, Iterator
from typing import TypeVar

import polars as pl
from pydantic import ValidationError

from curate.errors import Mistake, UserError
from curate.groups import TermGroup
from curate.manifest import PHASES, Manifest
from curate.near_duplicates.in_words import unfinished_in_words
from curate.publish import recertify
from curate.recipe import Recipe
from curate.recipe_file import load_finished
from curate.recount import recount
from curate.split import SIDES, read_certificate
from curate.store import RunDirectory
from curate.task import Classification

Found = TypeVar("Found")


def verify(run: RunDirectory) -> list[str]:
    """Return one line for everything that was found right; raises `UserError` naming what is not."""
    manifest = run.read_manifest()
    lines, mistakes = _verify_files(run, manifest)
    if mistakes:
        raise UserError(mistakes)
    recipe = load_finished(run.recipe)
    mistakes = list(_not_listed(run, recipe, manifest))
    if not mistakes:
        mistakes += _reading(run, lambda: recount(run, recipe))
        mistakes += _reading(run, lambda: _of_split(run, recipe))
    if mistakes:
        raise UserError(mistakes)
    steps = len(manifest.steps)
    lines.append(f"account: {steps} steps add up as the ledger says; every row is kept, dropped or in quarantine, once")
    if recipe.split is not None:
        certificate = read_certificate(run.certificate)
        unsure = certificate.not_all_compared
        more = f"; {unfinished_in_words(unsure)}" if unsure else ""
        found = f"{certificate.crossings} crossings between train, validation and test, as its certificate says"
        lines.append(f"split: {found}{more}")
    return lines


def _of_split(run: RunDirectory, recipe: Recipe) -> list[Mistake]:
    """Return where the certificate says other than the sides show."""
    if recipe.split is None:
        return []
    written, found = read_certificate(run.certificate), recertify(run, recipe)
    if written == found:
        return []
    other = f"says {written.crossings} crossings, the data show {found.crossings}"
    what = "tells of other sides than the data show" if written.crossings == found.crossings else other
    return [Mistake(str(run.certificate), what, "run the recipe again")]


def _verify_files(run: RunDirectory, manifest: Manifest) -> tuple[list[str], list[Mistake]]:
    """Return a line for each phase whose files have their digests, and what is wrong with the files of the others."""
    lines, mistakes = [], list[Mistake]()
    for phase in PHASES:
        if phase == "curate" or phase in manifest.phases:
            try:
                record = run.check_phase(phase)
                lines.append(f"{phase}: {len(record.files)} files have the digests of the manifest")
            except UserError as error:
                mistakes += error.mistakes
    listed = {run.path / name for record in manifest.phases.values() for name in record.files} | {run.manifest}
    there = {file for file in run.path.rglob("*") if file.is_file()}
    hidden = (file for file in there if any(part.startswith(".") for part in file.relative_to(run.path).parts))
    unknown = there - listed - set(hidden)
    told = {mistake.where for mistake in mistakes}
    hint = "take it out, or finish the phase that it belongs to"
    found = [Mistake(str(file), "is none of the files that the manifest lists", hint) for file in sorted(unknown)]
    return lines, [*mistakes, *(mistake for mistake in found if mistake.where not in told)]


def _not_listed(run: RunDirectory, recipe: Recipe, manifest: Manifest) -> Iterator[Mistake]:
    """Yield the files that every run of such a recipe has, and for which the manifest has no digest."""
    sides = SIDES if recipe.split is not None else ("all",)
    files = [run.recipe, run.ledger, run.quarantine, *(run.data(side) for side in sides)]
    if recipe.split is not None:
        files.append(run.certificate)
    if isinstance(recipe.task, Classification) and recipe.task.prediction:
        files.append(run.predictions("given"))
    files += [run.lexicon(name) for name, group in recipe.groups.items() if isinstance(group, TermGroup)]
    files += [run.probe(probe.name) for probe in recipe.audit.probes]
    for place, stage in enumerate(manifest.stages):
        if stage.kind == "measure":
            files += [run.measures / f"{place:02}.{ending}" for ending in ("parquet", "json")]
    listed = {run.path / name for name in manifest.phases["curate"].files}
    hint = "the manifest was changed after the run; run the recipe again"
    yield from (Mistake(str(file), "has no digest in the manifest", hint) for file in files if file not in listed)


def _reading(run: RunDirectory, work: Callable[[], Found]) -> Found:
    """Do some work that reads files of a run; what cannot be read is the user's to mend, for it was written whole."""
    unreadable = (pl.exceptions.PolarsError, pl.exceptions.PanicException, ValidationError, OSError)
    try:
        return work()
    except unreadable as error:
        said = (str(error).splitlines() or [type(error).__name__])[0]
        what = f"holds a file that cannot be read ({said})"
        raise UserError(Mistake(str(run.path), what, "run the recipe again")) from error
