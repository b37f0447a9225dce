"""The cache: what each stage left, under the stage's key, with the digests by which damage is found.

Any number of processes may use it at once. A stage is written to a folder of the process's own and moved; who uses stages
says which (`using`), and who removes them leaves those alone (`remove`). Both hold a lock only while they say so.
"""

import fcntl
import json
import os
import platform
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from curate.files import digest_file, write_text

MARKER = "digests.json"
LABEL = "stage.json"
_USING = ".using"


class StageLabel(BaseModel):
    """What a stage in the cache is, for who looks at it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_version: int = 1
    kind: str
    name: str


def is_whole(folder: Path) -> bool:
    """Return whether a stage's folder holds every file that was kept in it, unharmed."""
    marker = folder / MARKER
    try:
        if not marker.is_file():
            return False
        digests = json.loads(marker.read_text(encoding="utf-8"))
        return all((folder / name).is_file() and digest_file(folder / name) == found for name, found in digests.items())
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


def label(folder: Path, kind: str, name: str) -> None:
    """Write down what the stage in a folder is."""
    write_text(folder / LABEL, StageLabel(kind=kind, name=name).model_dump_json() + "\n")


@contextmanager
def using(cache: Path, names: Sequence[str]) -> Iterator[None]:
    """Keep stages from being removed by other processes while the block lasts, those too that are not there yet."""
    mark = cache / f"{_USING}.{platform.node()}.{os.getpid()}"
    with _locked(cache):
        write_text(mark, json.dumps(list(names)))
    try:
        yield
    finally:
        mark.unlink(missing_ok=True)


def in_use(cache: Path) -> dict[str, str]:
    """Return the stages that a running process uses, each with the machine and the process; other machines' are believed."""
    sweep(cache)
    found: dict[str, str] = {}
    for mark in sorted(cache.glob(f"{_USING}.*")):
        with suppress(FileNotFoundError, ValueError):  # it has ended meanwhile
            found |= dict.fromkeys(json.loads(mark.read_text(encoding="utf-8")), mark.name.removeprefix(f"{_USING}."))
    return found


def remove(folder: Path) -> bool:
    """Remove a stage, unless a running process uses it; returns whether it is gone."""
    temporary = temporary_of(folder)
    with _locked(folder.parent):
        if folder.name in in_use(folder.parent):
            return False
        with suppress(FileNotFoundError):  # somebody else was faster
            folder.rename(temporary)
    _remove(temporary)
    return True


def touch(folder: Path) -> None:
    """Remember that a stage was used now."""
    with suppress(PermissionError):  # a cache that somebody else wrote
        os.utime(folder / MARKER)


@contextmanager
def _locked(cache: Path) -> Iterator[None]:
    """Hold the lock on the cache's folder; it is let go when the process ends, however it ends."""
    cache.mkdir(parents=True, exist_ok=True)
    opened = os.open(cache, os.O_RDONLY)
    try:
        fcntl.flock(opened, fcntl.LOCK_EX)
        yield
    finally:
        os.close(opened)


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
