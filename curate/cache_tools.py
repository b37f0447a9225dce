"""What stands in the cache beside some runs, who uses it, and how to make it smaller."""

import json
import re
import time
from collections.abc import Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from curate import cache
from curate.errors import Mistake, UserError
from curate.store import RunDirectory

_UNITS = {"m": 60, "h": 3600, "d": 86_400, "w": 604_800}


class CachedStage(BaseModel):
    """One stage in the cache. `last_used` is in seconds since 1970; `runs` are the finished runs beside it that hold its result.

    A run needs no stage to be read, audited or verified: its directory holds everything. The cache saves time only.
    """

    model_config = ConfigDict(frozen=True)

    key: str
    kind: str
    name: str
    bytes: int
    last_used: float
    runs: tuple[str, ...]
    in_use_by: str | None


class Pruned(BaseModel):
    """What was removed (or would be, in a dry run), and what was asked for but is in use by a running process."""

    model_config = ConfigDict(frozen=True)

    dry_run: bool
    removed: tuple[CachedStage, ...]
    in_use: tuple[CachedStage, ...]
    left: tuple[CachedStage, ...]


def list_cache(runs: Path) -> tuple[CachedStage, ...]:
    """Return the stages in the cache of a folder of runs, the last used first. Raises `UserError` if there is no such folder."""
    if not runs.is_dir():
        hint = "name the folder that holds your runs with --runs"
        raise UserError(Mistake(str(runs), "there is no such folder", hint))
    folder = runs / ".cache"
    if not folder.is_dir():
        return ()
    users, busy = _users(runs), cache.in_use(folder)
    found = [
        _stage(path, users.get(path.name, ()), busy.get(path.name))
        for path in folder.iterdir()
        if re.fullmatch(r"[0-9a-f]{32}", path.name) and path.is_dir()
    ]
    return tuple(sorted(found, key=lambda stage: (-stage.last_used, stage.key)))


def prune_cache(
    runs: Path,
    *,
    keep_used: bool = False,
    older_than: str | None = None,
    everything: bool = False,
    dry_run: bool = False,
) -> Pruned:
    """Remove stages from the cache of a folder of runs, but never one that a running process uses.

    `keep_used` spares what a finished run beside it holds, `older_than` (`7d`, `12h`) what was used since; both together spare
    either. `everything` spares nothing.
    """
    if everything == (keep_used or older_than is not None):
        what = "is told to remove everything and to spare something" if everything else "is not told what to remove"
        raise UserError(Mistake("cache prune", what, "give --keep-used, --older-than 7d (or both), or --all"))
    before = time.time() - _seconds(older_than) if older_than is not None else None
    removed, busy, left = list[CachedStage](), list[CachedStage](), list[CachedStage]()
    for stage in list_cache(runs):
        if (keep_used and stage.runs) or (before is not None and stage.last_used > before):
            left.append(stage)
        elif stage.in_use_by or not (dry_run or cache.remove(runs / ".cache" / stage.key)):
            busy.append(stage)
        else:
            removed.append(stage)
    return Pruned(dry_run=dry_run, removed=tuple(removed), in_use=tuple(busy), left=tuple(left))


def _seconds(age: str) -> float:
    match = re.fullmatch(r"(\d{1,6})([mhdw])", age.strip())
    if match is None:
        what = f"'{age}' is not an age"
        raise UserError(Mistake("--older-than", what, "write a number and m, h, d or w, for example 7d"))
    return int(match[1]) * _UNITS[match[2]]


def _users(runs: Path) -> dict[str, tuple[str, ...]]:
    """Return for each stage the finished runs that used it."""
    users: dict[str, tuple[str, ...]] = {}
    for path in sorted(runs.iterdir()):
        if not (path / "manifest.json").is_file():
            continue
        try:
            stages = RunDirectory(path).read_manifest().stages
        except UserError:  # damaged, or of another version: it uses nothing that we know of
            continue
        for stage in stages:
            users[stage.key[:32]] = (*users.get(stage.key[:32], ()), path.name)
    return users


def _stage(path: Path, runs: Sequence[str], busy: str | None) -> CachedStage:
    label = _label(path)
    marker = path / cache.MARKER
    return CachedStage(
        key=path.name,
        kind=label.kind,
        name=label.name,
        bytes=sum(file.stat().st_size for file in path.rglob("*") if file.is_file()),
        last_used=(marker if marker.is_file() else path).stat().st_mtime,
        runs=tuple(runs),
        in_use_by=busy,
    )


def _label(path: Path) -> cache.StageLabel:
    """Return what a stage says that it is; one of an older version, or a damaged one, does not say."""
    try:
        return cache.StageLabel.model_validate(json.loads((path / cache.LABEL).read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return cache.StageLabel(kind="unknown", name="(not labelled)")
