"""What pairs come to: which rows go and for which, which wait, and clusters of rows that pairs join."""

import numpy as np
import polars as pl

from curate.kernels import buckets as kernels
from curate.near_duplicates.resolution import clusters


def test_clusters_are_named_after_their_smallest_row():
    pairs = pl.DataFrame({"row": [512, 768, 1024], "other_row": [256, 512, 768]})
    rows = pl.Series("row", [1280, 1024, 768, 512, 256])
    assert clusters(rows, pairs).to_list() == [1280, 256, 256, 256, 256]
    assert clusters(rows, pairs.clear()).to_list() == rows.to_list()
    assert clusters(rows[:0], pairs.clear()).to_list() == []


def resolved(pairs: list[tuple[int, int, float]], height: int, fixed: int = 0, waits: tuple[int, ...] = ()):
    """The state of each row, and for which row each goes."""
    later, earlier, similarity = zip(*sorted(pairs), strict=True)
    state = np.full(height, kernels.STAYS, dtype=np.uint8)
    state[list(waits)] = kernels.WAITS
    chosen = np.empty(height, dtype=np.int64)
    rows = (np.array(later, dtype=np.uint32), np.array(earlier, dtype=np.uint32), np.array(similarity))
    kernels.resolve_stars(*rows, fixed, state, chosen)
    return state.tolist(), {row: earlier[place] for row, place in enumerate(chosen.tolist()) if place >= 0}


def test_a_row_goes_for_the_most_similar_earlier_row_that_stays():
    state, chosen = resolved([(1, 0, 0.9), (2, 1, 0.95), (3, 0, 0.8), (3, 2, 0.9), (4, 0, 0.9), (4, 2, 0.9)], 5)
    assert state == [kernels.STAYS, kernels.GOES, kernels.STAYS, kernels.GOES, kernels.GOES]
    assert chosen == {1: 0, 3: 2, 4: 0}, "of equals the earliest"


def test_a_row_waits_for_one_that_waits_unless_one_that_stays_is_like_it():
    state, chosen = resolved([(2, 1, 0.9), (3, 0, 0.8), (3, 1, 0.9)], 4, waits=(1,))
    assert state == [kernels.STAYS, kernels.WAITS, kernels.WAITS, kernels.GOES]
    assert chosen == {3: 0}


def test_fixed_rows_stay():
    assert resolved([(1, 0, 0.9), (2, 1, 0.9)], 3, fixed=2) == ([kernels.STAYS, kernels.STAYS, kernels.GOES], {2: 1})


def test_components_are_named_after_their_first_row():
    found = np.arange(6, dtype=np.uint32)
    kernels.join_components(np.array([5, 4, 3], dtype=np.uint32), np.array([4, 1, 2], dtype=np.uint32), found)
    assert found.tolist() == [0, 1, 2, 2, 1, 1]
