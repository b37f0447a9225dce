"""Parts of what is searched: texts, or anything else that can give the keys of bands and the shingles of its rows."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt
import polars as pl

from curate.kernels import minhash
from curate.kernels.parts import room_for
from curate.kernels.text import Units, each_slice, lengths, up_to
from curate.near_duplicates.bands import Bands
from curate.near_duplicates.buckets import Keys, Mask, Rows
from curate.near_duplicates.sketch import Sketching, band_keys
from curate.progress import NO_TICK, Tick

Grams = Units[np.uint64]
ROW_BYTES = 1_000
"""What a row without text counts for in the size of a slice: its signature and its place."""


class Part(Protocol):
    """Some consecutive rows of a search."""

    def __len__(self) -> int:
        """Return how many rows it has."""

    def write_keys(self, bands: Bands, keys: Keys, filled: Mask, tick: Tick) -> None:
        """Write the keys of its rows into a (bands, rows) array, and which rows have shingles; tick the rows."""

    def shingles(self, rows: npt.NDArray[np.int64]) -> Grams:
        """Return the shingles of some of its rows, in order, each once a row."""


Parts = Callable[[], Iterable[Part]]
"""Gives the parts of a search, in order, each time that it is called."""


@dataclass(frozen=True)
class TextPart:
    """Texts, of which nothing is kept: shingles are made anew where they are asked for."""

    texts: pl.Series
    sketching: Sketching

    def __len__(self) -> int:
        return len(self.texts)

    def write_keys(self, bands: Bands, keys: Keys, filled: Mask, tick: Tick = NO_TICK) -> None:
        """Write the keys, a slice at a time on each processor."""

        def work(start: int, stop: int) -> None:
            grams = self.sketching.shingling.of(self.texts[start:stop])
            keys[:, start:stop] = band_keys(self.sketching.signatures(grams), bands)
            filled[start:stop] = grams.counts > 0
            tick(stop - start)

        each_slice(work, lengths(self.texts) + ROW_BYTES)

    def shingles(self, rows: npt.NDArray[np.int64]) -> Grams:
        """Return the shingles of some texts, made a slice at a time on each processor."""
        texts = self.texts.gather(rows)
        found: dict[int, Grams] = {}

        def work(start: int, stop: int) -> None:
            found[start] = distinct(self.sketching.shingling.of(texts[start:stop]))

        each_slice(work, lengths(texts) + ROW_BYTES)
        return joined([found[start] for start in sorted(found)])


def distinct(grams: Grams) -> Grams:
    """Return the shingles of each text, each once, in the same array."""
    counts, room = grams.counts.copy(), room_for(grams.most)
    table, marks = np.empty(room, dtype=np.uint64), np.zeros(room, dtype=np.int64)
    minhash.distinct(grams.values, grams.starts, counts, table, marks)
    return Units(grams.values, grams.starts, counts)


def packed(grams: Grams) -> Grams:
    """Return the shingles of each text in a new array without gaps."""
    starts = up_to(grams.counts)
    moved = np.repeat(grams.starts - starts[:-1], grams.counts)
    return Units(grams.values[np.arange(starts[-1]) + moved], starts[:-1], grams.counts)


def joined(grams: Iterable[Grams]) -> Grams:
    """Return the shingles of several parts as those of one."""
    parts = [Units(np.empty(0, np.uint64), np.empty(0, np.int64), np.empty(0, np.int64)), *grams]
    before = np.cumsum([0, *(len(part.values) for part in parts)])
    starts = [part.starts + first for part, first in zip(parts, before.tolist(), strict=False)]
    values, counts = (np.concatenate([getattr(part, name) for part in parts]) for name in ("values", "counts"))
    return Units(values, np.concatenate(starts), counts)


def all_keys(parts: Parts, bands: Bands, height: int, folder: Path | None, tick: Tick) -> tuple[Keys, Mask]:
    """Return the keys of all rows, a (bands, rows) array (on disk if there is a folder), and which rows have shingles."""
    keys = _array(folder, "keys", (bands.count, height))
    filled = np.zeros(height, dtype=np.bool_)
    first = 0
    for part in parts():
        last = first + len(part)
        part.write_keys(bands, keys[:, first:last], filled[first:last], tick)
        first = last
    assert first == height, f"{first} rows where {height} were told"
    return keys, filled


def _array(folder: Path | None, name: str, shape: tuple[int, int]) -> npt.NDArray[np.uint64]:
    if folder is None or not shape[1]:
        return np.empty(shape, dtype=np.uint64)
    return np.lib.format.open_memmap(folder / f"{name}.npy", mode="w+", dtype=np.uint64, shape=shape)


def shingles_of(parts: Parts, rows: Rows, folder: Path | None) -> Grams:
    """Return the shingles of some rows (sorted) of all parts; they are on disk if there is a folder."""
    if folder is None:
        return joined(_chosen(parts, rows))
    path = folder / "shingles"
    starts, counts, written = [np.empty(0, np.int64)], [np.empty(0, np.int64)], 0
    with path.open("wb") as file:
        for grams in _chosen(parts, rows):
            grams.values.tofile(file)
            starts.append(grams.starts + written)
            counts.append(grams.counts)
            written += len(grams.values)
    values = np.memmap(path, dtype=np.uint64, mode="r") if written else np.empty(0, dtype=np.uint64)
    return Units(values, np.concatenate(starts), np.concatenate(counts))


def _chosen(parts: Parts, rows: Rows) -> Iterable[Grams]:
    first = 0
    for part in parts():
        low, high = np.searchsorted(rows, [first, first + len(part)])
        if low < high:
            yield part.shingles(rows[low:high].astype(np.int64) - first)
        first += len(part)
