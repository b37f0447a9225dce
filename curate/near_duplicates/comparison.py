"""The pairs that are compared, and how alike they truly are.

All pairs of a bucket are compared where these are not many more than its rows. In large buckets, as of thousands of copies of one
page, the first row is compared with all others first; what that settles need not be compared again. What is not settled is
compared with twice as many first rows in each round. Which pairs are compared depends on the rows alone: not on parts, threads or
the order in which they come.
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
Compare = Callable[[Rows, Rows, float], Similarities]
"""Returns how alike pairs of rows are; 0 for those below the least similarity that is asked for."""

MANY = 4
"""All pairs are compared where they are at most so many times as many as the rows of buckets, of which each has a pair or more."""

AT_ONCE = 1 << 24
"""So many pairs are compared in a round at most, unless one leader a bucket makes more."""

PATIENCE = 8
"""From so many leaders on no more is hoped for from what they settle: all pairs are compared that fit a round."""

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


def jaccard(
    grams: Grams, left: npt.NDArray[np.int64], right: npt.NDArray[np.int64], threshold: float = 0
) -> Similarities:
    """Return the Jaccard similarity of pairs of texts on their distinct shingles; 0 where it is below the threshold."""
    found = np.empty(len(left))

    def work(start: int, stop: int) -> None:
        one, other = left[start:stop], right[start:stop]
        room = room_for(int(grams.counts[one].max(initial=0)))
        table, marks = np.empty(room, dtype=np.uint64), np.zeros(room, dtype=np.int64)
        minhash.jaccard(
            grams.values, grams.starts, grams.counts, one, other, threshold, table, marks, found[start:stop]
        )

    each_slice(work, grams.counts[left] + grams.counts[right])  # a shingle counts as a byte: nothing is made of it
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
    leaders: int = 1

    def advance(self, colours: Rows) -> bool:
        """Compare pairs of two colours: all that are left, which returns true, or those of the leaders of each bucket."""
        every = np.ones(len(self.buckets.rows), dtype=np.bool_)
        buckets = self.buckets.only(every, colours).by_colour(colours)
        height, whole = len(buckets.rows), buckets.pair_count(colours)
        if whole <= MANY * height or (self.leaders >= PATIENCE and whole <= AT_ONCE):
            found = np.empty(whole, dtype=np.uint64)
            count = kernels.all_pairs(buckets.starts, buckets.rows, colours, self.fixed, found)
            self._add(found[:count])
            return True
        leaders = max(min(self.leaders, AT_ONCE // height), 1)
        found = np.empty(leaders * height, dtype=np.uint64)
        count = kernels.leader_pairs(buckets.starts, buckets.rows, colours, self.fixed, leaders, found)
        self._add(found[:count])
        place = np.arange(height) - np.repeat(buckets.starts[:-1], buckets.sizes)
        self.buckets, self.leaders = buckets.only(place >= leaders, colours), 2 * leaders
        return False

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

    def _add(self, found: npt.NDArray[np.uint64]) -> None:
        new = _not_in(self.compared, _distinct(found))
        later, earlier = (new >> _HALF).astype(np.uint32), (new & _LOW).astype(np.uint32)
        similarity = self.compare(later, earlier, self.threshold)
        alike = similarity >= self.threshold
        self.compared = np.sort(np.concatenate([self.compared, new]))
        parts = (
            (self.pairs.later, later[alike]),
            (self.pairs.earlier, earlier[alike]),
            (self.pairs.similarity, similarity[alike]),
        )
        later, earlier, similarity = (np.concatenate(part) for part in parts)  # type: ignore[assignment]
        order = np.lexsort((earlier, later))
        self.pairs = Pairs(later[order], earlier[order], similarity[order])


def _distinct(numbers: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """Return each number once, sorted. NumPy's own `unique` hashes them, which for millions takes ten times as long."""
    ordered = np.sort(numbers)
    new = np.ones(len(ordered), dtype=np.bool_)
    np.not_equal(ordered[1:], ordered[:-1], out=new[1:])
    return ordered[new]


def _not_in(known: npt.NDArray[np.uint64], numbers: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """Return the numbers that are not among some others, which are sorted."""
    if not len(known):
        return numbers
    place = np.minimum(np.searchsorted(known, numbers), len(known) - 1)
    found: npt.NDArray[np.uint64] = numbers[known[place] != numbers]
    return found
