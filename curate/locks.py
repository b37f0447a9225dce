"""One process at a time in a folder: a lock that is let go when the process ends, however it ends."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from curate.errors import Mistake, UserError


@contextmanager
def alone(folder: Path, work: str, hint: str = "wait until it has ended") -> Iterator[None]:
    """Hold the lock of a folder; raise `UserError` where another process holds it. `work` says what that one does."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UserError(Mistake(str(folder), f"another process {work}", hint)) from None
        yield
    finally:
        os.close(opened)
