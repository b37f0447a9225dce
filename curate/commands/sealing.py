"""Around sealing: the key, read from a file or made, its passphrase, asked for or of the environment; and what is told then."""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from curate.commands.shared import print_json, tell_findings
from curate.store import RunDirectory

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from curate.sealing import Sealed


def key_for(run: RunDirectory, key: Path | None, new_key: Path | None) -> "Callable[[], Ed25519PrivateKey]":
    """Return what gives the key; one that is there is read at once, a new pair is written only when it is needed.

    Raises `UserError` unless exactly one is named, and for a new key that would stand in the run.
    """
    from curate.errors import Mistake, UserError  # noqa: PLC0415
    from curate.keys import check_new, make_key_pair, read_private_key  # noqa: PLC0415

    if (key is None) == (new_key is None):
        what = "one key is needed" if key is None else "--key and --new-key are both given"
        raise UserError(Mistake("fairlead seal", what, "name one: --key FILE, or --new-key FILE to make a pair"))
    if key is not None:
        found = read_private_key(key, lambda: _passphrase(key))
        return lambda: found
    assert new_key is not None
    check_new(new_key)
    if new_key.resolve().is_relative_to(run.path.resolve()):
        raise UserError(
            Mistake(str(new_key), "stands in the run that is sealed", "keep keys where no run is given away")
        )
    passphrase = _new_passphrase(new_key)
    return lambda: make_key_pair(new_key, passphrase)


def _passphrase(path: Path) -> str:
    """Return the passphrase of a key: from the environment, or as it is typed in a terminal."""
    from curate.errors import Mistake, UserError  # noqa: PLC0415
    from curate.keys import PASSPHRASE  # noqa: PLC0415

    given = os.environ.get(PASSPHRASE, "")
    if given:
        return given
    if not sys.stdin.isatty():
        hint = f"set {PASSPHRASE}, or seal in a terminal, where it is asked for"
        raise UserError(Mistake(str(path), "has a passphrase", hint))
    return str(typer.prompt(f"passphrase of {path}", hide_input=True, err=True))


def _new_passphrase(path: Path) -> str:
    """Return the passphrase for a new key, which may be empty: from the environment, or as it is typed twice in a terminal."""
    from curate.keys import PASSPHRASE  # noqa: PLC0415

    given = os.environ.get(PASSPHRASE, "")
    if given or not sys.stdin.isatty():
        return given
    asked = f"passphrase for {path} (empty for none)"
    return str(typer.prompt(asked, default="", show_default=False, hide_input=True, confirmation_prompt=True, err=True))


def tell_seal(run: RunDirectory, done: "Sealed", *, as_json: bool) -> int:
    """Print what verification found, and by which key the run is sealed now; return 0, or 3 if it is not."""
    from curate.seal import fingerprint  # noqa: PLC0415
    from curate.terminal import stdout  # noqa: PLC0415

    if done.seal is None:
        return tell_findings(done.found, as_json=as_json)
    key = fingerprint(done.seal.public_key)
    if as_json:
        signed = {**done.seal.model_dump(), "fingerprint": key, "replaced": done.replaced}
        print_json({**done.found.in_json(), "seal": signed})
        return 0
    tell_findings(done.found, as_json=False)
    before = " (the seal that was there gave way)" if done.replaced else ""
    stdout.print(f"{run.seal}: signed with the key {key} at {done.seal.time}{before}", highlight=False, soft_wrap=True)
    return 0
