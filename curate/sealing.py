"""Sealing a run: it is verified first, then the statement of its manifest is signed and written beside it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from curate.errors import Mistake, UserError, check_none_changed
from curate.files import write_text
from curate.findings import Findings
from curate.seal import Seal, sign
from curate.store import RunDirectory
from curate.verify import Tell, examine_state

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


@dataclass(frozen=True)
class Sealed:
    """What verification found, and the seal; None where something was amiss. `replaced` says that there was another seal."""

    found: Findings
    seal: Seal | None = None
    replaced: bool = False


def seal_run(run: RunDirectory, make_key: Callable[[], "Ed25519PrivateKey"], name: str, tell: Tell) -> Sealed:
    """Verify a run and seal the state that was verified; an older seal is not looked at, and gives way.

    `make_key` gives the key once the run is known to be sound. Raises `UserError` if something of it could not be judged here,
    or if the manifest changed meanwhile.
    """
    run.read_manifest()
    before = run.manifest.read_bytes()
    found = examine_state(run, tell)
    if found.mistakes:
        return Sealed(found)
    _check_all_judged(run, found)
    key = make_key()
    check_none_changed([str(run.manifest)] if run.manifest.read_bytes() != before else [])
    seal = sign(before, key, name, datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))
    replaced = run.seal.exists()
    write_text(run.seal, seal.as_written())
    return Sealed(found, seal, replaced)


def _check_all_judged(run: RunDirectory, found: Findings) -> None:
    """Raise `UserError` for what verification left open: a seal says of the whole run that it was verified."""
    hint = "seal it where all of it can be judged, or remove that part of the run and make it anew here"
    left_open = [
        Mistake(str(run.path), f"is not sealed, as not all of it was judged: {line}", hint) for line in found.not_judged
    ]
    if left_open:
        raise UserError(left_open)
