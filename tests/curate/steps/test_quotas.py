"""Totals shared out: exact, never more than a cell has, and nearest to the proportions."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.steps.quotas import as_equal, by_weight, in_proportion

SIZES = st.lists(st.integers(0, 40), min_size=1, max_size=12)


def array(sizes: list[int]) -> np.ndarray:
    return np.array(sizes, dtype=np.int64)


@pytest.mark.parametrize(
    ("total", "sizes", "quotas"), [(10, [70, 20, 10], [7, 2, 1]), (5, [3, 3, 3], [2, 2, 1]), (0, [0, 0], [0, 0])]
)
def test_in_proportion(total, sizes, quotas):
    assert in_proportion(total, array(sizes)).tolist() == quotas


@pytest.mark.parametrize(
    ("total", "sizes", "quotas"),
    [(9, [50, 50, 50], [3, 3, 3]), (10, [50, 1, 50], [5, 1, 4]), (7, [2, 2, 9], [2, 2, 3]), (4, [1, 1, 2], [1, 1, 2])],
)
def test_as_equal(total, sizes, quotas):
    assert as_equal(total, array(sizes)).tolist() == quotas


@given(SIZES, st.data())
def test_totals_are_met_and_no_cell_gives_more_than_it_has(sizes, data):
    total = data.draw(st.integers(0, sum(sizes)))
    for share_out in (in_proportion, as_equal):
        quotas = share_out(total, array(sizes)).tolist()
        assert sum(quotas) == total
        assert all(0 <= quota <= size for quota, size in zip(quotas, sizes, strict=True))
    equal = as_equal(total, array(sizes)).tolist()
    full = [quota for quota, size in zip(equal, sizes, strict=True) if quota < size]
    assert all(quota >= max(equal) - 1 for quota in full), "only a cell that gave all it has gives less than the others"
    near = in_proportion(total, array(sizes)).tolist()
    assert all(
        abs(quota * sum(sizes) - total * size) < sum(sizes) for quota, size in zip(near, sizes, strict=True) if size
    )


def test_by_weight_takes_weights_as_they_are_written():
    assert by_weight(10, {"a": 0.7, "b": 0.3}) == {"a": 7, "b": 3}
    assert by_weight(10, {"a": 1, "b": 1, "c": 1}) == {"a": 4, "b": 3, "c": 3}
    assert by_weight(1000, {"a": 0.1, "b": 0.2, "c": 0.7}) == {"a": 100, "b": 200, "c": 700}
    assert by_weight(3, {"a": 5, "b": 90, "c": 5}) == {"a": 0, "b": 3, "c": 0}


@given(st.dictionaries(st.sampled_from("abcdef"), st.floats(0.001, 1000), min_size=1), st.integers(0, 10_000))
def test_by_weight_meets_the_total(weights, total):
    quotas = by_weight(total, weights)
    assert sum(quotas.values()) == total
    assert all(
        abs(quotas[name] - total * weight / sum(weights.values())) < 1 + 1e-6 for name, weight in weights.items()
    )
