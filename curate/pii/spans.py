"""Where something stands in a text."""

from bisect import bisect_left
from collections.abc import Sequence

Span = tuple[int, int]
"""The first character, and the one after the last."""


def without_overlaps(spans: Sequence[Span], others: Sequence[Span]) -> list[Span]:
    """Return those spans that share no sign with any of `others`, which stand in order and apart from each other."""
    starts = [start for start, _end in others]
    found = []
    for start, end in spans:  # a search each, because a long text may hold a million of either
        before = bisect_left(starts, end)
        if before == 0 or others[before - 1][1] <= start:
            found.append((start, end))
    return found
