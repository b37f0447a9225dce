"""The pairs that are compared, and how alike they truly are.

All pairs of a bucket are compared where these are not many more than its rows. In large buckets, as of thousands of copies of one
page, leaders are compared with all others first; what that settles need not be compared again. Which pairs are compared
depends on the rows alone: not on parts, threads or the order in which they come.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from curate.kernels import buckets as kernels
from curate.kernels import minhash
from curate.kernels.parts import room_for
from curate.kernels.text import each_slice
from curate.near_duplicates.buckets import Buckets, Mask, Rows
from curate.near_duplicates.parts import Grams

Similarities = npt.NDArray[np.float64]
Compare = Callable[[Rows, Rows], Similarities]

MANY = 4
"""All pairs are compared where they are at most so many times as many as the rows of buckets, of which each has a pair or more."""

_LOW = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)


@dataclass(frozen=True)
class Pairs:
    """Pairs of rows with their true Jaccard similarity, sorted by the later row and then the earlier."""

    later: Rows
    earlier: Rows
    similarity: Similarities

    def __len__(self) -> int:
        return len(self.later)


def no_pairs() -> Pairs:
    """Return no pairs."""
    return Pairs(np.empty(0, dtype=np.uint32), np.empty(0, dtype=np.uint32), np.empty(0))


def jaccard(grams: Grams, left: npt.NDArray[np.int64], right: npt.NDArray[np.int64]) -> Similarities:
    """Return the Jaccard similarity of pairs of texts on their shingles, each text's a set; 0 where both have none."""
    found = np.empty(len(left))

    def work(start: int, stop: int) -> None:
        one, other = left[start:stop], right[start:stop]
        room = room_for(int((grams.counts[one] + grams.counts[other]).max(initial=0)))
        table, marks = np.empty(room, dtype=np.uint64), np.zeros(room, dtype=np.int64)
        minhash.jaccard(grams.values, grams.starts, grams.counts, one, other, table, marks, found[start:stop])

    each_slice(work, (grams.counts[left] + grams.counts[right]) * grams.values.itemsize)
    return found


@dataclass
class Comparison:
    """Rows in buckets, of which the first `fixed` are not compared with each other, and the pairs that were found so far.

    `compared` holds every pair that was looked at, `pairs` those that are at least as alike as `threshold`.
    """

    buckets: Buckets
    compare: Compare
    threshold: float
    fixed: int = 0
    pairs: Pairs = field(default_factory=no_pairs)
    compared: npt.NDArray[np.uint64] = field(default_factory=lambda: np.empty(0, dtype=np.uint64))

    def advance(self, colours: Rows) -> bool:
        """Compare pairs of two colours: all that are left, which returns true, or those of the leaders of each bucket."""
        every = np.ones(len(self.buckets.rows), dtype=np.bool_)
        buckets = self.buckets.only(every, colours).by_colour(colours)
        whole = buckets.pair_count(colours)
        last = whole <= MANY * len(buckets.rows)
        if last:
            found = np.empty(whole, dtype=np.uint64)
            count = kernels.all_pairs(buckets.starts, buckets.rows, colours, self.fixed, found)
        else:
            found, led = np.empty(2 * len(buckets.rows), dtype=np.uint64), ~every[: len(buckets.rows)]
            count = kernels.leader_pairs(buckets.starts, buckets.rows, colours, self.fixed, led, found)
            self.buckets = buckets.only(~led, colours)
        self._add(np.setdiff1d(found[:count], self.compared))
        return last

    def drop(self, settled: Mask) -> None:
        """Leave out rows of which no more needs to be known."""
        kept = ~settled[self.buckets.rows]
        self.buckets = self.buckets.only(kept, np.arange(len(settled), dtype=np.uint32))

    def behind(self, height: int) -> Mask:
        """Return which rows have a row before them in a bucket, with which they were not compared yet."""
        first = np.repeat(self.buckets.first_rows(), self.buckets.sizes)
        found = np.zeros(height, dtype=np.bool_)
        found[self.buckets.rows[self.buckets.rows != first]] = True
        return found

    def _add(self, new: npt.NDArray[np.uint64]) -> None:
        later, earlier = (new >> _HALF).astype(np.uint32), (new & _LOW).astype(np.uint32)
        similarity = self.compare(later, earlier)
        alike = similarity >= self.threshold
        self.compared = np.union1d(self.compared, new)
        parts = (
            (self.pairs.later, later[alike]),
            (self.pairs.earlier, earlier[alike]),
            (self.pairs.similarity, similarity[alike]),
        )
        later, earlier, similarity = (np.concatenate(part) for part in parts)  # type: ignore[assignment]
        order = np.lexsort((earlier, later))
        self.pairs = Pairs(later[order], earlier[order], similarity[order])
