"""The cache: what each stage left, under the stage's key, with the digests by which damage is found.

Any number of processes may use it at once. A stage is written to a folder of the process's own and moved; who uses stages
says which (`using`), and who removes them leaves those alone (`remove`). All names are given and taken under a lock, and what
is to go is first moved to a name of the process's own: so nobody removes what another one has put there meanwhile.
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

from curate.files import digest_files, name_error, temporary_of, write_text

MARKER = "digests.json"
LABEL = "stage.json"
_USING = ".using"


class StageLabel(BaseModel):
    """What a folder in the cache is, for who looks at it."""

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
        expected = {folder / name: found for name, found in digests.items()}
        return all(path.is_file() for path in expected) and digest_files(list(expected)) == expected
    except (FileNotFoundError, NotADirectoryError, ValueError, AttributeError):
        return False


@contextmanager
def keeping(folder: Path) -> Iterator[Path]:
    """Give a temporary folder; when the block ends well it is kept as `folder`, its marker written last.

    If another process was faster, its folder stays: the same key holds the same bytes. What stands there damaged is replaced.
    """
    temporary = temporary_of(folder)
    _remove(temporary)  # of a process that was killed and had the same number
    try:
        temporary.mkdir(parents=True)
        yield temporary
        files = sorted(path for path in temporary.rglob("*") if path.is_file())
        digests = {str(path.relative_to(temporary)): digest for path, digest in digest_files(files).items()}
        write_text(temporary / MARKER, json.dumps(digests))
        _move(temporary, folder)
    except OSError as error:
        if error.filename:
            name_error(error, temporary, folder)
        raise
    finally:
        _remove(temporary)


def label(folder: Path, kind: str, name: str) -> None:
    """Write down what a folder is."""
    write_text(folder / LABEL, StageLabel(kind=kind, name=name).model_dump_json() + "\n")


@contextmanager
def using(cache: Path, names: Sequence[str]) -> Iterator[None]:
    """Keep stages, or what else is named, from being removed by other processes while the block lasts; it need not be there yet."""
    mark = cache / f"{_USING}.{platform.node()}.{os.getpid()}"
    with _locked(cache):
        write_text(mark, json.dumps(list(names)))
    try:
        yield
    finally:
        mark.unlink(missing_ok=True)


def in_use(cache: Path) -> dict[str, str]:
    """Return the names that a running process uses, each with the machine and the process; other machines' are believed."""
    sweep(cache)
    found: dict[str, str] = {}
    for mark in sorted(cache.glob(f"{_USING}.*")):
        with suppress(FileNotFoundError, ValueError):  # it has ended meanwhile
            found |= dict.fromkeys(json.loads(mark.read_text(encoding="utf-8")), mark.name.removeprefix(f"{_USING}."))
    return found


def remove(cache: Path, name: str) -> bool:
    """Remove a stage or another thing in the cache, unless a running process uses it; returns whether it is gone."""
    with _locked(cache):
        if name in in_use(cache):
            return False
        try:
            aside = _set_aside(cache / name, cache)
        except FileNotFoundError:  # somebody else was faster
            return True
    _remove(aside)
    return True


def touch(path: Path) -> None:
    """Remember that a file of the cache was used now; a stage's is its marker."""
    with suppress(PermissionError):  # a cache that somebody else wrote
        os.utime(path)


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


def sweep(folder: Path) -> None:
    """Remove what processes of this machine that no longer run left half-written in a folder."""
    for path in folder.glob(".*"):
        rest, _dot, process = path.name.rpartition(".")
        if rest.endswith(f".{platform.node()}") and process.isdecimal() and not _runs(int(process)):
            _take_away(path)


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True


def _move(temporary: Path, folder: Path) -> None:
    """Give a whole folder its name, unless a whole one has it already."""
    while True:
        with _locked(folder.parent):
            try:
                temporary.rename(folder)
            except OSError:
                if not os.path.lexists(folder):
                    raise
                found = _identity(folder)
            else:
                return
        if is_whole(folder):  # takes a while, so without the lock
            return
        with _locked(folder.parent):
            if _identity(folder) != found:  # another process has mended it meanwhile
                continue
            aside = _set_aside(folder, folder.parent)
        _remove(aside)


def _identity(path: Path) -> tuple[int, ...]:
    """Return what tells a folder from another one that has taken its name; nothing where there is none."""
    try:
        found = path.lstat()
    except FileNotFoundError:
        return ()
    return found.st_dev, found.st_ino, found.st_ctime_ns


def _take_away(path: Path) -> None:
    """Remove a path that other processes may be removing at the same time."""
    with suppress(FileNotFoundError):  # somebody else was faster
        _remove(_set_aside(path, path.parent))


def _set_aside(path: Path, cache: Path) -> Path:
    """Give a path a name of this process's own in the cache, and return it: of several processes one alone can."""
    aside = temporary_of(cache / f"gone-{path.name.lstrip('.')}")
    _remove(aside)
    return path.rename(aside)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
