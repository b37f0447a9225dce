"""The pairs that are compared, and how alike they truly are.

All pairs of a bucket are compared where these are not many more than its rows. In large buckets, as of thousands of copies of one
page, the first row is compared with all others first; what that settles need not be compared again. What is not settled is
compared with twice as many first rows in each round.

Texts of one form, of which none is like another, settle nothing and would take time quadratic in their number. So the work of a
search is bounded: where more pairs are left than it may compare, their rows are `unfinished`. They were compared with some rows of
each of their buckets, and whoever asked is told which they are.

Which pairs are compared depends on the rows alone: not on parts, threads or the order in which they come.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from curate.kernels import buckets as kernels
from curate.kernels import minhash
from curate.kernels.parts import room_for
from curate.kernels.text import each_slice
from curate.near_duplicates.buckets import Buckets, Mask, Rows
from curate.near_duplicates.parts import Grams

Number = TypeVar("Number", np.uint32, np.uint64)
Similarities = npt.NDArray[np.float64]
Compare = Callable[[Rows, Rows, float], Similarities]
"""Returns how alike pairs of rows are; 0 for those below the least similarity that is asked for."""

MANY = 4
"""All pairs are compared where they are at most so many times as many as the places in buckets, each of which has one or more."""

AT_ONCE = 1 << 24
"""So many pairs are held at a time: 32 bytes each, half a gigabyte."""

PATIENCE = 8
"""From so many leaders on no more is hoped for from what they settle: all pairs are compared that are held at a time."""

AT_LEAST = 1 << 27
"""So many pairs of a search may be compared in any case: those of 16,000 rows of one form, half a minute on two cores."""

EACH = 512
"""Of larger searches so many pairs may be compared for each row that stands in buckets."""

_LOW = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)


@dataclass(frozen=True)
class Pairs:
    """Pairs of rows with their true Jaccard similarity, sorted by the later row and then the earlier.

    `unfinished` are rows that were not compared with all rows with which they share a bucket, because these are too many. A
    result does not name those that go.
    """

    later: Rows
    earlier: Rows
    similarity: Similarities
    unfinished: Rows = field(default_factory=lambda: np.empty(0, dtype=np.uint32))

    def __len__(self) -> int:
        return len(self.later)

    def at(self, places: np.ndarray) -> "Pairs":
        """Return some of the pairs, by their places or as a mask."""
        return Pairs(self.later[places], self.earlier[places], self.similarity[places], self.unfinished)

    def named(self, names: Rows) -> "Pairs":
        """Return the pairs with other numbers for rows."""
        return Pairs(names[self.later], names[self.earlier], self.similarity, names[self.unfinished])


def no_pairs() -> Pairs:
    """Return no pairs."""
    return Pairs(np.empty(0, dtype=np.uint32), np.empty(0, dtype=np.uint32), np.empty(0))


def joined(parts: Sequence[Pairs]) -> Pairs:
    """Return the pairs of several parts, each once."""
    later, earlier, similarity, unfinished = (
        np.concatenate([getattr(part, name) for part in parts])
        for name in ("later", "earlier", "similarity", "unfinished")
    )
    numbers = (later.astype(np.uint64) << _HALF) | earlier
    order = np.argsort(numbers, kind="stable")
    first = order[np.diff(numbers[order], prepend=~numbers[order[:1]]) != 0]
    return Pairs(later, earlier, similarity, unfinished).at(first)


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

    `pairs` are at least as alike as `threshold`. A round costs the pairs that it compares, or the places that it looks at if these
    are more; `spent` sums that up, to about `most` in the end. The first round is made in any case: copies meet in it.
    """

    buckets: Buckets
    compare: Compare
    threshold: float
    fixed: int = 0
    pairs: Pairs = field(default_factory=no_pairs)
    leaders: int = 1
    spent: int = 0
    most: int = 0

    def advance(self, colours: Rows) -> bool:
        """Compare pairs of two colours: all that are left (or may be) and return true, or those of the leaders of each bucket."""
        sides = colours + np.uint32(1)
        sides[: self.fixed] = 0
        every = np.ones(len(self.buckets.rows), dtype=np.bool_)
        self.buckets = buckets = self.buckets.only(every, sides).by_colour(sides)
        height, whole = len(buckets.rows), buckets.pair_count(sides)
        self.most = self.most or max(AT_LEAST, EACH * len(_distinct(buckets.rows)))
        if whole <= min(MANY * height, self.most) or (self.leaders >= PATIENCE and whole <= AT_ONCE):
            self._compare(sides, colours, height, whole)
            return True
        leaders = max(min(self.leaders, AT_ONCE // height), 1)
        if self.spent and self.spent + leaders * height > self.most:
            self.pairs = replace(self.pairs, unfinished=_distinct(buckets.rows[buckets.rows >= self.fixed]))
            return True
        self._compare(sides, colours, leaders, leaders * height)
        place = np.arange(height) - np.repeat(buckets.starts[:-1], buckets.sizes)
        self.buckets, self.leaders = buckets.only(place >= leaders, sides), 2 * leaders
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

    def _compare(self, sides: Rows, colours: Rows, leaders: int, most: int) -> None:
        """Compare the pairs of leaders, `most` at most, those of some later rows at a time."""
        found, known, compared = np.empty(min(most, AT_ONCE), dtype=np.uint64), [self.pairs], 0
        ranges = [(0, len(colours))]
        while ranges:
            low, high = ranges.pop()
            where = (np.uint32(low), np.uint32(high))
            count = kernels.pairs_of_leaders(
                self.buckets.starts, self.buckets.rows, sides, colours, leaders, *where, found
            )
            if count <= len(found):
                new = _distinct(found[:count])
                compared += len(new)
                known.append(self._alike(new))
            elif high - low > 1:
                middle = (low + high) // 2
                ranges += [(middle, high), (low, middle)]
            else:
                found = np.empty(count, dtype=np.uint64)
                ranges.append((low, high))
        self.pairs = joined(known)
        self.spent += max(compared, len(self.buckets.rows))

    def _alike(self, pairs: npt.NDArray[np.uint64]) -> Pairs:
        later, earlier = (pairs >> _HALF).astype(np.uint32), (pairs & _LOW).astype(np.uint32)
        similarity = self.compare(later, earlier, self.threshold)
        return Pairs(later, earlier, similarity).at(similarity >= self.threshold)


def _distinct(numbers: npt.NDArray[Number]) -> npt.NDArray[Number]:
    """Return each number once, sorted. NumPy's own `unique` hashes them, which for millions takes ten times as long."""
    ordered = np.sort(numbers)
    new = np.ones(len(ordered), dtype=np.bool_)
    np.not_equal(ordered[1:], ordered[:-1], out=new[1:])
    return ordered[new]
