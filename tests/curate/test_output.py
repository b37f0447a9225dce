"""Standard output that is closed, full, or read no further: a line on stderr and 2, or a quiet end; never a traceback."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

COMMAND = f"{sys.executable} -m curate"
FULL = "standard output: cannot be written (No space left on device); send it to where it can be written\n"
CLOSED = "standard output: is closed; send it to where it can be written\n"
full = pytest.mark.skipif(not Path("/dev/full").exists(), reason="the device that is always full is Linux's")


def ended(command: str, folder: Path, **environment: str) -> tuple[int, str]:
    (folder / "runs").mkdir(exist_ok=True)
    done = subprocess.run(  # a shell alone can close a stream for the command
        command, shell=True, cwd=folder, env={**os.environ, **environment}, stderr=subprocess.PIPE, text=True
    )
    return done.returncode, done.stderr


@pytest.mark.parametrize("arguments", ["--version", "cache list --json", "cache list"])
@pytest.mark.parametrize(
    ("where", "unbuffered", "said"),
    [(">&-", "", CLOSED), pytest.param(">/dev/full", "", FULL, marks=full), pytest.param(">/dev/full", "1", FULL, marks=full)],
)  # fmt: skip
def test_a_result_that_cannot_be_printed_is_said(arguments, where, unbuffered, said, tmp_path):
    assert ended(f"{COMMAND} {arguments} {where}", tmp_path, PYTHONUNBUFFERED=unbuffered) == (2, said)


def test_mistakes_that_json_cannot_tell_are_told_in_words(tmp_path):
    code, said = ended(f"{COMMAND} check nope.yaml --json >&-", tmp_path)
    first, *rest = said.splitlines(keepends=True)
    assert (code, first.startswith("nope.yaml: "), rest) == (2, True, [CLOSED, "2 mistakes\n"])


def test_another_process_is_told_that_it_is_closed(tmp_path):
    script = "from curate.output import prepare_output; prepare_output(); import subprocess; subprocess.run({})"
    child = [sys.executable, "-c", "print(1)"]
    code, said = ended(f'{sys.executable} -c "{script.format(child)}" >&-', tmp_path)
    assert (code, "Bad file descriptor" in said) == (0, True)


@pytest.mark.parametrize("arguments", ["--version", "schema", "cache list"])
def test_who_reads_no_further_hears_nothing(arguments, tmp_path):
    (tmp_path / "runs").mkdir()
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as pipe:
        done = subprocess.run(f"{COMMAND} {arguments}", shell=True, cwd=tmp_path, stdout=pipe, stderr=subprocess.PIPE)
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_result_is_printed_where_errors_are_closed(tmp_path):
    assert ended(f"{COMMAND} --version >said 2>&-", tmp_path) == (0, "")
    assert (tmp_path / "said").read_text().startswith("fairlead ")


def test_a_schema_is_written_into_a_folder_that_is_there(tmp_path):
    code, said = ended(f"{COMMAND} schema --output none/x.json", tmp_path)
    assert (code, said) == (2, "none/x.json: stands in no folder that there is; make none first\n")
    assert ended(f"{COMMAND} schema --output x.json >&-", tmp_path) == (0, "")
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["x.json"]
