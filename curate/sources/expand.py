"""Folders and patterns become a source for each file, so that a row's name leads to its file and line.

What a pattern stands for lies below its fixed part, the folders before its first sign: `..` after a sign, or a link that leads
out, is a mistake and not followed silently. Hidden files are no data. Files stand in the order of their paths.
"""

import os
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import get_args
from urllib.parse import unquote

from pydantic import ValidationError

from curate.errors import Mistake, UserError
from curate.recipe import Recipe
from curate.source_settings import FORMATS, PACKED, DemoSource, FileSource, Format, Source
from curate.sources.find import find_file, looked_in, roots
from curate.sources.folders import data_files, matching
from curate.sources.remote import fetched_files

MOST_SOURCES = (1 << 15) - 1
"""A row number has 15 bits for its source."""
_FEW = 4
"""So many files of a pattern are named."""
_NULL = "__HIVE_DEFAULT_PARTITION__"
"""What Hive names the folder of rows without a value."""


def expand_sources(recipe: Recipe, folder: Path, fetched: Path | None = None) -> Recipe:
    """Return the recipe with a source for each file; a recipe of single files is returned as it is.

    `fetched` is the folder with the copies of remote files; without it a remote pattern stays as it is.
    Raises `UserError` for what stands for nothing or leads out of its folder, and for names that two sources share.
    """
    sources: list[Source] = []
    mistakes: list[Mistake] = []
    for source in recipe.sources:
        try:
            sources += expand_source(source, folder, fetched)
        except UserError as error:
            mistakes += error.mistakes
    unknown = [isinstance(source, FileSource) and source.is_remote and source.is_pattern for source in sources]
    names = Counter(source.row_prefix for source, many in zip(sources, unknown, strict=True) if not many)
    repeated = sorted(name for name, count in names.items() if count > 1)
    mistakes += [
        Mistake("sources", f"two files are both called '{name}'", "give their sources names that differ: name: …")
        for name in repeated
    ]
    if len(sources) > MOST_SOURCES:
        what = f"these are {len(sources):,} files, and a run holds {MOST_SOURCES:,}"
        mistakes.append(Mistake("sources", what, "join small files into larger ones"))
    if mistakes:
        raise UserError(mistakes)
    return recipe if tuple(sources) == recipe.sources else recipe.model_copy(update={"sources": tuple(sources)})


def expand_source(source: Source, folder: Path, fetched: Path | None = None) -> list[Source]:
    """Return a source for each file that one source stands for; a single file stands for itself, there or not."""
    if isinstance(source, DemoSource):
        return [source]
    if source.is_remote:
        return list(_remote(source, fetched))
    if find_file(source.path, folder) is not None:
        if source.file_format is None:
            hint = f"add format: {' | '.join(get_args(Format))}"
            raise UserError(Mistake(source.path, "is a file whose name does not tell its format", hint))
        return [source]
    for root in roots(folder):
        if source.is_pattern:
            base, files = matching(source.path, root)
        elif os.path.isdir(root / source.path):  # noqa: PTH112  (never raises)
            base, files = PurePosixPath(source.path), data_files(root / source.path, source)
        else:
            continue
        if files:
            named = source.name or ("" if source.is_pattern else source.row_prefix)
            return list(_sources(source, base, files, named))
    if not source.is_pattern and source.file_format is not None:
        return [source]
    what = "no file fits this pattern" if source.is_pattern else "there is no such file or folder"
    get = f"get it from {source.origin}, or " if source.origin else ""
    raise UserError(Mistake(source.path, what, f"{get}see how it is written (looked in {looked_in(folder)})"))


@dataclass(frozen=True)
class Found:
    """The files that a pattern or a folder stands for, in their order."""

    path: str
    files: tuple[str, ...]

    def in_words(self) -> str:
        """Return how many they are, and the first and the last of them."""
        shown = self.files if len(self.files) <= _FEW else (*self.files[: _FEW - 2], "…", self.files[-1])
        count = "1 file" if len(self.files) == 1 else f"{len(self.files):,} files"
        return f"{self.path}: {count} ({', '.join(shown)})"


def files_found(recipe: Recipe, folder: Path, fetched: Path | None = None) -> tuple[Found, ...]:
    """Return what the patterns and folders of a recipe's sources stand for; what is not fetched yet is left out."""
    sources = [source for source in recipe.sources if isinstance(source, FileSource)]
    files = [(source.path, [found.path for found in _files(source, folder, fetched)]) for source in sources]
    return tuple(Found(path, tuple(found)) for path, found in files if found != [path])


def _files(source: FileSource, folder: Path, fetched: Path | None) -> list[FileSource]:
    return [found for found in expand_source(source, folder, fetched) if isinstance(found, FileSource)]


def _remote(source: FileSource, fetched: Path | None) -> list[FileSource]:
    files = fetched_files(fetched, source.path) if fetched is not None and source.is_pattern else None
    if files is None:
        return [source]
    base = PurePosixPath(re.split(r"[*\[]", source.path, maxsplit=1)[0].rpartition("/")[0].replace("://", ":/"))
    inner = [PurePosixPath(file.replace("://", ":/")).relative_to(base) for file in files]
    return [
        made.model_copy(update={"path": file})
        for made, file in zip(_sources(source, base, inner, source.name), files, strict=True)
    ]


def _sources(source: FileSource, base: PurePosixPath, files: list[PurePosixPath], named: str) -> Iterator[FileSource]:
    """Yield a source for each file, with the settings of all; `files` are told from `base`."""
    taken: set[str] = set()
    for file in files:
        single = named if named and len(files) == 1 else ".".join(filter(None, [named, _plain_name(file)]))
        name, count = single, 1
        while name in taken:
            count += 1
            name = f"{single}-{count}"
        taken.add(name)
        settings = source.model_dump(exclude_unset=True) | {
            "path": str(base / file),
            "name": name,
            "constants": {**_folder_values(file), **source.constants},
        }
        try:
            yield FileSource.model_validate(settings)
        except ValidationError as error:
            what = error.errors()[0]["msg"].removeprefix("Value error, ")
            raise UserError(Mistake(str(base / file), what)) from error


def _plain_name(file: PurePosixPath) -> str:
    """Return a file's path from its base as a name: without endings, dots for slashes, only what a name may hold."""
    text = str(file)
    for ending in (*PACKED, *FORMATS):
        text = text.removesuffix(ending)
    return re.sub(r"[^A-Za-z0-9_.-]", "-", text.replace("/", "."))


def _folder_values(file: PurePosixPath) -> dict[str, str | None]:
    """Return the columns that folders named `key=value` stand for."""
    pairs = (part.split("=", 1) for part in file.parts[:-1] if re.fullmatch(r"[^=]+=[^=]*", part))
    return {unquote(key): None if value == _NULL else unquote(value) for key, value in pairs}
