"""Standard output and error: opened where they are closed, and what standard output refuses is a mistake of the user's."""

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from typing import TextIO

from curate.errors import Mistake, UserError


class Output(TextIOWrapper):
    """Text to standard output. Raises `UserError` where it is full or closed; a reader that has left stops nothing."""

    _refused: UserError | None = None

    def write(self, text: str, /) -> int:
        """Write a text."""
        if self._refused is not None:
            raise self._refused
        with self._refusals():
            super().write(text)
        return len(text)

    def flush(self) -> None:
        """Write what is waiting."""
        with self._refusals():
            super().flush()

    @contextmanager
    def _refusals(self) -> Iterator[None]:
        try:
            yield
        except BrokenPipeError:
            to_nowhere(self.fileno())
        except OSError as error:
            to_nowhere(self.fileno())  # what still waits must not be refused once more when Python ends
            what = "is closed" if error.errno == errno.EBADF else f"cannot be written ({error.strerror})"
            self._refused = UserError(Mistake("standard output", what, "send it to where it can be written"))
            raise self._refused from error


def prepare_output() -> None:
    """Make the process's own streams fit for results and mistakes; those that a caller has put in their place stay.

    What the encoding does not know is printed as backslash escapes. A closed stream's number is taken, or the next file that is
    opened would have it: standard output refuses what is written, and standard error loses it.
    """
    if sys.stdout is sys.__stdout__:
        sys.stdout = _closed_output() if sys.stdout is None else _output_of(sys.stdout)
    if sys.stderr is None:
        _take(2, os.O_WRONLY)
        sys.stderr = open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115  (for the whole process)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def to_nowhere(number: int) -> None:
    """Let what is written to an open file from here on go nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), number)


def _closed_output() -> Output:
    _take(1, os.O_RDONLY)
    return Output(open(1, "wb", closefd=False), encoding="utf-8")


def _output_of(stream: TextIO) -> Output:
    """Return what writes to the same bytes; those belong to the process."""
    assert isinstance(stream, TextIOWrapper)
    return Output(
        stream.buffer,
        encoding=stream.encoding,
        line_buffering=stream.line_buffering,
        write_through=stream.write_through,
    )


def _take(number: int, mode: int) -> None:
    opened = os.open(os.devnull, mode)
    os.dup2(opened, number)  # processes that are started have it too
    if opened != number:
        os.close(opened)
    os.set_inheritable(number, True)  # noqa: FBT003  (it takes no name)
