"""The seal of a run: who signed which state of its manifest when, and whether the signature is of that.

What is signed is a statement: every field of the seal but the signature, as JSON with sorted keys and no space, after a first
line that says what it is. It holds the SHA-256 of the manifest, which holds those of all other files. Signatures are ed25519
(RFC 8032) and stand in base64; keys are written as OpenSSH writes them.
"""

import base64
import binascii
import hashlib
import json
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from curate.errors import Mistake
from curate.findings import Findings
from curate.store import RunDirectory

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

_PURPOSE = b"fairlead seal of a run\n"
"""Stands before what is signed, so that no signature made for something else can be one of a seal."""


class Seal(BaseModel):
    """A seal: the state that it is of, who says so (a name that the signer gave), when (UTC), with which key."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_version: Literal[1] = 1
    algorithm: Literal["ed25519"] = "ed25519"
    manifest_sha256: str
    name: str
    time: str
    public_key: str
    signature: str = ""

    def as_written(self) -> str:
        """Return the text of its file."""
        return self.model_dump_json(indent=2) + "\n"


def statement(seal: Seal) -> bytes:
    """Return what is signed: every field but the signature, in one form only."""
    content = seal.model_dump(exclude={"signature"})
    return _PURPOSE + json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()


def sign(manifest: bytes, key: "Ed25519PrivateKey", name: str, time: str) -> Seal:
    """Return the seal of a manifest: its file's bytes, the signer's name as she gives it, and the time."""
    digest = hashlib.sha256(manifest).hexdigest()
    unsigned = Seal(manifest_sha256=digest, name=name, time=time, public_key=in_openssh(key.public_key()))
    signature = base64.b64encode(key.sign(statement(unsigned))).decode()
    return unsigned.model_copy(update={"signature": signature})


def is_signed(seal: Seal) -> bool:
    """Return whether a seal's signature is one of its statement by its public key."""
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_ssh_public_key

    try:
        key = load_ssh_public_key(seal.public_key.encode())
        signature = base64.b64decode(seal.signature, validate=True)
        if not isinstance(key, Ed25519PublicKey) or in_openssh(key) != seal.public_key:
            return False
        key.verify(signature, statement(seal))
    except (ValueError, binascii.Error, InvalidSignature, UnsupportedAlgorithm):
        return False
    return base64.b64encode(signature).decode() == seal.signature  # base64 has spare bits, and none may differ


def in_openssh(key: "Ed25519PublicKey") -> str:
    """Return a public key as OpenSSH writes it, without a comment: `ssh-ed25519 AAAA…`."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return key.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()


def fingerprint(public_key: str) -> str:
    """Return the fingerprint of a public key in OpenSSH's form, as `ssh-keygen -l` prints it: `SHA256:…`."""
    blob = base64.b64decode(public_key.split()[1])
    return "SHA256:" + base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")


def check_seal(run: RunDirectory, demanded: str | None = None) -> Findings:
    """Look at a run's seal, if there is one; there has to be one by the public key that is `demanded`."""
    where, hint = str(run.seal), f"'fairlead seal {run.path} --key FILE' seals the run as it is now"
    if not run.seal.is_file():
        if demanded is None:
            return Findings()
        return Findings(mistakes=(Mistake(where, f"not found; a seal by {fingerprint(demanded)} was demanded", hint),))
    data = run.seal.read_bytes()
    try:
        seal = Seal.model_validate_json(data)
    except ValidationError as error:
        return Findings(mistakes=(Mistake(where, f"is damaged ({_first(error)})", hint),))
    if data != seal.as_written().encode() or not is_signed(seal):
        what = "is not what was signed: the signature is not of this digest, name, time and key"
        return Findings(mistakes=(Mistake(where, what, hint),))
    given = f"in the name '{seal.name}'" if seal.name else "with no name given"
    signer = f"the key {fingerprint(seal.public_key)}, {given}, at {seal.time}"
    mistakes = []
    if demanded is not None and seal.public_key != demanded:
        what = f"was signed with {signer}; {fingerprint(demanded)} was demanded"
        mistakes.append(Mistake(where, what, "ask whoever sealed it which key is hers, or who changed the seal"))
    if hashlib.sha256(run.manifest.read_bytes()).hexdigest() != seal.manifest_sha256:
        what = f"is of another state of the run (signed with {signer}): the manifest was written or changed since"
        mistakes.append(Mistake(where, what, hint))
    if mistakes:
        return Findings(mistakes=tuple(mistakes))
    whose = (
        "; it is the key that was demanded" if demanded else "; whose key that is, 'verify --public-key FILE' can tell"
    )
    return Findings((f"seal: this state of the run was signed with {signer}{whose}",))


def _first(error: ValidationError) -> str:
    return error.errors()[0]["msg"]
