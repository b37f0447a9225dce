"""Files of keys: every form that OpenSSH and PEM have, and what is no key, another's or locked."""

import shutil
import stat
import subprocess

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from curate.errors import UserError
from curate.keys import make_key_pair, read_private_key, read_public_key
from curate.seal import fingerprint, in_openssh

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = in_openssh(KEY.public_key())
LOCK = BestAvailableEncryption(b"open sesame")
FORMS = {"openssh": PrivateFormat.OpenSSH, "pem": PrivateFormat.PKCS8}
HAS_SSH = pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="ssh-keygen is not installed")


def never() -> str:
    pytest.fail("asked for a passphrase")


def refused(read, *arguments) -> str:
    with pytest.raises(UserError) as caught:
        read(*arguments)
    return str(caught.value)


@pytest.mark.parametrize("form", FORMS)
def test_private_keys_with_and_without_a_passphrase(tmp_path, form):
    path = tmp_path / "key"
    path.write_bytes(KEY.private_bytes(Encoding.PEM, FORMS[form], NoEncryption()))
    assert in_openssh(read_private_key(path, never).public_key()) == PUBLIC
    path.write_bytes(KEY.private_bytes(Encoding.PEM, FORMS[form], LOCK))
    assert in_openssh(read_private_key(path, lambda: "open sesame").public_key()) == PUBLIC
    for wrong in ("open barley", ""):
        said = refused(read_private_key, path, lambda wrong=wrong: wrong)
        assert said.startswith(f"{path}: cannot be opened with this passphrase; ")
        assert "barley" not in said


def test_public_keys(tmp_path):
    path = tmp_path / "key.pub"
    for data in (
        f"{PUBLIC} ada@example.org\n".encode(),
        KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
    ):
        path.write_bytes(data)
        assert read_public_key(path) == PUBLIC


@pytest.mark.parametrize(
    "make", [lambda: rsa.generate_private_key(65537, 2048), lambda: ec.generate_private_key(ec.SECP256R1())]
)
def test_keys_of_another_kind(tmp_path, make):
    key, path = make(), tmp_path / "key"
    for form in FORMS.values():
        path.write_bytes(key.private_bytes(Encoding.PEM, form, NoEncryption()))
        assert "is a key of another kind (" in refused(read_private_key, path, never)
    path.write_bytes(key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH))
    said = refused(read_public_key, path)
    assert said.startswith(f"{path}: is a key of another kind (")
    assert "an ed25519 key is needed" in said


@pytest.mark.parametrize(
    ("content", "private", "public"),
    [
        (b"", "is no private key", "is no public key"),
        (b"words", "is no private key", "is no public key"),
        (b"-----BEGIN OPENSSH PRIVATE KEY-----\n!\n-----END OPENSSH PRIVATE KEY-----\n", "is no private key", "is a private key"),
        (PUBLIC.encode(), "is a public key; name the private key", None),
        (b"ssh-ed25519 AAAA\n", "is a public key", "is no public key"),
        (b"x" * 200_000, "is larger than 100,000 bytes", "is larger than 100,000 bytes"),
    ],
)  # fmt: skip
def test_what_is_no_key(tmp_path, content, private, public):
    path = tmp_path / "key"
    path.write_bytes(content)
    assert refused(read_private_key, path, never).startswith(f"{path}: {private}")
    if public is not None:
        assert refused(read_public_key, path).startswith(f"{path}: {public}")


def test_a_file_that_is_not_there(tmp_path):
    for path in (tmp_path / "none", tmp_path):
        assert "there is no such key file" in refused(read_private_key, path, never)
        assert "there is no such key file" in refused(read_public_key, path)


def test_a_new_pair_is_for_its_owners_eyes_and_overwrites_nothing(tmp_path):
    path = tmp_path / "new"
    key = make_key_pair(path, "")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert in_openssh(read_private_key(path, never).public_key()) == in_openssh(key.public_key())
    assert read_public_key(tmp_path / "new.pub") == in_openssh(key.public_key())
    before = path.read_bytes()
    assert refused(make_key_pair, path, "").count("is there already, and keys are not overwritten") == 2
    path.unlink()
    assert "new.pub: is there already" in refused(make_key_pair, path, "")
    assert not path.exists()
    assert make_key_pair(tmp_path / "locked", "open sesame")
    assert read_private_key(tmp_path / "locked", lambda: "open sesame")
    assert b"OPENSSH PRIVATE KEY" in before
    assert "is no folder" in refused(make_key_pair, tmp_path / "none" / "key", "")


@HAS_SSH
def test_keys_and_fingerprints_are_those_of_openssh(tmp_path):
    for name, passphrase in (("plain", ""), ("locked", "open sesame")):
        path = tmp_path / name
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", passphrase, "-f", path], check=True)
        key = in_openssh(read_private_key(path, lambda passphrase=passphrase: passphrase).public_key())
        assert key == read_public_key(path.with_name(f"{name}.pub"))
        listed = subprocess.run(["ssh-keygen", "-l", "-f", path], check=True, capture_output=True, text=True).stdout
        assert fingerprint(key) == listed.split()[1]
    make_key_pair(tmp_path / "ours", "open sesame")
    command = ["ssh-keygen", "-y", "-P", "open sesame", "-f", tmp_path / "ours"]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert told.strip() == read_public_key(tmp_path / "ours.pub")
