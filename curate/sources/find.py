"""Files found: beside the recipe, in the folder that FAIRLEAD_DATA names, or among what was fetched; and their digests."""

import os
from pathlib import Path

from curate.errors import Mistake, UserError
from curate.files import digest_file, digest_text
from curate.groups import LEXICONS, TermGroup
from curate.recipe import Recipe
from curate.source_settings import DemoSource, FileSource, Source
from curate.sources.remote import fetched_file


def roots(folder: Path) -> list[Path]:
    """Return the folders in which a relative path is looked up, in order."""
    return [folder, *([Path(data)] if (data := os.environ.get("FAIRLEAD_DATA")) else [])]


def find_file(name: str, folder: Path) -> Path | None:
    """Look a path up beside the recipe, then in the folder that FAIRLEAD_DATA names."""
    return next((path for root in roots(folder) if os.path.isfile(path := root / name)), None)  # noqa: PTH113  (never raises)


def source_paths(source: FileSource, folder: Path, fetched: Path | None = None) -> tuple[Path, Path | None]:
    """Return the paths of a file source: its file, and the file of labels of a pair. Raises `UserError` if one is missing.

    `fetched` is the folder with the copies of remote files.
    """
    found: list[Path | None] = []
    mistakes = []
    for name in (source.path, source.labels):
        path = _local(name, source, folder, fetched) if name else None
        if name and path is None:
            mistakes.append(_missing(name, source, folder))
        found.append(path)
    if mistakes:
        raise UserError(mistakes)
    assert found[0] is not None
    return found[0], found[1]


def missing_file(where: str, folder: Path, origin: str | None = None, how_made: str = "") -> Mistake:
    """Say that a file is missing, where it was looked for, and where to get it or how it is made."""
    where_to_get = f"get it from {origin}, then " if origin else f"{how_made}, or " if how_made else ""
    hint = f"{where_to_get}put it beside the recipe or into the folder that FAIRLEAD_DATA names (looked in {looked_in(folder)})"
    return Mistake(where, "there is no such file", hint)


def looked_in(folder: Path) -> str:
    """Say where a relative path was looked up."""
    return " and ".join(str(root) for root in roots(folder))


def source_digest(source: Source, folder: Path, fetched: Path | None = None) -> str:
    """Return the SHA-256 of a source's bytes; of its settings for the demo, and for what is remote and not fetched yet."""
    if isinstance(source, DemoSource):
        from curate import demo  # noqa: PLC0415

        return digest_text("demo", source.model_dump_json(), str(demo.VERSION))
    if not is_here(source, folder, fetched):
        return digest_text("not fetched", source.path)
    path, labels = source_paths(source, folder, fetched)
    return digest_file(path) if labels is None else digest_text(digest_file(path), digest_file(labels))


def is_here(source: FileSource, folder: Path, fetched: Path | None) -> bool:
    """Return whether a source needs no fetching before it is read."""
    return not source.is_remote or _local(source.path, source, folder, fetched) is not None


def lexicon_paths(recipe: Recipe, folder: Path) -> dict[str, Path]:
    """Return the term list of every attribute that has one. Raises `UserError` if one is missing."""
    found: dict[str, Path] = {}
    mistakes: list[Mistake] = []
    for attribute, group in recipe.groups.items():
        if isinstance(group, TermGroup):
            try:
                found[attribute] = lexicon_path(attribute, group, folder)
            except UserError as error:
                mistakes += error.mistakes
    if mistakes:
        raise UserError(mistakes)
    return found


def lexicon_path(attribute: str, group: TermGroup, folder: Path) -> Path:
    """Return the term list of an attribute, one of ours or a file. Raises `UserError` if there is none."""
    shipped = LEXICONS / f"{group.terms}.txt"
    path = shipped if group.terms.isidentifier() and shipped.is_file() else find_file(group.terms, folder)
    if path is None:
        known = ", ".join(sorted(path.stem for path in LEXICONS.glob("*.txt")))
        part, what = f"groups.{attribute}", f"there is no term list '{group.terms}'"
        raise UserError(Mistake(part, what, f"name one of {known}, or a file", f"{part}.terms"))
    return path


def _local(name: str, source: FileSource, folder: Path, fetched: Path | None) -> Path | None:
    if not source.is_remote:
        return find_file(name, folder)
    return fetched_file(fetched, name, source) if fetched is not None else None


def _missing(name: str, source: FileSource, folder: Path) -> Mistake:
    if source.is_remote:
        return Mistake(name, "is not fetched yet", "fairlead curate fetches it; without FAIRLEAD_OFFLINE=1, once")
    for path in (root / name for root in roots(folder)):
        if os.path.lexists(path) and not os.path.isdir(path):  # noqa: PTH112  (never raises)
            nowhere = not os.path.exists(path)  # noqa: PTH110  (never raises)
            what = "is a link that leads nowhere" if nowhere else "is a pipe or a device, and no file"
            return Mistake(str(path), what, "put a file in its place")
    return missing_file(name, folder, source.origin)
