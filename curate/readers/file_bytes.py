"""The bytes of a file, whole, from its beginning or piece by piece, unpacked where it is gzip or zstandard."""

import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import IO

from curate.errors import Mistake, UserError
from curate.readers.zstandard_file import ZstandardFile

_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_UTF_32 = b"\xff\xfe\x00\x00"
_BOM = b"\xef\xbb\xbf"
_BUFFER = 1 << 17
"""Bytes that are read at once; a line that does not fit into them is pieced together."""
LONGEST_LINE = 1 << 28
"""Bytes in a line of text; a line is read whole, and several times over."""


@contextmanager
def reading(path: Path) -> Iterator[IO[bytes]]:
    """Open a file for reading, unpacked. Raises `UserError` for one that cannot be read to its end, or is UTF-16."""
    packing = "zstandard" if path.suffix.lower() == ".zst" else "gzip"
    try:
        with _unpacked(path) as file:
            beginning = file.peek(4)[:4]
            if beginning[:2] in _UTF_16 or beginning == _UTF_32[::-1]:
                encoding = "UTF-32" if beginning in (_UTF_32, _UTF_32[::-1]) else "UTF-16"
                raise UserError(Mistake(str(path), f"is {encoding}", "save the file as UTF-8"))
            yield file
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        what = f"is not a whole {packing} file ({error})"
        raise UserError(Mistake(str(path), what, "fetch or compress the file again")) from error
    except OSError as error:
        raise UserError(Mistake(str(path), f"cannot be read ({error.strerror})", "see that it may be read")) from error


def _unpacked(path: Path) -> io.BufferedReader:
    suffix = path.suffix.lower()
    if suffix == ".gz":
        return io.BufferedReader(gzip.open(path), _BUFFER)
    return io.BufferedReader(ZstandardFile(path) if suffix == ".zst" else path.open("rb", buffering=0), _BUFFER)


def file_bytes(path: Path, size: int = -1) -> bytes:
    """Return the first `size` bytes, or all. Raises `UserError` as `reading` does."""
    with reading(path) as file:
        return file.read(size)


def line_chunks(path: Path, size: int) -> Iterator[list[bytes]]:
    """Yield the lines of a file, each with its line feed, in chunks of `size` bytes or more. A byte order mark is left out."""
    with reading(path) as file:
        lines, left, first = list[bytes](), size, True
        while line := file.readline(LONGEST_LINE + len(b"\r\n")):
            if len(line) > LONGEST_LINE and len(line.rstrip(b"\r\n")) > LONGEST_LINE:
                raise _too_long(path)
            lines.append(line.removeprefix(_BOM) if first else line)
            first = False
            left -= len(line)
            if left <= 0:
                yield lines
                lines, left = [], size
        if lines:
            yield lines


def _too_long(path: Path) -> UserError:
    what = f"holds a line of more than {LONGEST_LINE:,} bytes"
    return UserError(
        Mistake(str(path), what, "see whether it is what its name says; a text that long belongs into several rows")
    )


class _ShortLines(io.BufferedIOBase):
    """A file that refuses to be read on in a line that is too long, so that no line fills the memory."""

    def __init__(self, file: IO[bytes], path: Path) -> None:
        self._file, self._path, self._length = file, path, 0

    def readable(self) -> bool:
        """Return that it can be read."""
        return True

    def read1(self, size: int = -1, /) -> bytes:
        """Read at most `size` bytes. Raises `UserError` in a line that is too long."""
        piece: bytes = self._file.read1(size)  # type: ignore[attr-defined]
        end = max(piece.rfind(b"\n"), piece.rfind(b"\r"))
        self._length = len(piece) - end - 1 if end >= 0 else self._length + len(piece)
        if self._length > LONGEST_LINE:
            raise _too_long(self._path)
        return piece


@contextmanager
def text_lines(path: Path, newline: str) -> Iterator[Iterator[str]]:
    """Open a file as lines of text with their ends; bytes that are not UTF-8 become surrogates, so that they can be told apart.

    With `newline` empty a line may end in any of the three ways, else with `newline` alone.
    """
    with (
        reading(path) as file,
        io.TextIOWrapper(_ShortLines(file, path), "utf-8", "surrogateescape", newline) as text,  # type: ignore[type-var]
    ):
        first = text.readline().removeprefix("\ufeff")
        yield chain([first] if first else [], text)
