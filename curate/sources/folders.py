"""The files in a folder or under a pattern: what is data, in which order, and that nothing leads out."""

import glob
import json
import os
import re
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

from curate.errors import Mistake, UserError
from curate.readers.rejects import is_broken
from curate.source_settings import FileSource, format_of

_ABOUT = ("dataset_info.json", "dataset_infos.json", "dataset_dict.json", "state.json")
"""Files about a data set of the library `datasets`; they hold no rows."""
_SIGNS = re.compile(r"[*?\[]")


def matching(pattern: str, root: Path) -> tuple[PurePosixPath, list[PurePosixPath]]:
    """Return a pattern's fixed part, and the files below it that fit, sorted. Raises `UserError` for one that leads out."""
    parts = PurePosixPath(pattern).parts
    first = next(place for place, part in enumerate(parts) if _SIGNS.search(part))
    if ".." in parts[first:]:
        raise UserError(Mistake(pattern, "leads out of its folder by '..' after a sign", "write '..' at the beginning"))
    base = PurePosixPath(*parts[:first])
    files = sorted(set(_below(root / base, parts[first:])))
    _check_inside(root / base, files)
    return base, files


def _below(folder: Path, signs: tuple[str, ...]) -> Iterator[PurePosixPath]:
    """Yield the files that fit the parts of a pattern; under `**` no link to a folder is followed: it may lead in circles."""
    if "**" in signs:
        yield from _deep(folder, signs)
        return
    for name in glob.glob(str(PurePosixPath(*signs)), root_dir=folder):  # noqa: PTH207  (pathlib knows no root_dir)
        if (folder / name).is_file():
            yield PurePosixPath(name)


def _deep(folder: Path, signs: tuple[str, ...]) -> Iterator[PurePosixPath]:
    """Yield the files that fit a pattern with `**`, looking into those folders alone in which one may stand.

    Raises `UserError` for a link to a folder outside in which one may stand.
    """
    hidden = () if any(sign.startswith(".") for sign in signs) else (".",)
    waiting = [(PurePosixPath(), _reached({0}, signs))] if folder.is_dir() else []
    while waiting:
        place, reached = waiting.pop()
        for name in sorted(os.listdir(folder / place)):  # noqa: PTH208  (names, not paths)
            fits = set() if name.startswith(hidden) else _after(reached, name, signs)
            path = folder / place / name
            if path.is_dir():
                if not fits - {len(signs)}:
                    continue
                if path.is_symlink():
                    _check_inside(folder, [place / name])
                else:
                    waiting.append((place / name, fits))
            elif len(signs) in fits and path.is_file():
                yield place / name


def _after(places: set[int], part: str, signs: Sequence[str]) -> set[int]:
    """Return the places in a pattern that are reached by one more part of a path; none where it does not fit."""
    stay = {place for place in places if place < len(signs) and signs[place] == "**"}
    passed = {place + 1 for place in places - stay if place < len(signs) and fnmatchcase(part, signs[place])}
    return _reached(stay | passed, signs)


def _reached(places: set[int], signs: Sequence[str]) -> set[int]:
    """Return places in a pattern, and those that are reached from them because `**` may stand for nothing."""
    reached = set(places)
    for place in range(min(places, default=len(signs)), len(signs)):
        if place in reached and signs[place] == "**":
            reached.add(place + 1)
    return reached


def data_files(folder: Path, source: FileSource) -> list[PurePosixPath]:
    """Return the files of one format in a folder and the folders in it. Raises `UserError` for none, or several formats.

    A format that the source names comes first; where no ending says it, it is the format of the files that there are.
    """
    named = _named_files(folder)
    if named is not None:
        return named
    formats: dict[str, list[PurePosixPath]] = {}
    for file in sorted(PurePosixPath(path.relative_to(folder)) for path in _walk(folder)):
        if file.name not in _ABOUT:
            formats.setdefault(format_of(str(file)) or "", []).append(file)
    unknown = formats.pop("", [])
    if source.format in formats:
        formats = {source.format: formats[source.format]}
    elif source.format is not None and not formats:
        formats = {source.format: unknown}
    if not any(formats.values()):
        raise UserError(Mistake(source.path, "the folder holds no file of a known format", "name a file in it"))
    if len(formats) > 1:
        what = f"the folder holds files of several formats ({', '.join(sorted(formats))})"
        first = min(formats)
        hint = f"add format: {first}, or write a pattern: {source.path.rstrip('/')}/**/*.{first}"
        raise UserError(Mistake(source.path, what, hint))
    found = next(iter(formats.values()))
    _check_inside(folder, found)
    return found


def _named_files(folder: Path) -> list[PurePosixPath] | None:
    """Return the files that a data set of `save_to_disk` names, in its order; None if the folder is none."""
    try:
        splits = json.loads((folder / "dataset_dict.json").read_text(encoding="utf-8"))["splits"]
    except FileNotFoundError:
        splits = [""]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _damaged(folder / "dataset_dict.json") from error
    if not isinstance(splits, list) or not splits or not all(isinstance(split, str) for split in splits):
        raise _damaged(folder / "dataset_dict.json")
    found = []
    for split in splits:
        state = folder / split / "state.json"
        if not state.is_file() and splits == [""]:
            return None
        try:
            files = json.loads(state.read_text(encoding="utf-8"))["_data_files"]
            found += [PurePosixPath(split) / entry["filename"] for entry in files]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise _damaged(state) from error
    if not found:
        raise _damaged(folder / splits[0] / "state.json")
    missing = [str(folder / file) for file in found if not (folder / file).is_file()]
    if missing:
        raise UserError(
            [Mistake(name, "there is no such file", "the data set names it; save it again") for name in missing]
        )
    _check_inside(folder, found)
    return found


def _damaged(path: Path) -> UserError:
    return UserError(Mistake(str(path), "does not say which files the data set has", "save the data set again"))


def _walk(folder: Path) -> list[Path]:
    """Return the files in a folder and in those below it, but for those whose names begin with `.` or `_`.

    A link to a folder in it is not followed: its files are found where they stand.
    """
    found: list[Path] = []
    hidden = (".", "_")
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith(hidden))
        links = [name for name in folders if (Path(place) / name).is_symlink()]
        _check_inside(folder, [PurePosixPath((Path(place) / name).relative_to(folder)) for name in links])
        found += [Path(place) / name for name in files if not name.startswith(hidden)]
    return found


def _check_inside(base: Path, files: list[PurePosixPath]) -> None:
    """Raise `UserError` for files that are links to somewhere else than below the base, or whose names cannot be written down."""
    broken = [str(base / file) for file in files if is_broken(str(file))]
    if broken:
        raise UserError([Mistake(name, "has a name that is not UTF-8", "rename the file") for name in broken])
    real = base.resolve()
    out = [file for file in files if not (base / file).resolve().is_relative_to(real)]
    if out:
        hint = "name that file or its folder as a source of its own"
        raise UserError(
            [Mistake(str(base / file), f"is a link that leads out to {(base / file).resolve()}", hint) for file in out]
        )
