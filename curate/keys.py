"""Files of ed25519 keys: private and public ones in OpenSSH's form or PEM, and a new pair. No error quotes a key or passphrase."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from curate.errors import Mistake, UserError
from curate.seal import in_openssh

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

PASSPHRASE = "FAIRLEAD_KEY_PASSPHRASE"  # noqa: S105  (the name of the variable that may hold it)
MAXIMUM_BYTES = 100_000
_MAKE = "make a pair with 'ssh-keygen -t ed25519 -f FILE', or name a new one with --new-key"
_OPENSSH = b"-----BEGIN OPENSSH PRIVATE KEY-----"


def read_private_key(path: Path, ask: Callable[[], str]) -> "Ed25519PrivateKey":
    """Read an ed25519 private key; `ask` gives its passphrase if it has one. Raises `UserError` for anything else."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import (
        load_pem_private_key,
        load_ssh_private_key,
    )

    data, passphrase = _read(path), None
    load: Callable[..., Any] = load_ssh_private_key if data.lstrip().startswith(_OPENSSH) else load_pem_private_key
    try:
        try:
            key = load(data, None)
        except TypeError:  # it is encrypted
            passphrase = ask()
            key = load(data, os.fsencode(passphrase))
    except (TypeError, ValueError, UnsupportedAlgorithm) as error:  # TypeError: the passphrase is empty
        raise UserError(_no_private_key(path, data, asked=passphrase is not None)) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise UserError(_other_kind(path, key))
    return key


def _no_private_key(path: Path, data: bytes, *, asked: bool) -> Mistake:
    if asked:
        return Mistake(str(path), "cannot be opened with this passphrase", "give the passphrase that it was made with")
    if b"PUBLIC KEY" in data or data.startswith((b"ssh-", b"ecdsa-", b"sk-")):
        return Mistake(str(path), "is a public key", "name the private key of the pair: the file without .pub")
    return Mistake(str(path), "is no private key in OpenSSH's form or PEM, or is damaged", _MAKE)


def read_public_key(path: Path) -> str:
    """Read an ed25519 public key, and return it as OpenSSH writes it. Raises `UserError` for anything else."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key, load_ssh_public_key

    data = _read(path)
    if b"PRIVATE KEY" in data:
        raise UserError(Mistake(str(path), "is a private key", "name the public key of the pair: FILE.pub"))
    load: Callable[..., Any] = load_pem_public_key if data.lstrip().startswith(b"-----BEGIN") else load_ssh_public_key
    try:
        key = load(data)
    except (ValueError, UnsupportedAlgorithm) as error:
        hint = "give the file .pub that stands beside the private key"
        raise UserError(Mistake(str(path), "is no public key in OpenSSH's form or PEM, or is damaged", hint)) from error
    if not isinstance(key, Ed25519PublicKey):
        raise UserError(_other_kind(path, key))
    return in_openssh(key)


def make_key_pair(path: Path, passphrase: str) -> "Ed25519PrivateKey":
    """Write a new private key, for its owner's eyes alone, and beside it its public key (`.pub`); nothing is overwritten.

    Without a passphrase the file is not encrypted.
    """
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    check_new(path)
    key = Ed25519PrivateKey.generate()
    lock: serialization.KeySerializationEncryption = (
        serialization.BestAvailableEncryption(os.fsencode(passphrase)) if passphrase else serialization.NoEncryption()
    )
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, lock)
    _create(path, private, 0o600)
    _create(public_of(path), f"{in_openssh(key.public_key())}\n".encode(), 0o644)
    return key


def public_of(path: Path) -> Path:
    """Return where the public key of a private key stands."""
    return path.with_name(f"{path.name}.pub")


def check_new(path: Path) -> None:
    """Raise `UserError` if a new pair of keys cannot be written to a path and beside it."""
    there = [str(file) for file in (path, public_of(path)) if file.exists() or file.is_symlink()]
    hint = "name a new file, or seal with the key that is there: --key"
    mistakes = [Mistake(file, "is there already, and keys are not overwritten", hint) for file in there]
    if not path.parent.is_dir():
        mistakes.append(Mistake(str(path.parent), "is no folder", "make it, or name a file in another"))
    if mistakes:
        raise UserError(mistakes)


def _create(path: Path, data: bytes, mode: int) -> None:
    """Write a new file that has its mode before it has content."""
    number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(number, "wb") as file:
        file.write(data)


def _read(path: Path) -> bytes:
    if not path.is_file():
        raise UserError(Mistake(str(path), "there is no such key file", _MAKE))
    with path.open("rb") as file:
        data = file.read(MAXIMUM_BYTES + 1)
    if len(data) > MAXIMUM_BYTES:
        raise UserError(Mistake(str(path), f"is larger than {MAXIMUM_BYTES:,} bytes, and no key", _MAKE))
    return data


def _other_kind(path: Path, key: object) -> Mistake:
    kind = type(key).__name__.removesuffix("PrivateKey").removesuffix("PublicKey").lstrip("_")
    return Mistake(str(path), f"is a key of another kind ({kind})", f"an ed25519 key is needed: {_MAKE}")
