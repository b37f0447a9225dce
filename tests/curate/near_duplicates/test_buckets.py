"""Buckets of rows that share a key, and which of their pairs are worth a look."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from curate.near_duplicates.buckets import Buckets, find_buckets


def parts(buckets: Buckets) -> list[list[int]]:
    return [buckets.rows[start:stop].tolist() for start, stop in zip(buckets.starts, buckets.starts[1:], strict=False)]


def test_a_bucket_holds_the_rows_of_a_key():
    keys = np.array([[7, 9, 7, 7, 9, 7], [1, 2, 3, 4, 5, 1]], dtype=np.uint64)
    assert parts(find_buckets(keys, np.array([True, True, True, True, False, True]))) == [[0, 5], [0, 2, 3, 5], [0, 5]]
    assert parts(find_buckets(keys, np.ones(6, dtype=np.bool_))) == [[0, 5], [0, 2, 3, 5], [1, 4], [0, 5]]
    assert parts(find_buckets(keys[:, :0], np.empty(0, dtype=np.bool_))) == []


@given(st.lists(st.lists(st.integers(0, 6), min_size=9, max_size=9), min_size=1, max_size=3))
def test_buckets_of_any_keys(rows):
    keys = np.array(rows, dtype=np.uint64) << np.uint64(61)
    found = parts(find_buckets(keys, np.ones(9, dtype=np.bool_)))
    bands = [list(zip(*rows, strict=True)), *rows]
    expected = [[row for row in range(9) if band[row] == key] for band in bands for key in dict.fromkeys(band)]
    assert found == [part for part in expected if len(part) > 1]


def test_a_bucket_of_one_colour_holds_nothing_to_compare():
    buckets = Buckets(np.array([0, 3, 5]), np.array([0, 2, 3, 1, 4], dtype=np.uint32))
    colours = np.array([5, 6, 5, 5, 7], dtype=np.uint32)
    every = np.ones(5, dtype=np.bool_)
    assert parts(buckets.only(every, colours)) == [[1, 4]]
    assert parts(buckets.only(np.array([True, False, False, True, False]), colours)) == []
    assert parts(Buckets(np.zeros(1, dtype=np.int64), colours[:0]).only(every[:0], colours)) == []


@given(st.lists(st.lists(st.integers(0, 7), min_size=2, max_size=8, unique=True), min_size=1, max_size=4), st.data())
def test_pairs_of_two_colours_are_counted(rows, data):
    colours = np.array(data.draw(st.lists(st.integers(0, 3), min_size=8, max_size=8)), dtype=np.uint32)
    starts = np.cumsum([0, *map(len, rows)])
    buckets = Buckets(starts, np.concatenate([np.array(sorted(part), dtype=np.uint32) for part in rows]))
    ordered = buckets.by_colour(colours)
    assert [sorted(part) for part in parts(ordered)] == [sorted(part) for part in rows]
    expected = sum(colours[a] != colours[b] for part in rows for a in part for b in part if a < b)
    assert ordered.pair_count(colours) == expected
    assert ordered.first_rows().tolist() == [min(part) for part in rows]
