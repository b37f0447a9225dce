"""Rows on disk: parquet parts in the order of row numbers, and the rows of them that a later decision dropped.

Rows are written when they change (read, rewritten, added to); a decision only adds to the rows that are gone. So no stage
needs to hold more than a few parts, and moving a limit copies nothing. Rows as read are packed, because every run shows them; what
later stages make of them is not: it is soon read again, and packing would take as long as the work.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

import polars as pl

from curate.files import read_parquet, scan_parquet, write_parquet
from curate.read_rows import Frame, worked_on

PART_BYTES = 32_000_000
"""A part is written when its frame has come to about so many bytes in memory; a stage works on a few parts at a time."""

_AHEAD = 2
"""So many parts are read while one is worked on."""


@dataclass(frozen=True)
class Dataset:
    """The rows of a stage. `gone` holds row numbers, sorted; `height` counts the rows that are there.

    `as_read` says that no stage has rewritten or added rows: every text is the one that the source holds, and the parts stand
    in the form in which the run shows them.
    """

    parts: tuple[Path, ...]
    gone: pl.Series
    height: int
    as_read: bool = False

    @classmethod
    def of_parts(cls, folder: Path, *, as_read: bool = False) -> "Dataset":
        """Return the rows that a stage wrote into its folder."""
        parts = parts_of(folder)
        height = pl.scan_parquet(list(parts), glob=False).select(pl.len()).collect().item()
        return cls(parts, pl.Series("row", [], dtype=pl.Int64), height, as_read)

    def without(self, rows: pl.Series) -> "Dataset":
        """Return the dataset with some of its rows gone."""
        gone = pl.concat([self.gone, rows]).sort() if rows.len() else self.gone
        return replace(self, gone=gone, height=self.height - rows.len())

    def frames(self, columns: Sequence[str] | None = None) -> Iterator[pl.DataFrame]:
        """Yield the rows of each part that are there; there is at least one frame, so that the columns are known.

        Of `columns`, which are some of the rows' own, and `row` and no others if they are told.
        """
        with ThreadPoolExecutor(_AHEAD) as pool:
            ahead: deque[Future[pl.DataFrame]] = deque()
            for part in self.parts:
                ahead.append(pool.submit(self._frame, part, columns))
                if len(ahead) > _AHEAD:
                    yield ahead.popleft().result()
            while ahead:
                yield ahead.popleft().result()

    def collect(self) -> pl.DataFrame:
        """Return all rows at once."""
        return pl.concat(self.frames())

    def scan(self) -> pl.LazyFrame:
        """Return the rows lazily, in order, for a streaming sink."""
        rows = self._worked_on(pl.scan_parquet(list(self.parts), glob=False))
        if self.gone.is_empty():
            return rows
        return rows.join(self.gone.to_frame().lazy(), on="row", how="anti", maintain_order="left")

    def _frame(self, part: Path, columns: Sequence[str] | None) -> pl.DataFrame:
        if columns is None:
            return self._present(self._worked_on(read_parquet(part)))
        return self._present(scan_parquet(part).select("row", *columns).collect())

    def _worked_on(self, rows: Frame) -> Frame:
        return worked_on(rows) if self.as_read else rows

    def _present(self, frame: pl.DataFrame) -> pl.DataFrame:
        if frame.is_empty() or self.gone.is_empty():
            return frame
        low = int(self.gone.search_sorted(frame["row"][0], side="left"))
        high = int(self.gone.search_sorted(frame["row"][-1], side="right"))
        if low == high:
            return frame
        return frame.filter(~pl.col("row").is_in(self.gone[low:high].implode()))


def parts_of(folder: Path) -> tuple[Path, ...]:
    """Return the parts in a folder, in their order."""
    return tuple(sorted(folder.glob("*.parquet")))


def write_part(folder: Path, place: int, frame: pl.DataFrame, *, packed: bool = True) -> Path:
    """Write one part, and return its path."""
    path = _part(folder, place)
    write_parquet(path, frame, packed=packed)
    return path


def _part(folder: Path, place: int) -> Path:
    return folder / f"{place:05}.parquet"


_AT_ONCE = 3


class PartWriter:
    """Writes parts in threads of their own, while the next ones are made. Leaving its block waits until all is written.

    No more parts wait than there are threads of Polars, and never more than `_AT_ONCE`: each takes some times `PART_BYTES`.
    What the writing of a part raises is raised at a later part, or at the end.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._at_once = min(pl.thread_pool_size(), _AT_ONCE)
        self._pool = ThreadPoolExecutor(self._at_once)
        self._waiting: deque[Future[Path]] = deque()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_rest: object) -> None:
        self._pool.shutdown()
        if kind is None:
            self.wait()

    def write(self, name: str, place: int, frames: Sequence[pl.DataFrame], *, packed: bool = True) -> Path:
        """Begin to write frames of the same columns, together, as one part of a folder; return its path."""
        while len(self._waiting) >= self._at_once:
            self._waiting.popleft().result()
        folder = self._folder / name
        self._waiting.append(self._pool.submit(lambda: write_part(folder, place, pl.concat(frames), packed=packed)))
        return _part(folder, place)

    def wait(self) -> None:
        """Wait until everything that was begun is written."""
        while self._waiting:
            self._waiting.popleft().result()


def write_parts(frames: Iterable[pl.DataFrame], folder: Path) -> None:
    """Write frames of the same columns as parts of about `PART_BYTES`, unpacked. There must be a frame, if only an empty one."""
    waiting: list[pl.DataFrame] = []
    place, size = 0, 0.0
    for frame in (piece for whole in frames for piece in _pieces(whole)):
        waiting.append(frame)
        size += frame.estimated_size()
        if size >= PART_BYTES:
            write_part(folder, place, pl.concat(waiting), packed=False)
            waiting, size, place = [], 0.0, place + 1
    if waiting and (place == 0 or any(frame.height for frame in waiting)):
        write_part(folder, place, pl.concat(waiting), packed=False)


def _pieces(frame: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Cut a frame that is much larger than a part."""
    count = int(frame.estimated_size() // PART_BYTES) + 1
    yield from frame.iter_slices(-(-frame.height // count)) if frame.height else [frame]
