"""What verified pairs come to: stars around rows that stay, connected components, or matches of some rows among others."""

from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from curate.kernels import buckets as kernels
from curate.near_duplicates.buckets import Mask, Rows
from curate.near_duplicates.comparison import Comparison, Pairs, Similarities


def stars(comparison: Comparison, colours: Rows) -> Pairs:
    """Return for each row that goes the pair with the row for which it goes: the most similar that stays, of those compared.

    A row goes if it is similar enough to an earlier row that stays, in the order of their numbers; none goes for being similar to
    a row that goes. The first `fixed` rows of the comparison stay. Rows of one colour are not held against each other.
    """
    while not comparison.advance(colours):
        state, _chosen = _resolved(comparison, comparison.behind(len(colours)))
        goes = state == kernels.GOES
        comparison.drop(goes)
        comparison.pairs = comparison.pairs.at(~goes[comparison.pairs.earlier])  # no row goes for one that goes
    _state, chosen = _resolved(comparison, np.zeros(len(colours), dtype=np.bool_))
    return _settled(comparison.pairs.at(chosen[chosen >= 0]))


def _resolved(comparison: Comparison, behind: Mask) -> tuple[np.ndarray, np.ndarray]:
    pairs = comparison.pairs
    state = np.where(behind, kernels.WAITS, kernels.STAYS).astype(np.uint8)
    state[: comparison.fixed] = kernels.STAYS
    chosen = np.empty(len(state), dtype=np.int64)
    kernels.resolve_stars(pairs.later, pairs.earlier, pairs.similarity, comparison.fixed, state, chosen)
    return state, chosen


@dataclass(frozen=True)
class Merged:
    """Rows that go, each with the `first` row of its component and how alike the two truly are.

    `link` is the row that is most like it of those that it was compared with, and similar enough: it joins the row to the others.
    `unfinished` are the first rows of components of which some row was not compared with all: two of them may be one.
    """

    row: Rows
    first: Rows
    similarity: Similarities
    link: Rows
    link_similarity: Similarities
    unfinished: Rows


def components(comparison: Comparison, height: int) -> Rows:
    """Return for each row the first row of its connected component: rows are in one if a chain of similar pairs joins them."""
    found = np.arange(height, dtype=np.uint32)
    while not comparison.advance(found):
        found = _components(comparison.pairs, height)
    return _components(comparison.pairs, height)


def _components(pairs: Pairs, height: int) -> Rows:
    found = np.arange(height, dtype=np.uint32)
    kernels.join_components(pairs.later, pairs.earlier, found)
    return found


def connected(comparison: Comparison, height: int) -> Merged:
    """Return the rows that are not the first of their component."""
    first = components(comparison, height)
    row = np.flatnonzero(first != np.arange(height)).astype(np.uint32)
    similarity = comparison.compare(row, first[row], 0)
    pairs = comparison.pairs
    one, other = np.concatenate([pairs.later, pairs.earlier]), np.concatenate([pairs.earlier, pairs.later])
    alike = np.tile(pairs.similarity, 2)
    order = np.lexsort((other, -alike, one))
    nearest = order[np.diff(one[order].astype(np.int64), prepend=-1) != 0]
    link = nearest[np.searchsorted(one[nearest], row)]
    return Merged(row, first[row], similarity, other[link], alike[link], np.unique(first[pairs.unfinished]))


def matches(comparison: Comparison, height: int) -> Pairs:
    """Return for each row after the `fixed` ones the pair with the most similar of these, if one is similar enough.

    Of those that it was compared with: where there are too many, the most similar may be another.
    """
    colours = np.repeat(np.array([0, 1], dtype=np.uint32), [comparison.fixed, height - comparison.fixed])
    found = np.zeros(height, dtype=np.bool_)
    while not comparison.advance(colours):
        comparison.pairs = _nearest(comparison.pairs)
        found[comparison.pairs.later[comparison.pairs.similarity == 1]] = True  # none is more similar
        comparison.drop(found)
    return _settled(_nearest(comparison.pairs))


def _settled(pairs: Pairs) -> Pairs:
    """Return the pairs, with a row that goes no longer among the unfinished."""
    return replace(pairs, unfinished=np.setdiff1d(pairs.unfinished, pairs.later))


def _nearest(pairs: Pairs) -> Pairs:
    """Return for each later row the pair with the most similar row, of equals the first."""
    order = np.lexsort((pairs.earlier, -pairs.similarity, pairs.later))
    return pairs.at(order[np.diff(pairs.later[order].astype(np.int64), prepend=-1) != 0])


def clusters(rows: pl.Series, pairs: pl.DataFrame) -> pl.Series:
    """Return for every row the smallest row that the pairs (`row`, `other_row`) join it to, whatever the pairs are of."""
    ordered = rows.sort()
    left, right = (ordered.search_sorted(pairs[column]).to_numpy().astype(np.uint32) for column in ("row", "other_row"))
    found = np.arange(len(ordered), dtype=np.uint32)
    kernels.join_components(left, right, found)
    return ordered[found][ordered.search_sorted(rows)].alias("cluster")
