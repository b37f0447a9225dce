"""Verification of a finished run: files against their digests, the account against ledger and data, the split's certificate."""

from curate.errors import Mistake, UserError
from curate.manifest import PHASES
from curate.publish import recertify
from curate.recipe_file import load_finished
from curate.recount import recount
from curate.split import read_certificate
from curate.store import RunDirectory


def verify(run: RunDirectory) -> list[str]:
    """Return one line for everything that was found right; raises `UserError` naming what is not."""
    lines = []
    for phase in PHASES:
        if phase == "curate" or phase in run.read_manifest().phases:
            record = run.check_phase(phase)
            lines.append(f"{phase}: {len(record.files)} files have the digests of the manifest")
    recipe = load_finished(run.recipe)
    mistakes = recount(run, recipe)
    if mistakes:
        raise UserError(mistakes)
    steps = len(run.read_manifest().steps)
    lines.append(f"account: {steps} steps add up as the ledger says; every row is kept, dropped or in quarantine, once")
    if recipe.split is not None:
        written, found = read_certificate(run.certificate), recertify(run, recipe)
        if written != found:
            what = f"says {written.crossings} crossings, the data show {found.crossings}"
            raise UserError(Mistake(str(run.certificate), what, "run the recipe again"))
        lines.append(f"split: {found.crossings} crossings between train, validation and test, as its certificate says")
    return lines
