"""A seal: what is signed cannot be swapped, only a run that verifies is sealed, and verify says of which state by which key."""

import base64
import hashlib
import json
import re
import shutil
import stat
import sys
from types import SimpleNamespace

import pytest
from asked_runs import curate, write
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from typer.testing import CliRunner

from curate.cli import app
from curate.commands import sealing
from curate.keys import PASSPHRASE
from curate.manifest import Manifest
from curate.seal import Seal, check_seal, fingerprint, in_openssh, is_signed, sign, statement
from curate.store import RunDirectory

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
PUBLIC = in_openssh(KEY.public_key())
SECRET = "open sesame"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return curate(write(tmp_path_factory.mktemp("seal")))


@pytest.fixture
def run(made, tmp_path):
    return RunDirectory(shutil.copytree(made.path, tmp_path / made.path.name))


@pytest.fixture
def key(tmp_path):
    path = tmp_path / "key"
    path.write_bytes(KEY.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()))
    (tmp_path / "key.pub").write_text(f"{PUBLIC} ada@example.org\n")
    (tmp_path / "other.pub").write_text(f"{in_openssh(OTHER.public_key())}\n")
    return path


def fairlead(*arguments, **environment):
    done = CliRunner().invoke(app, list(map(str, arguments)), env={PASSPHRASE: None, **environment})
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    assert SECRET not in done.output
    assert "PRIVATE KEY" not in done.output
    return done.exit_code, done.stdout, done.stderr


def test_what_is_signed_is_every_field_but_the_signature():
    seal = sign(b"the manifest", KEY, "Ada Ł.", "2031-01-02T03:04:05Z")
    digest = hashlib.sha256(b"the manifest").hexdigest()
    by_hand = (
        b"fairlead seal of a run\n"
        b'{"algorithm":"ed25519","manifest_sha256":"' + digest.encode() + b'","name":"Ada \\u0141.","public_key":"'
        + PUBLIC.encode() + b'","schema_version":1,"time":"2031-01-02T03:04:05Z"}'
    )  # fmt: skip
    assert statement(seal) == by_hand
    KEY.public_key().verify(base64.b64decode(seal.signature), by_hand)
    with pytest.raises(InvalidSignature):
        OTHER.public_key().verify(base64.b64decode(seal.signature), by_hand)
    assert is_signed(seal)
    assert set(Seal.model_fields) - {"signature"} == set(json.loads(by_hand.partition(b"\n")[2]))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("manifest_sha256", "0" * 64),
        ("name", "Eve"),
        ("time", "2031-01-02T03:04:06Z"),
        ("public_key", in_openssh(OTHER.public_key())),
        ("public_key", f"{PUBLIC} with a comment"),
        ("public_key", "ssh-ed25519 AAAA"),
        ("public_key", "words"),
        ("signature", ""),
        ("signature", "words"),
        ("signature", base64.b64encode(bytes(64)).decode()),
    ],
)
def test_nothing_in_a_seal_can_be_swapped(field, value):
    seal = sign(b"the manifest", KEY, "Ada", "2031-01-02T03:04:05Z")
    assert not is_signed(seal.model_copy(update={field: value}))


def test_no_byte_of_a_seal_can_change_unseen(run):
    data = sign(run.manifest.read_bytes(), KEY, "Ada", "2031-01-02T03:04:05Z").as_written().encode()
    run.seal.write_bytes(data)
    assert check_seal(run).mistakes == ()
    for place in range(len(data)):
        for bit in (1, 4, 32):
            run.seal.write_bytes(data[:place] + bytes([data[place] ^ bit]) + data[place + 1 :])
            assert len(check_seal(run).mistakes) == 1, place
    for more in (b"\n", b" ", b"{}"):
        run.seal.write_bytes(data + more)
        assert len(check_seal(run).mistakes) == 1


def test_sealed_and_verified(run, key):
    code, out, err = fairlead("seal", run.path, "--key", key, "--name", "Ada L.")
    assert (code, err) == (0, "")
    print_of_key = fingerprint(PUBLIC)
    assert re.search(
        rf"seal\.json: signed with the key {re.escape(print_of_key)} at 20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ$", out.strip()
    )
    assert out.startswith("manifest.json: is as it was written")
    code, out, err = fairlead("verify", run.path)
    assert (code, err) == (0, "")
    said = out.splitlines()[-1]
    assert said.startswith(
        f"seal: this state of the run was signed with the key {print_of_key}, in the name 'Ada L.', at "
    )
    assert said.endswith("whose key that is, 'verify --public-key FILE' can tell")
    code, out, _err = fairlead("verify", run.path, "--public-key", f"{key}.pub")
    assert (code, out.strip().endswith("it is the key that was demanded")) == (0, True)
    code, out, err = fairlead("verify", run.path, "--public-key", key.with_name("other.pub"))
    assert (code, f"{fingerprint(in_openssh(OTHER.public_key()))} was demanded" in err) == (3, True)


def test_json(run, key):
    code, out, _err = fairlead("seal", run.path, "--key", key, "--json")
    found = json.loads(out)
    assert (code, found["mistakes"], found["seal"]["fingerprint"]) == (0, [], fingerprint(PUBLIC))
    assert found["seal"]["manifest_sha256"] == hashlib.sha256(run.manifest.read_bytes()).hexdigest()
    assert found["seal"]["replaced"] is False
    assert json.loads(run.seal.read_text()).items() <= found["seal"].items()
    assert "with no name given" in fairlead("verify", run.path)[1]


def test_a_key_is_demanded_of_a_run_that_has_no_seal(run, key):
    code, _out, err = fairlead("verify", run.path, "--public-key", f"{key}.pub")
    assert (code, "seal.json: not found; a seal by SHA256:" in err.replace("was demanded", "")) == (3, True)
    for name in (str(key), "none.pub"):
        assert fairlead("verify", run.path, "--public-key", name)[0] == 2


def test_a_state_that_changed_since_is_told_and_can_be_sealed_again(run, key):
    fairlead("seal", run.path, "--key", key, "--name", "Ada")
    content = json.loads(run.manifest.read_text())
    content["phases"]["curate"]["seconds"] += 1
    run.write_manifest(Manifest.model_validate(content))
    code, _out, err = fairlead("verify", run.path)
    assert code == 3
    assert "seal.json: is of another state of the run (signed with the key SHA256:" in err
    assert f"'fairlead seal {run.path} --key FILE' seals the run as it is now" in err
    code, out, _err = fairlead("seal", run.path, "--key", key)
    assert (code, out.strip().endswith("(the seal that was there gave way)")) == (0, True)
    assert fairlead("verify", run.path)[0] == 0


def test_what_is_signed_by_nobody_is_told(run, key):
    fairlead("seal", run.path, "--key", key, "--name", "Ada")
    run.seal.write_text(run.seal.read_text().replace('"Ada"', '"Eve"'))
    code, _out, err = fairlead("verify", run.path)
    assert (code, "seal.json: is not what was signed" in err) == (3, True)
    run.seal.write_text("{}")
    assert "seal.json: is damaged (Field required)" in fairlead("verify", run.path)[2]


def test_a_run_that_does_not_verify_is_not_sealed_and_no_key_is_made(run, key):
    run.quarantine.unlink()
    for option in (("--key", key), ("--new-key", key.with_name("new"))):
        code, out, err = fairlead("seal", run.path, *option)
        assert (code, "quarantine.parquet: is gone" in err) == (3, True)
        assert "signed" not in out
    code, out, _err = fairlead("seal", run.path, "--key", key, "--json")
    assert (code, len(json.loads(out)["mistakes"])) == (3, 1)
    assert not run.seal.exists()
    assert not key.with_name("new").exists()
    assert fairlead("seal", key.parent, "--key", key)[0] == 2


def test_a_run_that_was_not_judged_as_a_whole_is_not_sealed_and_no_key_is_made(run, key):
    content = json.loads(run.manifest.read_text())
    del content["digest"]
    run.manifest.write_text(json.dumps(content))
    assert fairlead("verify", run.path)[0] == 0
    for option in (("--key", key), ("--new-key", key.with_name("new"))):
        code, _out, err = fairlead("seal", run.path, *option)
        assert code == 2
        assert (
            f"{run.path}: is not sealed, as not all of it was judged: manifest.json: an older fairlead gave it no"
            in err
        )
        assert "seal it where all of it can be judged, or remove that part of the run and make it anew here" in err
    code, out, _err = fairlead("seal", run.path, "--key", key, "--json")
    assert (code, len(json.loads(out)["mistakes"])) == (2, 1)
    assert not run.seal.exists()
    assert not key.with_name("new").exists()


def test_a_new_key_is_made_and_used(run, tmp_path):
    new = tmp_path / "new"
    assert fairlead("seal", run.path, "--new-key", new)[0] == 0
    assert stat.S_IMODE(new.stat().st_mode) == 0o600
    assert fairlead("verify", run.path, "--public-key", f"{new}.pub")[0] == 0
    code, _out, err = fairlead("seal", run.path, "--new-key", new)
    assert (code, err.count("is there already")) == (2, 2)
    code, _out, err = fairlead("seal", run.path, "--new-key", run.path / "key")
    assert (code, "stands in the run that is sealed" in err) == (2, True)
    locked = tmp_path / "locked"
    assert fairlead("seal", run.path, "--new-key", locked, **{PASSPHRASE: SECRET})[0] == 0
    assert fairlead("seal", run.path, "--key", locked)[0] == 2
    assert fairlead("seal", run.path, "--key", locked, **{PASSPHRASE: SECRET})[0] == 0


def test_a_passphrase_is_taken_from_the_environment_or_asked_for(run, tmp_path, monkeypatch):
    path = tmp_path / "locked"
    path.write_bytes(KEY.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, BestAvailableEncryption(SECRET.encode())))
    code, _out, err = fairlead("seal", run.path, "--key", path)
    assert (code, f"{path}: has a passphrase; set {PASSPHRASE}, or seal in a terminal" in err) == (2, True)
    code, _out, err = fairlead("seal", run.path, "--key", path, **{PASSPHRASE: "open barley"})
    assert (code, "cannot be opened with this passphrase" in err, "barley" in err) == (2, True, False)
    assert fairlead("seal", run.path, "--key", path, **{PASSPHRASE: SECRET})[0] == 0
    asked = []
    monkeypatch.delenv(PASSPHRASE, raising=False)
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(isatty=lambda: True))
    monkeypatch.setattr(
        sealing.typer, "prompt", lambda text, **how: asked.append((text, how["hide_input"], how["err"])) or SECRET
    )
    assert in_openssh(sealing.key_for(run, path, None)().public_key()) == PUBLIC
    sealing.key_for(run, None, tmp_path / "new")()
    assert b"aes256" in base64.b64decode("".join((tmp_path / "new").read_text().splitlines()[1:-1]))
    assert [(hidden, on_stderr) for _text, hidden, on_stderr in asked] == [(True, True)] * 2


@pytest.mark.parametrize("options", [(), ("--key", "a", "--new-key", "b"), ("--key", "none")])
def test_one_key_is_needed(run, options):
    code, _out, err = fairlead("seal", run.path, *options)
    assert (code, err.count("\n")) == (2, 1)
