"""A search for near-duplicates: its settings, and the way from parts to what is similar."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import polars as pl

from curate.kernels.text import Units
from curate.near_duplicates.bands import RECALL, Bands, choose_bands
from curate.near_duplicates.buckets import Buckets, Mask, Rows, find_buckets
from curate.near_duplicates.comparison import Comparison, Pairs, Similarities, jaccard
from curate.near_duplicates.parts import Grams, Parts, TextPart, all_keys, shingles_of
from curate.near_duplicates.resolution import Merged, components, connected, matches, stars
from curate.near_duplicates.sketch import Sketching
from curate.progress import NO_TICK, Tick


@dataclass(frozen=True, kw_only=True)
class Search:
    """What is a near-duplicate (`threshold`, on the shingles of `sketching`), and how surely one at the threshold is found."""

    threshold: float
    sketching: Sketching = field(default_factory=Sketching)
    recall: float = RECALL

    @cached_property
    def bands(self) -> Bands:
        """The bands of signatures by which candidates are found."""
        return choose_bands(self.threshold, self.sketching.permutations, self.recall)


@dataclass(frozen=True)
class Candidates:
    """Rows of a search that share a band with another, in buckets, and their shingles. Rows are numbered in the order of parts."""

    height: int
    buckets: Buckets
    rows: Rows
    grams: Grams
    threshold: float

    def without(self, rows: Mask) -> "Candidates":
        """Return the candidates without those of some rows."""
        return replace(self, buckets=self.buckets.only(~rows[self.buckets.rows], self._each()))

    def after(self, older: int) -> "Candidates":
        """Return the candidates among the rows after the first `older`, which are numbered from 0 then."""
        each, new = self._each(), self.buckets.rows >= older
        buckets = self.buckets.only(new, each)
        first = int(np.searchsorted(self.rows, older))
        grams = Units(self.grams.values, self.grams.starts[first:], self.grams.counts[first:])
        places = (Buckets(buckets.starts, buckets.rows - np.uint32(older)), self.rows[first:] - np.uint32(older))
        return Candidates(self.height - older, *places, grams, self.threshold)

    def stars(self, order: Rows | None = None, *, colours: Rows | None = None, fixed: int = 0) -> Pairs:
        """Return (row that goes, row for which it goes, similarity); see `resolution.stars`.

        `order` names the rows in the order in which they are preferred, and `colours` and `fixed` count them in that order; it is
        that of the numbers if left out.
        """
        found = stars(self._comparison(order, fixed), self._each() if colours is None else colours)
        return found if order is None else found.named(order)

    def connected(self, order: Rows | None = None) -> Merged:
        """Return the rows that are not the first of their component in `order`; see `resolution.connected`."""
        found = connected(self._comparison(order, 0), self.height)
        if order is None:
            return found
        row, first, link, unfinished = (order[rows] for rows in (found.row, found.first, found.link, found.unfinished))
        return replace(found, row=row, first=first, link=link, unfinished=unfinished)

    def components(self) -> Rows:
        """Return for each row the first row of its connected component."""
        return components(self._comparison(None, 0), self.height)

    def matches(self, queries: Mask, among: Mask) -> Pairs:
        """Return (row, row that is most like it, similarity) of the `queries` that have one `among` others.

        What a query matches depends on no other query, unless there are more than can be compared; see `resolution.matches`.
        """
        both, rest = np.flatnonzero(queries), np.flatnonzero(~(queries | among))
        fixed = np.flatnonzero(among)
        order = np.concatenate([fixed, both, rest]).astype(np.uint32)
        comparison = self._comparison(order, len(fixed))
        comparison.drop(np.arange(self.height) >= len(fixed) + len(both))
        return matches(comparison, self.height).named(order)

    def similarities(self, one: Rows, other: Rows, least: float = 0) -> Similarities:
        """Return how alike pairs of rows are, all of them rows of buckets; 0 for those below `least`."""
        left, right = (np.searchsorted(self.rows, rows) for rows in (one, other))
        return jaccard(self.grams, left, right, least)

    def _each(self) -> Rows:
        return np.arange(self.height, dtype=np.uint32)

    def _comparison(self, order: Rows | None, fixed: int) -> Comparison:
        if order is None:
            return Comparison(self.buckets, self.similarities, self.threshold, fixed)
        ranks = np.empty(self.height, dtype=np.uint32)
        ranks[order] = self._each()
        ranked = self.buckets.renamed(ranks)

        def compare(one: Rows, other: Rows, least: float) -> Similarities:
            return self.similarities(order[one], order[other], least)

        return Comparison(ranked, compare, self.threshold, fixed)


@contextmanager
def candidates(
    parts: Parts,
    height: int,
    search: Search,
    *,
    older: int = 0,
    folder: Path | None = None,
    tick: Tick = NO_TICK,
) -> Iterator[Candidates]:
    """Find the candidates among the rows of some parts, `height` in all; ticks the rows. Two of the first `older` rows are none.

    With a `folder` keys and shingles are on disk, in a folder there that is gone in the end; else they are in memory.
    """
    if folder is None:
        yield _candidates(parts, height, search, older=older, folder=None, tick=tick)
        return
    with TemporaryDirectory(dir=folder, prefix=".near-duplicates-", ignore_cleanup_errors=True) as scratch:
        yield _candidates(parts, height, search, older=older, folder=Path(scratch), tick=tick)


def _candidates(
    parts: Parts, height: int, search: Search, *, older: int, folder: Path | None, tick: Tick
) -> Candidates:
    keys, filled = all_keys(parts, search.bands, height, folder, tick)
    buckets = find_buckets(keys, filled)
    del keys
    if older:
        every = np.ones(len(buckets.rows), dtype=np.bool_)
        buckets = buckets.only(every, np.maximum(np.arange(height) - older + 1, 0).astype(np.uint32))
    needed = np.zeros(height, dtype=np.bool_)
    needed[buckets.rows] = True
    rows = np.flatnonzero(needed).astype(np.uint32)
    return Candidates(height, buckets, rows, shingles_of(parts, rows, folder), search.threshold)


def of_texts(texts: pl.Series, search: Search, tick: Tick = NO_TICK) -> Candidates:
    """Return the candidates among texts in memory."""
    part = TextPart(texts, search.sketching)
    return _candidates(lambda: [part], len(texts), search, older=0, folder=None, tick=tick)
