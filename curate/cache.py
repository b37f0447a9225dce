"""The cache: what each stage left, under the stage's key, with the digests by which damage is found."""

import json
import os
import platform
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from curate.store import digest_file, write_text

MARKER = "digests.json"


def is_whole(folder: Path) -> bool:
    """Return whether a stage's folder holds every file that was kept in it, unharmed."""
    try:
        digests = json.loads((folder / MARKER).read_text(encoding="utf-8"))
        return all(digest_file(folder / name) == digest for name, digest in digests.items())
    except (FileNotFoundError, NotADirectoryError, ValueError, AttributeError):
        return False


def temporary_of(folder: Path) -> Path:
    """Return where this process writes a folder before it is whole; the name tells the machine and the process."""
    return folder.with_name(f".{folder.name}.{platform.node()}.{os.getpid()}")


@contextmanager
def keeping(folder: Path) -> Iterator[Path]:
    """Give a temporary folder; when the block ends well it is kept as `folder`, its marker written last.

    If another process was faster, its folder stays: the same key holds the same bytes.
    """
    temporary = temporary_of(folder)
    _remove(temporary)  # of a process that was killed and had the same number
    try:
        temporary.mkdir(parents=True)
        yield temporary
        files = sorted(path for path in temporary.rglob("*") if path.is_file())
        digests = {str(path.relative_to(temporary)): digest_file(path) for path in files}
        write_text(temporary / MARKER, json.dumps(digests))
        _move(temporary, folder)
    finally:
        _remove(temporary)


def sweep(cache: Path) -> None:
    """Remove what processes of this machine that no longer run left half-written in the cache."""
    for path in cache.glob(".*"):
        rest, _dot, process = path.name.rpartition(".")
        if rest.endswith(f".{platform.node()}") and process.isdecimal() and not _runs(int(process)):
            _remove(path)


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True


def _move(temporary: Path, folder: Path) -> None:
    try:
        temporary.rename(folder)
    except OSError:  # something stands there already
        if not is_whole(folder):
            _remove(folder)
            temporary.rename(folder)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
