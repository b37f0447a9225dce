"""Children that end with the process that started them, however it ends."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from curate.children import ORPHANED, PIPE, end_with_parent, run_child

CHILD = (
    "import os, time; from curate.children import end_with_parent\n"
    "end_with_parent(); print('FAIRLEAD_PARENT_PIPE' in os.environ, flush=True); time.sleep(20); print('alone')"
)
PARENT = f"import sys; from curate.children import run_child; run_child([sys.executable, '-c', {CHILD!r}])"


def test_a_child_ends_when_its_parent_is_killed():
    parent = subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    known = parent.stdout.readline().strip()
    assert known == b"False"  # what it starts itself has no such pipe
    started = time.monotonic()
    parent.send_signal(signal.SIGKILL)
    assert parent.wait() == -signal.SIGKILL
    out, err = parent.communicate(timeout=10)  # the streams end when nobody holds them any more
    assert (out, err) == (b"", ORPHANED)
    assert time.monotonic() - started < 5


def test_a_child_has_our_streams_and_gives_its_exit_code(capfd):
    before = len(list(Path("/dev/fd").iterdir()))
    code = "import sys; from curate.children import end_with_parent; end_with_parent(); print('said'); sys.exit(3)"
    assert run_child([sys.executable, "-c", code]) == 3
    assert capfd.readouterr() == ("said\n", "")
    assert len(list(Path("/dev/fd").iterdir())) == before


@pytest.mark.parametrize("how", [{"stdin": subprocess.DEVNULL}, {"close_fds": True}])
def test_who_was_started_otherwise_runs_on(how, monkeypatch):
    monkeypatch.delenv(PIPE, raising=False)
    code = "import time; from curate.children import end_with_parent; end_with_parent(); time.sleep(0.2); print('done')"
    done = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, **how)
    assert (done.returncode, done.stdout) == (0, b"done\n")
    end_with_parent()
