"""Bands of a signature: which pairs share one, how many are chosen for a threshold, and what is expected to be missed."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

RECALL = 0.95
"""Of the pairs right at the threshold, the share that becomes candidates unless a recipe says otherwise; more of those above."""

MOST_PERMUTATIONS = 1024
_GRID = 1000
"""Areas under the curve are sums of so many places."""


@dataclass(frozen=True)
class Bands:
    """`count` bands of `rows` values of a signature each. Two texts are compared if all values of some band are the same."""

    count: int
    rows: int

    def found(self, similarity: Any) -> Any:
        """Return the probability that pairs of these similarities are compared: 1 − (1 − s^rows)^count.

        Leskovec, Rajaraman and Ullman, "Mining of Massive Datasets", 3.4.3.
        """
        return 1 - (1 - np.asarray(similarity, dtype=np.float64) ** self.rows) ** self.count

    def missed(self, threshold: float) -> float:
        """Return the area over the curve from the threshold to 1: expected false negatives if all similarities are as likely."""
        return float(np.mean(1 - self.found(_between(threshold, 1))) * (1 - threshold))

    def compared_in_vain(self, threshold: float) -> float:
        """Return the area under the curve from 0 to the threshold: expected false positives, which verification removes."""
        return float(np.mean(self.found(_between(0, threshold))) * threshold)


def choose_bands(threshold: float, permutations: int, recall: float = RECALL) -> Bands:
    """Return the longest bands that find a pair at the threshold with probability `recall` or more.

    The probability rises with similarity, so `recall` is the worst of all pairs that count: it bounds the false negatives.
    Longer bands give fewer false positives. Of a length there are as many bands as the signature has room for, because a
    false negative is lost and a false positive only costs time.
    Raises `ValueError` where so few permutations cannot do it (see `permutations_needed`).
    """
    for rows in range(permutations, 0, -1):
        bands = Bands(permutations // rows, rows)
        if bands.found(threshold) >= recall:
            return bands
    most = Bands(permutations, 1).found(threshold)
    raise ValueError(
        f"{permutations} permutations find a pair at {threshold:g} with a probability of {most:.4f} at most"
    )


def permutations_needed(threshold: float, recall: float) -> int | None:
    """Return how many permutations find a pair at the threshold with probability `recall`; None if more than there may be."""
    needed = int(np.ceil(np.log1p(-recall) / np.log1p(-threshold)))
    return needed if needed <= MOST_PERMUTATIONS else None


def _between(low: float, high: float) -> npt.NDArray[np.float64]:
    """Return the middles of equal parts of a range."""
    return low + (np.arange(_GRID) + 0.5) / _GRID * (high - low)
