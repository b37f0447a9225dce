"""Quotas: a total of rows shared out to cells, exactly, by largest remainder or as equally as the cells allow."""

from collections.abc import Mapping
from fractions import Fraction

import numpy as np
import numpy.typing as npt

Counts = npt.NDArray[np.int64]


def in_proportion(total: int, sizes: Counts) -> Counts:
    """Share `total` (at most the sum of sizes) in proportion to sizes; what rounding leaves goes to the largest remainders.

    Equal remainders are served in the order of the cells. No cell gets more than its size.
    """
    every = int(sizes.sum())
    assert 0 <= total <= every
    if every == 0:
        return sizes
    low, remainder = np.divmod(sizes * total, every)
    first = np.argsort(-remainder, kind="stable")[: total - int(low.sum())]
    low[first] += 1
    return low


def as_equal(total: int, sizes: Counts) -> Counts:
    """Share `total` (at most the sum of sizes) equally; a cell too small for its part gives all it has, and others more.

    What does not divide goes, a row each, to the first of the cells that are large enough.
    """
    assert 0 <= total <= int(sizes.sum())
    quotas = sizes.copy()
    order = np.argsort(sizes, kind="stable")
    rising = sizes[order]
    left = total - np.concatenate([[0], np.cumsum(rising)[:-1]])
    level, more = np.divmod(left, np.arange(len(sizes), 0, -1))
    large = rising * np.arange(len(sizes), 0, -1) > left
    if large.any():
        place = int(np.argmax(large))
        capped = np.sort(order[place:])
        quotas[capped] = level[place]
        quotas[capped[: int(more[place])]] += 1
    return quotas


def by_weight(total: int, weights: Mapping[str, float]) -> dict[str, int]:
    """Share `total` by weights as they are written (0.7 is seven tenths), by largest remainder, ties in the order written."""
    parts = {name: total * part for name, part in shares(weights).items()}
    quotas = {name: int(part) for name, part in parts.items()}
    rest = total - sum(quotas.values())
    for name in sorted(parts, key=lambda name: quotas[name] - parts[name])[:rest]:
        quotas[name] += 1
    return quotas


def shares(weights: Mapping[str, float]) -> dict[str, Fraction]:
    """Return the weights as exact shares of 1."""
    exact = {name: Fraction(str(weight)) for name, weight in weights.items()}
    return {name: weight / sum(exact.values()) for name, weight in exact.items()}
