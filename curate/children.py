"""A child process that does not outlive the one that started it: it reads a pipe on which nobody writes, and ends at its end."""

import os
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from threading import Thread

PIPE = "FAIRLEAD_PARENT_PIPE"
"""The variable of the environment that tells a child which of its open files is the pipe."""
ORPHANED = b"fairlead: stopped, for the process that started this one has ended\n"


def run_child(command: Sequence[str]) -> int:
    """Run a command with our own streams and return its exit code; it can see when we end, however we end."""
    reading, writing = os.pipe()
    try:
        surroundings = {**os.environ, PIPE: str(reading)}
        return subprocess.run(command, check=False, pass_fds=(reading,), env=surroundings).returncode  # noqa: S603  (our own modules)
    finally:
        os.close(reading)
        os.close(writing)


def end_with_parent() -> None:
    """End this process as soon as that ends which started it by `run_child`; one that was started otherwise runs on.

    What is half written then is what a kill leaves.
    """
    pipe = os.environ.pop(PIPE, None)
    if pipe is not None:
        Thread(target=_wait, args=(int(pipe),), daemon=True).start()


def _wait(pipe: int) -> None:
    os.read(pipe, 1)
    with suppress(OSError):
        os.write(2, ORPHANED)
    os._exit(1)
