"""What stands in the cache beside some runs, who uses it, and how to make it smaller."""

import json
import re
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from curate import cache
from curate.errors import Mistake, UserError
from curate.sources.remote import FETCHED
from curate.store import ESTIMATES, RunDirectory

Sort = Literal["stage", "fetched", "estimate"]
_UNITS = {"m": 60, "h": 3600, "d": 86_400, "w": 604_800}


class Cached(BaseModel):
    """One thing in the cache: a stage, the copy of a remote source (`fetched`), or an estimate.

    `key` is its place in the cache, `kind` what a stage does, or `fetched` or `estimate`. `last_used` is in seconds since 1970;
    `runs` are the finished runs beside it that it belongs to. A run needs nothing here to be read, audited or verified: its
    directory holds everything. The cache saves time only; but `FAIRLEAD_OFFLINE=1` reads remote sources from nowhere else.
    """

    model_config = ConfigDict(frozen=True)

    key: str
    kind: str
    name: str
    bytes: int
    last_used: float
    runs: tuple[str, ...]
    in_use_by: str | None

    @property
    def sort(self) -> Sort:
        """What it is, in one of three words."""
        return "fetched" if self.kind == "fetched" else "estimate" if self.kind == "estimate" else "stage"


class Pruned(BaseModel):
    """What was removed (or would be, in a dry run), and what was asked for but is in use by a running process."""

    model_config = ConfigDict(frozen=True)

    dry_run: bool
    removed: tuple[Cached, ...]
    in_use: tuple[Cached, ...]
    left: tuple[Cached, ...]


def list_cache(runs: Path) -> tuple[Cached, ...]:
    """Return what stands in the cache of a folder of runs, the last used first. Raises `UserError` if there is no such folder."""
    if not runs.is_dir():
        hint = "name the folder that holds your runs with --runs"
        raise UserError(Mistake(str(runs), "there is no such folder", hint))
    folder = runs / ".cache"
    users, busy = _users(runs), cache.in_use(folder)
    folders = [*_keyed(folder), *_keyed(folder / FETCHED)]
    found = [_folder(path, str(path.relative_to(folder)), users, busy) for path in folders]
    found += [_estimate(path, users) for path in sorted((folder / ESTIMATES).glob("*.json"))]
    return tuple(sorted((one for one in found if one.last_used), key=lambda one: (-one.last_used, one.key)))


def _keyed(folder: Path) -> list[Path]:
    """Return the folders that are named by a key."""
    return sorted(path for path in folder.glob("*") if re.fullmatch(r"[0-9a-f]{32}", path.name) and path.is_dir())


def prune_cache(
    runs: Path,
    *,
    keep_used: bool = False,
    older_than: str | None = None,
    everything: bool = False,
    dry_run: bool = False,
) -> Pruned:
    """Make the cache of a folder of runs smaller, but never by what a running process uses.

    `keep_used` spares what a finished run beside it holds, `older_than` (`7d`, `12h`) what was used since; both together spare
    either. `everything` spares nothing.
    """
    if everything == (keep_used or older_than is not None):
        what = "is told to remove everything and to spare something" if everything else "is not told what to remove"
        raise UserError(Mistake("cache prune", what, "give --keep-used, --older-than 7d (or both), or --all"))
    before = time.time() - _seconds(older_than) if older_than is not None else None
    removed, busy, left = list[Cached](), list[Cached](), list[Cached]()
    for one in list_cache(runs):
        if (keep_used and one.runs) or (before is not None and one.last_used > before):
            left.append(one)
        elif one.in_use_by or not (dry_run or cache.remove(runs / ".cache", one.key)):
            busy.append(one)
        else:
            removed.append(one)
    return Pruned(dry_run=dry_run, removed=tuple(removed), in_use=tuple(busy), left=tuple(left))


def _seconds(age: str) -> float:
    match = re.fullmatch(r"(\d{1,6})([mhdw])", age.strip())
    if match is None:
        what = f"'{age}' is not an age"
        raise UserError(Mistake("--older-than", what, "write a number and m, h, d or w, for example 7d"))
    return int(match[1]) * _UNITS[match[2]]


def _users(runs: Path) -> dict[str, tuple[str, ...]]:
    """Return the finished runs that each stage (by its folder) and each address belongs to, and each run by its own name."""
    users: dict[str, tuple[str, ...]] = {}
    for path in sorted(runs.iterdir()):
        if not (path / "manifest.json").is_file():
            continue
        try:
            manifest = RunDirectory(path).read_manifest()
        except UserError:  # damaged, or of another version: it uses nothing that we know of
            continue
        stages, sources = (stage.key[:32] for stage in manifest.stages), (source.path for source in manifest.sources)
        for name in dict.fromkeys((*stages, *sources, path.name)):
            users[name] = (*users.get(name, ()), path.name)
    return users


def _folder(path: Path, key: str, users: Mapping[str, tuple[str, ...]], busy: Mapping[str, str]) -> Cached:
    """Return what a folder in the cache holds; never used where it is removed meanwhile.

    A file that stands in a run too takes no room of the cache: it would not be freed.
    """
    label, sizes, times = _label(path), [0], [0.0]
    for file in (path, *path.rglob("*")):
        with suppress(FileNotFoundError):
            found = file.stat()
            sizes.append(found.st_size if file.is_file() and found.st_nlink == 1 else 0)
            times.append(found.st_mtime)
    with suppress(FileNotFoundError):  # each use of a stage touches its marker
        times = [(path / cache.MARKER).stat().st_mtime]
    return Cached(
        key=key,
        kind=label.kind,
        name=label.name,
        bytes=sum(sizes),
        last_used=max(times),
        runs=users.get(label.name if label.kind == FETCHED else path.name, ()),
        in_use_by=busy.get(key),
    )


def _estimate(path: Path, users: Mapping[str, tuple[str, ...]]) -> Cached:
    try:
        found = path.stat()
        size, time_used = found.st_size, found.st_mtime
    except FileNotFoundError:
        size, time_used = 0, 0.0
    return Cached(
        key=f"{ESTIMATES}/{path.name}",
        kind="estimate",
        name=path.stem,
        bytes=size,
        last_used=time_used,
        runs=users.get(path.stem, ()),
        in_use_by=None,
    )


def _label(path: Path) -> cache.StageLabel:
    """Return what a folder says that it is; one of an older version, or a damaged one, does not say."""
    try:
        return cache.StageLabel.model_validate(json.loads((path / cache.LABEL).read_text(encoding="utf-8")))
    except (OSError, ValueError):
        kind = FETCHED if path.parent.name == FETCHED else "unknown"
        return cache.StageLabel(kind=kind, name="(not labelled)")
