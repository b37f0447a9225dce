"""What the commands on an index do: add a run's rows or a file's, match them, and say what an index holds."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
from pydantic import BaseModel, ConfigDict

from curate.errors import Mistake, UserError, check_none_changed, did_you_mean
from curate.evaluation_files import evaluation_source, row_names
from curate.files import digest_file, disk_errors, replacing, scan_parquet
from curate.index_part import Origin
from curate.near_duplicates.adding import NewPart, add_part
from curate.near_duplicates.bands import RECALL, permutations_needed
from curate.near_duplicates.in_words import other_text_in_words
from curate.near_duplicates.index import (
    SEED,
    IndexRecord,
    SignatureIndex,
    is_index,
    open_index,
    open_sound_index,
)
from curate.near_duplicates.matching import match
from curate.near_duplicates.older import file_texts
from curate.near_duplicates.search import Search
from curate.near_duplicates.shingles import Unit
from curate.near_duplicates.sketch import Sketching
from curate.progress import Progress
from curate.recipe_file import load_finished
from curate.run_mistakes import MANIFEST
from curate.split import SIDES
from curate.store import RunDirectory
from curate.task import text_named, text_parts, whole_text

FRAME_ROWS = 100_000
"""Rows of a run are read so many at a time."""


@dataclass(frozen=True)
class NamedRows:
    """Rows of a run or of a file: `frames` gives them as `name, text`, each time that it is called."""

    name: str
    origin: Origin
    height: int
    frames: Callable[[], Iterable[pl.DataFrame]]


class Matched(BaseModel):
    """What a match found: `hits` name a new row, the older row that is most like it, and their true Jaccard similarity.

    `text` names the columns that were compared; `other_text` says so where older rows hold the text of others.
    `not_all_compared` names new rows that are like none of the older rows with which they could be compared: there are too many.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_version: int = 2
    index: str
    data: str
    text: tuple[str, ...]
    other_text: str
    rows: int
    older_rows: int
    rows_matched: int
    threshold: float
    bands: int
    band_rows: int
    found_at_threshold: float
    hits: tuple[tuple[str, str, float], ...]
    not_all_compared: tuple[str, ...]


def read_named(path: Path, columns: Sequence[str], side: str | None) -> NamedRows:
    """Return the rows of a run (of one side, or of all) or of a file, of which `columns` hold the text.

    Of a run these are some of the columns that its recipe names as text, or roles of its turns; all if none is named.
    """
    if (path / MANIFEST).is_file():
        return _of_run(RunDirectory(path), tuple(columns), side)
    if side is not None:
        raise UserError(Mistake(f"--side {side}", f"has no effect: {path} is no run", "take it out"))
    return _of_file(path, columns)


def _of_run(run: RunDirectory, on: tuple[str, ...], side: str | None) -> NamedRows:
    key = run.check_phase("curate").key
    recipe = load_finished(run.recipe)
    sides, parts = SIDES if recipe.split is not None else ("all",), text_parts(recipe.task)
    mistakes = [
        Mistake(f"--text {part}", "is no text of this run", did_you_mean(part, parts))
        for part in on
        if part not in parts
    ]
    if side is not None and side not in sides:
        mistakes.append(Mistake(f"--side {side}", "is not a side of this run", f"its sides: {', '.join(sides)}"))
    if mistakes:
        raise UserError(mistakes)
    named = [
        scan_parquet(run.data(each)).select(name="row_name", text=whole_text(recipe.task, on))
        for each in (sides if side is None else (side,))
    ]
    heights = [rows.select(pl.len()).collect().item() for rows in named]

    def frames() -> Iterator[pl.DataFrame]:
        for rows, height in zip(named, heights, strict=True):
            for first in range(0, height, FRAME_ROWS):
                yield rows.slice(first, FRAME_ROWS).collect()

    name = run.path.resolve().name
    return NamedRows(
        name=name if side is None else f"{name}.{side}",
        origin=Origin(data=str(run.path), side=side, digest=key, text=text_named(recipe.task, on)),
        height=sum(heights),
        frames=frames,
    )


def _of_file(path: Path, columns: Sequence[str]) -> NamedRows:
    try:
        evaluation_source(str(path))
    except ValueError as error:
        hint = "name a finished run, or a file of rows (csv, tsv, json, jsonl, parquet, arrow, txt)"
        raise UserError(Mistake(str(path), f"cannot be read: {error}", hint)) from None
    if not path.is_file():
        raise UserError(Mistake(str(path), "there is no such file or run", "name a finished run, or a file of rows"))
    prefix = row_names([str(path)])[str(path)]
    digest = digest_file(path)
    rows, text = file_texts(str(path), path, columns, prefix)
    check_none_changed([str(path)] if digest_file(path) != digest else [])
    origin = Origin(data=str(path), digest=digest, text=text)
    return NamedRows(name=prefix, origin=origin, height=rows.height, frames=lambda: [rows])


def add(
    folder: Path,
    data: NamedRows,
    progress: Progress,
    *,
    name: str | None = None,
    unit: Unit | None = None,
    shingle: int | None = None,
    permutations: int | None = None,
) -> SignatureIndex:
    """Add rows to an index; settings that are not given are those of the index, or the defaults of a new one."""
    known = open_index(folder).record if is_index(folder) else None
    record = known or IndexRecord.of(Sketching(seed=SEED))
    given = {"unit": unit, "shingle": shingle, "permutations": permutations}
    record = record.model_copy(update={key: value for key, value in given.items() if value is not None})
    tick = progress.begin("index", data.height)
    part = NewPart(data.name if name is None else name, data.origin, data.frames())
    return add_part(folder, part, record.sketching, tick)


def match_rows(
    folder: Path, data: NamedRows, progress: Progress, *, threshold: float, recall: float = RECALL
) -> tuple[Matched, pl.DataFrame]:
    """Match rows against an index: what was found, and all hits as a table."""
    index = open_sound_index(folder)
    try:
        search = Search(threshold=threshold, sketching=index.record.sketching, recall=recall)
        bands = search.bands
    except ValueError as error:
        needed = permutations_needed(threshold, recall)
        more = f", or make an index with --permutations {needed}" if needed else ""
        hint = f"raise --threshold or lower --recall{more}"
        raise UserError(Mistake(f"--threshold {threshold:g} --recall {recall:g}", str(error), hint)) from None
    tick = progress.begin("match", len(index) + data.height)
    with TemporaryDirectory(prefix="fairlead-match-", ignore_cleanup_errors=True) as scratch:
        hits, unfinished = match(index, data.frames, search, folder=Path(scratch), tick=tick)
    found = Matched(
        index=str(folder),
        data=str(data.origin),
        text=data.origin.text,
        other_text=other_text_in_words(data.origin.text, index.record.parts),
        rows=data.height,
        older_rows=len(index),
        rows_matched=hits.height,
        threshold=threshold,
        bands=bands.count,
        band_rows=bands.rows,
        found_at_threshold=round(float(bands.found(threshold)), 4),
        hits=tuple(hits.iter_rows()),
        not_all_compared=tuple(unfinished),
    )
    return found, hits


def check_output(path: Path) -> None:
    """Raise `UserError` for a file that matches cannot be written to."""
    if path.suffix not in _WRITERS:
        raise UserError(Mistake(f"--output {path}", "has no known ending", f"write one of {', '.join(_WRITERS)}"))
    if path.exists():
        raise UserError(Mistake(str(path), "exists already", "name a new file; nothing is overwritten"))


def write_hits(hits: pl.DataFrame, path: Path) -> None:
    """Write all matches into a file, in one move."""
    with replacing(path) as temporary, disk_errors(path):
        _WRITERS[path.suffix](hits, temporary)


_WRITERS: dict[str, Callable[[pl.DataFrame, Path], object]] = {
    ".parquet": lambda hits, path: hits.write_parquet(path),
    ".csv": lambda hits, path: hits.write_csv(path),
    ".jsonl": lambda hits, path: hits.write_ndjson(path),
}
