"""Candidates: rows that share a bucket, which are the rows with the same values in some band of their signatures."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain

import numpy as np
import numpy.typing as npt
import polars as pl

from curate.kernels import buckets as kernels
from curate.kernels.parts import room_for

Keys = npt.NDArray[np.uint64]
Rows = npt.NDArray[np.uint32]
Mask = npt.NDArray[np.bool_]

MOST_ROWS = 1 << 31
_MIXER, _SHIFT = np.uint64(0x9E3779B97F4A7C15), np.uint64(29)
"""The odd number nearest to 2⁶⁴ over the golden ratio (Knuth, "Sorting and Searching", 6.4), and a shift to its lower bits."""
_AT_ONCE = 4
"""The buckets of a band take up to 40 bytes a row while they are found; so many bands are worked on at once at most."""


@dataclass(frozen=True)
class Buckets:
    """Bucket i holds `rows[starts[i]:starts[i + 1]]`, at least two of them. A row may stand in a bucket of every band."""

    starts: npt.NDArray[np.int64]
    rows: Rows

    def __len__(self) -> int:
        return len(self.starts) - 1

    @property
    def sizes(self) -> npt.NDArray[np.int64]:
        """The number of rows of each bucket."""
        return np.diff(self.starts)

    def first_rows(self) -> Rows:
        """Return the first row of each bucket."""
        return np.minimum.reduceat(self.rows, self.starts[:-1]) if len(self) else self.rows[:0]

    def renamed(self, names: Rows) -> "Buckets":
        """Return the buckets with other numbers for rows."""
        return Buckets(self.starts, names[self.rows])

    def only(self, kept: Mask, colours: Rows) -> "Buckets":
        """Return the buckets with some of their rows, less those that are of one colour then."""
        if not len(self):
            return self
        bucket = np.repeat(np.arange(len(self)), self.sizes)[kept]
        return _several(bucket, self.rows[kept], colours)

    def by_colour(self, colours: Rows) -> "Buckets":
        """Return the buckets with the rows of a colour beside each other, the rarest first: they have most to be compared with.

        Where each row of a bucket has a colour of its own, they stand in the order of colours.
        """
        found = colours[self.rows]
        rises = np.diff(found.astype(np.int64)) > 0
        rises[self.starts[1:-1] - 1] = True
        if rises.all():
            return self
        bucket = np.repeat(np.arange(len(self)), self.sizes)
        order = np.lexsort((self.rows, found, bucket))
        begins = np.flatnonzero((np.diff(found[order], prepend=0) != 0) | (np.diff(bucket[order], prepend=-1) != 0))
        runs = np.diff(np.append(begins, len(order)))
        rarity = np.empty(len(order), dtype=np.int64)
        rarity[order] = np.repeat(runs, runs)
        return Buckets(self.starts, self.rows[np.lexsort((self.rows, found, rarity, bucket))])

    def pair_count(self, colours: Rows) -> int:
        """Return how many pairs of rows of two colours there are, counted in each bucket; rows stand as in `by_colour`."""
        found = colours[self.rows]
        begins = np.diff(found.astype(np.int64), prepend=-1) != 0
        begins[self.starts[:-1]] = True
        runs = np.diff(np.append(np.flatnonzero(begins), len(found)))
        return int((self.sizes * (self.sizes - 1) // 2).sum() - (runs * (runs - 1) // 2).sum())


def find_buckets(keys: Keys, filled: Mask) -> Buckets:
    """Return the buckets of all bands, from a (bands, rows) array of keys; rows that are not `filled` are in none.

    The first are those of rows that are the same in all bands: copies meet there, however many rows share a band with them.
    """
    height = len(filled)
    assert height < MOST_ROWS, f"{height} rows are more than one search can hold"

    def of_band(band: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
        heads, members = np.empty(room_for(height), dtype=np.uint32), np.empty(height, dtype=np.uint64)
        return np.sort(members[: kernels.companions(band, filled, heads, members)])

    with ThreadPoolExecutor(min(pl.thread_pool_size(), _AT_ONCE)) as pool:
        return _joined(pool.map(of_band, chain([_of_all_bands(keys)], keys)))


def _of_all_bands(keys: Keys) -> npt.NDArray[np.uint64]:
    """Return one key for the keys of all bands; that two of n rows have it by chance has odds of n² / 2⁶⁵, and is verified."""
    whole = np.zeros(keys.shape[1], dtype=np.uint64)
    for band in keys:
        whole *= _MIXER
        whole ^= whole >> _SHIFT
        whole += band
    return whole


def _joined(bands: Iterable[npt.NDArray[np.uint64]]) -> Buckets:
    rows, starts, before = [np.empty(0, dtype=np.uint32)], [np.empty(0, dtype=np.int64)], 0
    for members in bands:
        heads = members >> np.uint64(32)
        starts.append(before + np.flatnonzero(np.diff(heads, prepend=np.uint64(1 << 63))))
        rows.append(members.astype(np.uint32))
        before += len(members)
    return Buckets(np.append(np.concatenate(starts), before), np.concatenate(rows))


def _several(bucket: npt.NDArray[np.int64], rows: Rows, colours: Rows) -> Buckets:
    """Return the buckets that have rows of two colours; `bucket` says which bucket each row is of."""
    starts = np.flatnonzero(np.diff(bucket, prepend=-1))
    if not len(starts):
        return Buckets(np.zeros(1, dtype=np.int64), rows[:0])
    found = colours[rows]
    several = np.minimum.reduceat(found, starts) != np.maximum.reduceat(found, starts)
    sizes = np.diff(np.append(starts, len(rows)))
    kept = np.repeat(several, sizes)
    return Buckets(np.append(0, np.cumsum(sizes[several])), rows[kept])
