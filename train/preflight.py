"""The phase `preflight`: everything about training that is known before a weight is loaded, on the CPU; `RUN/train/preflight.json`.

`python -m train.preflight RUN` looks and prints what it found; training does the same first, and refuses while a check fails.
"""

import argparse
import sys
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from pydantic import ValidationError

from curate.errors import Mistake, UserError, escaped_json
from curate.files import digest_text, write_text
from curate.packages import package_versions
from curate.recipe import Recipe
from curate.recipe_file import load_finished
from curate.store import RunDirectory
from curate.task import Classification
from train.bases import base_identity
from train.certificate import Certificate
from train.checks import all_checks
from train.checks.rows import labels_of
from train.job import SIDES, Ready, get_ready
from train.models import choose_device, tokenizer_identity, uses_bfloat16
from train.outlook import memory_of, parameters_of, steps_of
from train.preflight_table import print_certificate
from train.process import VERSIONED, run, say
from train.settings import settings_of
from train.surroundings import free_memory

GIBIBYTE = 2**30
VERSION = 2
"""Rises when the same rows are checked otherwise, or the certificate is written otherwise."""


def main() -> int:
    """Read the command line, check, print, and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m train.preflight", description="Check a run before it is trained.")
    parser.add_argument("run", type=Path, help="the run directory")
    parser.add_argument("--json", action="store_true", help="print the certificate as JSON")
    arguments = parser.parse_args()
    directory, found = RunDirectory(arguments.run), list[Certificate]()
    code = run(lambda: found.append(preflight(directory, load_finished(directory.recipe))[0]))
    if not found:
        return code
    if arguments.json:
        sys.stdout.write(escaped_json(directory.preflight.read_text(encoding="utf-8")))
    else:
        print_certificate(found[0], directory.preflight)
    return run(partial(refuse, found[0], directory))


def preflight(directory: RunDirectory, recipe: Recipe) -> tuple[Certificate, Ready | None]:
    """Return the certificate of a run, and the rows as tokens where it had to be made."""
    started = time.monotonic()
    key = preflight_key(directory, recipe)
    if directory.is_done("preflight", key):
        return read_certificate(directory.preflight), None
    ready = get_ready(directory, recipe)
    found = certify(directory, ready)
    write_text(directory.preflight, found.model_dump_json(indent=2) + "\n")
    notes = {"failed": ", ".join(check.name for check in found.failed)} if found.failed else {}
    directory.finish_phase("preflight", key, [directory.preflight], started, notes)
    return found, ready


def read_certificate(path: Path) -> Certificate:
    """Read a certificate; raises `UserError` for one that another fairlead wrote."""
    try:
        return Certificate.model_validate_json(path.read_text(encoding="utf-8"))
    except ValidationError as error:
        what = f"is no certificate that this fairlead reads ({str(error).splitlines()[0]})"
        raise UserError(Mistake(str(path), what, "remove it and check the run again")) from error


def preflight_key(directory: RunDirectory, recipe: Recipe) -> str:
    """Return the key of this phase: everything that a certificate depends on."""
    settings = settings_of(recipe)
    versions = [f"{name} {version}" for name, version in package_versions(VERSIONED).items()]
    said = (settings.model_dump_json(), recipe.task.model_dump_json(), str(recipe.seed), choose_device(settings.device))
    data = [f"{name} {digest}" for name, digest in _data(directory).items()]
    return digest_text("preflight", str(VERSION), *said, base_identity(settings.base), *data, *versions)


def _data(directory: RunDirectory) -> dict[str, str]:
    files = directory.check_phase("curate").files
    names = [str(directory.data(side).relative_to(directory.path)) for side in SIDES]
    return {name: files[name] for name in names}


def certify(directory: RunDirectory, ready: Ready) -> Certificate:
    """Look at everything, and return what was found."""
    recipe, tokenizer, settings = ready.recipe, ready.outline.tokenizer, settings_of(ready.recipe)
    parameters, trained = parameters_of(ready)
    counts, template = ready.encoded["train"].counts, tokenizer.chat_template
    by_label = {}
    if isinstance(recipe.task, Classification):
        by_label = {side: labels_of(ready, side) for side in SIDES}
    return Certificate(
        device=ready.device, base=settings.base, base_identity=base_identity(settings.base), method=settings.method,
        tokenizer_sha256=tokenizer_identity(tokenizer), chat_template_sha256=digest_text(template) if template else None,
        end_token=tokenizer.eos_token, pad_token=tokenizer.pad_token, vocabulary=len(tokenizer),
        checks=all_checks(ready),
        sides={side: encoded.counts for side, encoded in ready.encoded.items()}, labels=by_label,
        steps=steps_of(ready),
        memory=memory_of(ready, parameters, trained, bfloat16=uses_bfloat16(settings.precision, ready.device)),
        parameters=parameters, trained_parameters=trained,
        tokens_per_parameter=counts.tokens / trained, supervised_per_parameter=counts.supervised / trained,
        data=_data(directory), packages=package_versions(VERSIONED),
    )  # fmt: skip


def refuse(found: Certificate, directory: RunDirectory) -> None:
    """Raise `UserError` with every check that failed, the rows that it is about, and what to change."""
    where = str(directory.preflight)
    mistakes = [Mistake(where, f"{check.name}: {check.in_words()}", check.hint) for check in found.failed]
    if mistakes:
        raise UserError(mistakes)


def tell(found: Certificate, directory: RunDirectory, accepted: Sequence[str] = ()) -> None:
    """Say on stderr what the checks warn of and how many passed, for who trains."""
    for check in found.checks:
        if check.outcome in ("warned", "accepted"):
            said = f"preflight: {check.name}, {check.outcome}: {check.in_words()}"
            say(f"{said}; {check.hint}" if check.hint else said)
    for name in accepted:
        if name not in {check.name for check in found.checks if check.outcome == "accepted"}:
            say(f"preflight: train.accept names {name}, which passed; leave it out")
    free = free_memory(found.device)
    if free is not None and found.memory.training > free:
        needed = f"about {found.memory.training / GIBIBYTE:.1f} GiB for tensors, and {free / GIBIBYTE:.1f} GiB are free"
        say(f"preflight: memory, warned: training will take {needed}; lower train.batch_size or train.max_length")
    passed = sum(check.outcome == "passed" for check in found.checks)
    say(f"preflight: {passed} of {len(found.checks)} checks passed, see {directory.preflight}")


if __name__ == "__main__":
    sys.exit(main())
