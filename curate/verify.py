"""Verification of a finished run: files, the account against ledger and data, the split, the audit, the seal."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import polars as pl
from pydantic import ValidationError

from curate import phases
from curate.errors import Mistake, UserError
from curate.findings import Findings
from curate.listed import check_listed
from curate.manifest import PHASES, Manifest, Phase, is_whole
from curate.near_duplicates.in_words import unfinished_in_words
from curate.publish import recertify
from curate.recipe import Recipe
from curate.recipe_file import load_finished
from curate.recount import recount
from curate.repeated_keys import repeated_keys
from curate.seal import check_seal
from curate.split import read_certificate
from curate.store import RunDirectory

Found = TypeVar("Found")
Tell = Callable[[str], None]
"""Told what begins now, for whoever waits."""

_AGAIN = "run the recipe again"


@dataclass(frozen=True)
class _Files:
    """What the digests say, and the phases of which a file is not as it was written."""

    found: Findings
    damaged: frozenset[Phase]


def _nobody(_what: str) -> None:
    """Tell nobody."""


def verify(run: RunDirectory) -> list[str]:
    """Return one line for everything that was found right; raises `UserError` naming everything that is not."""
    found = examine(run)
    if found.mistakes:
        raise UserError(found.mistakes)
    return list(found.verified)


def examine(run: RunDirectory, demanded: str | None = None, tell: Tell = _nobody) -> Findings:
    """Look at everything in a finished run and at its seal, and return what is right and what is not.

    `demanded` is the public key, as OpenSSH writes it, that the run has to be sealed with.
    """
    return examine_state(run, tell) + check_seal(run, demanded)


def examine_state(run: RunDirectory, tell: Tell = _nobody) -> Findings:
    """Look at everything in a finished run but its seal.

    Rows are counted and measures computed again only where the files that they come from are as they were written. Raises
    `UserError` for what is no run, or one whose manifest cannot be read.
    """
    manifest = run.read_manifest()
    tell("comparing every file with its digest")
    files = _of_files(run, manifest)
    whole = _of_manifest(run, manifest)
    found = whole + files.found
    sound = not whole.mistakes and not files.damaged - {"preflight", "train"}
    if "curate" in files.damaged:
        found += Findings(not_judged=("account, split: not counted again, because files of them are damaged",))
    else:
        tell("counting rows again")
        account = _of_account(run, manifest)
        found, sound = found + account, sound and not account.mistakes
    if "audit" in manifest.phases and not sound:
        left_out = "measures: not computed again, because what they are computed from is not as it should be"
        found += Findings(not_judged=(left_out,))
    elif "audit" in manifest.phases:
        tell("computing every measure again")
        found += phases.verify_audit(run.path)
    return found


def _of_manifest(run: RunDirectory, manifest: Manifest) -> Findings:
    """Compare the manifest with the digest that it ends with."""
    where, text = str(run.manifest), run.manifest.read_bytes()
    twice = repeated_keys(text)
    if twice:
        return Findings(mistakes=(Mistake(where, f"has the key '{twice[0]}' twice in one place", _AGAIN),))
    if is_whole(text):
        return Findings((f"{run.manifest.name}: is as it was written, by its own digest",))
    if manifest.digest:
        return Findings(mistakes=(Mistake(where, "is not as it was written (its own SHA-256 differs)", _AGAIN),))
    return Findings(not_judged=(f"{run.manifest.name}: an older fairlead gave it no digest of its own",))


def _of_files(run: RunDirectory, manifest: Manifest) -> _Files:
    """Compare every file with its digest, phase by phase, and look for files that no phase wrote."""
    lines, mistakes, damaged = list[str](), list[Mistake](), set[Phase]()
    for phase in PHASES:
        if phase == "curate" or phase in manifest.phases:
            try:
                count = len(run.check_phase(phase).files)
                files = "1 file has the digest" if count == 1 else f"{count} files have the digests"
                lines.append(f"{phase}: {files} of the manifest")
            except UserError as error:
                mistakes += error.mistakes
                damaged.add(phase)
    listed = {run.path / name for record in manifest.phases.values() for name in record.files}
    there = {file for file in run.path.rglob("*") if file.is_file() or file.is_symlink()}
    hidden = (file for file in there if any(part.startswith(".") for part in file.relative_to(run.path).parts))
    unknown = there - listed - {run.manifest, run.seal} - set(hidden)
    told = {mistake.where for mistake in mistakes}
    hint = "take it out, or finish the phase that it belongs to"
    found = [Mistake(str(file), "is none of the files that the manifest lists", hint) for file in sorted(unknown)]
    mistakes += [mistake for mistake in found if mistake.where not in told]
    return _Files(Findings(tuple(lines), tuple(mistakes)), frozenset(damaged))


def _of_account(run: RunDirectory, manifest: Manifest) -> Findings:
    """Count the account of every step and the crossings of the split again, from the ledger and the data."""
    try:
        recipe = load_finished(run.recipe)
        mistakes = list(check_listed(run, recipe, manifest))
        if not mistakes:
            mistakes += _reading(run, lambda: recount(run, recipe))
            mistakes += _reading(run, lambda: _of_split(run, recipe))
    except UserError as error:
        mistakes = list(error.mistakes)
    if mistakes:
        return Findings(mistakes=tuple(mistakes))
    steps = len(manifest.steps)
    add_up = "1 step adds up" if steps == 1 else f"{steps} steps add up"
    lines = [f"account: {add_up} as the ledger says; every row is kept, dropped or in quarantine, once"]
    if recipe.split is not None:
        certificate = read_certificate(run.certificate)
        unsure = certificate.not_all_compared
        more = f"; {unfinished_in_words(unsure)}" if unsure else ""
        found = f"{certificate.crossings} crossings between train, validation and test, as its certificate says"
        lines.append(f"split: {found}{more}")
    return Findings(tuple(lines))


def _of_split(run: RunDirectory, recipe: Recipe) -> list[Mistake]:
    """Return where the certificate says other than the sides show."""
    if recipe.split is None:
        return []
    written, found = read_certificate(run.certificate), recertify(run, recipe)
    twice = repeated_keys(run.certificate.read_bytes())
    if twice:
        return [Mistake(str(run.certificate), f"has the key '{twice[0]}' twice in one place", _AGAIN)]
    if written == found:
        return []
    other = f"says {written.crossings} crossings, the data show {found.crossings}"
    what = "tells of other sides than the data show" if written.crossings == found.crossings else other
    return [Mistake(str(run.certificate), what, _AGAIN)]


def _reading(run: RunDirectory, work: Callable[[], Found]) -> Found:
    """Do some work that reads files of a run; what cannot be read is the user's to mend, for it was written whole."""
    unreadable = (pl.exceptions.PolarsError, pl.exceptions.PanicException, ValidationError, OSError)
    try:
        return work()
    except unreadable as error:
        said = (str(error).splitlines() or [type(error).__name__])[0]
        what = f"holds a file that cannot be read ({said})"
        raise UserError(Mistake(str(run.path), what, _AGAIN)) from error
