"""Files written in one move, their digests, and parquet."""

import errno
import hashlib
import os
import platform
import re
import shutil
import time
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import polars as pl

_SETTLED = 2.0
"""Seconds: the clock of a file system may be so coarse that a file changes twice under one time."""
_digests: dict[tuple[int, ...], str] = {}


def digest_file(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, in hexadecimal.

    A file that this process has read is not read again while its size and the times of its last changes are as they were; the
    time of the change of its state (ctime) cannot be set back. What was changed a moment ago is read each time.
    """
    with path.open("rb") as file:
        found = os.fstat(file.fileno())
        state = (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
        if state in _digests:
            return _digests[state]
        settled = time.time() - max(found.st_mtime, found.st_ctime) > _SETTLED
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        if settled:
            _digests[state] = digest
        return digest


def digest_files(paths: Sequence[Path]) -> dict[Path, str]:
    """Return the SHA-256 of each of some files, several at a time."""
    with ThreadPoolExecutor(pl.thread_pool_size()) as pool:
        return dict(zip(paths, pool.map(digest_file, paths), strict=True))


def digest_text(*parts: str) -> str:
    """Return the SHA-256 over parts, each with its length, in hexadecimal."""
    state = hashlib.sha256()
    for part in parts:
        data = part.encode()
        state.update(len(data).to_bytes(8, "big"))
        state.update(data)
    return state.hexdigest()


def temporary_of(path: Path) -> Path:
    """Return where this process writes a file or folder before it is whole; the name tells the machine and the process."""
    return path.with_name(f".{path.name}.{platform.node()}.{os.getpid()}")


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a temporary path beside `path`; when the block ends well it takes the place of `path`, else it is removed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = temporary_of(path)
    try:
        yield temporary
        if temporary.is_dir() and path.is_dir():
            shutil.rmtree(path)
        temporary.replace(path)
    except OSError as error:
        name_error(error, temporary, path)
        raise
    finally:
        if temporary.is_dir():
            shutil.rmtree(temporary)
        else:
            temporary.unlink(missing_ok=True)


def name_error(error: OSError, temporary: Path, path: Path) -> None:
    """Let an error name what was to be written, and not the temporary name under which it was."""
    filename = str(error.filename or temporary)  # what writes into an open file does not know its name
    error.filename = filename.replace(str(temporary), str(path), 1)


def write_text(path: Path, text: str) -> None:
    """Write a text file in one move."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


ROW_GROUP_ROWS = 20_000
"""Rows in a row group of a sink, so that the same rows give the same bytes however they arrive. Groups are packed side by side."""

GROUPS = 4
"""Row groups of a frame that is written whole; they are packed and read side by side."""

FEWEST_ROWS = 1_000
"""A row group of a frame has no fewer, unless the frame has."""

LEVEL = 1
"""Of zstd: as quick as lz4 on text, in two thirds of its space; level 3 takes twice the time for a tenth less."""


def write_parquet(path: Path, frame: pl.DataFrame, *, packed: bool = True) -> None:
    """Write a parquet file in one move. The same frame gives the same bytes. Raises `OSError` for a full disk.

    Unless it is `packed` it takes more space and much less time.
    """
    rows = max(-(-frame.height // GROUPS), FEWEST_ROWS)
    with replacing(path) as temporary, disk_errors(path):
        if packed:
            frame.write_parquet(
                temporary, compression="zstd", compression_level=LEVEL, statistics=False, row_group_size=rows
            )
        else:
            frame.write_parquet(temporary, compression="uncompressed", statistics=False, row_group_size=rows)


def sink_parquet(path: Path, rows: pl.LazyFrame) -> None:
    """Write a parquet file in one move from rows that need not fit into memory. Raises `OSError` for a full disk."""
    with replacing(path) as temporary, disk_errors(path):
        rows.sink_parquet(
            temporary,
            compression="zstd",
            compression_level=LEVEL,
            statistics=False,
            row_group_size=ROW_GROUP_ROWS,
        )


@contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Turn what Polars says of the operating system, in an error of its own or without a number, into the system's error."""
    try:
        yield
    except (pl.exceptions.ComputeError, OSError) as error:
        number = _system_number(error)
        if number is None:
            raise
        raise OSError(number, os.strerror(number), str(path)) from error


def _system_number(error: Exception) -> int | None:
    """Return the number that an error's text tells; None where it tells none, or the error has it already."""
    if isinstance(error, OSError) and error.errno is not None:
        return None
    told = re.search(r"\(os error (\d+)\)", str(error))
    if told is not None:
        return int(told[1])
    return errno.ENOSPC if "No space left" in str(error) else None


def link_or_copy(path: Path, place: Path) -> None:
    """Let a file that nobody writes into stand in another place too, in one move; it is copied where they cannot share it."""
    with replacing(place) as temporary:
        temporary.unlink(missing_ok=True)
        try:
            os.link(path, temporary)
        except OSError:
            shutil.copyfile(path, temporary)


def remove_others(folder: Path, names: Collection[str]) -> None:
    """Remove what is in a folder and has none of these names, but for what processes are writing there."""
    for path in folder.iterdir():
        if path.name not in names and not path.name.startswith("."):
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink(missing_ok=True)


def scan_parquet(path: Path) -> pl.LazyFrame:
    """Return a parquet file, or a folder of parts, as a lazy frame; brackets and stars in its path are letters."""
    parts = sorted(path.glob("[0-9]*.parquet")) if path.is_dir() else path
    return pl.scan_parquet(parts, glob=False)


def read_parquet(path: Path) -> pl.DataFrame:
    """Read a parquet file or a folder of parts; brackets and stars in its path are letters."""
    return scan_parquet(path).collect()
