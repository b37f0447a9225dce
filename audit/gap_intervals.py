"""Intervals for the gaps between groups, from intervals of every pair or every group that hold at the same time.

With probability `confidence` all of them cover what they estimate (Bonferroni), so a gap worked out from their ends is covered too.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from itertools import combinations

from audit.intervals import Count, katz_ends, newcombe_ends, quantile, wilson_ends
from audit.results import Interval

Ends = tuple[float, float]
EXTREMES: dict[str, Callable[[Iterable[float]], float]] = {"lowest": min, "highest": max}


def gap_difference(groups: Sequence[Count], confidence: float) -> Interval | None:
    """Return an interval for max − min over groups, from simultaneous Newcombe intervals of every pair.

    With probability `confidence` every pair's interval covers its difference (Bonferroni), so the true gap lies between
    the largest lower end and the largest upper end of them. For groups that are alike the lower end is 0: a percentile
    interval of max − min would exclude 0 there. Groups that share rows make it wider than it need be.
    """
    if len(groups) < 2 or any(count.n == 0 for count in groups):  # noqa: PLR2004  (a gap needs two groups)
        return None
    pairs = list(combinations(groups, 2))
    z = quantile(1 - (1 - confidence) / len(pairs))
    ends = [newcombe_ends(one, other, z) for one, other in pairs]
    low = max(0.0, *(max(low, -high) for low, high in ends))
    high = min(1.0, max(max(high, -low) for low, high in ends))
    return Interval(low=low, high=high, confidence=confidence, method=_simultaneous("Newcombe", len(pairs)))


def gap_ratio(groups: Sequence[Count], confidence: float) -> Interval | None:
    """Return an interval for min / max over groups, from simultaneous Katz intervals of every pair (see `gap_difference`)."""
    if len(groups) < 2 or any(count.n == 0 for count in groups) or not any(count.hits for count in groups):  # noqa: PLR2004
        return None
    pairs = list(combinations(groups, 2))
    z = quantile(1 - (1 - confidence) / len(pairs))
    ends = [katz_ends(one, other, z) for pair in pairs for one, other in (pair, pair[::-1])]
    low, high = min(low for low, _high in ends), min(1.0, *(high for _low, high in ends))
    return Interval(low=low, high=high, confidence=confidence, method=_simultaneous("Katz log", len(pairs)))


def _fold(low: float, high: float) -> Ends:
    """Return the ends of |x| for x between two ends."""
    return (0.0 if low <= 0 <= high else min(abs(low), abs(high))), max(abs(low), abs(high))


def _fold_ratio(low: float, high: float) -> Ends:
    """Return the ends of min(x, 1 / x) for x between two ends, neither below 0."""
    folded = [min(end, 1 / end) if end > 0 else 0.0 for end in (low, high)]
    return min(folded), 1.0 if low <= 1 <= high else max(folded)


def overall_difference(groups: Sequence[Count], total: Count, confidence: float) -> Interval | None:
    """Return an interval for the largest distance of a group's rate from that of all rows.

    With w the group's share of the rows, group − all is (1 − w) · (group − the other rows), of which Newcombe's interval is made
    for every group at once (Bonferroni).
    """
    others = _others(groups, total)
    if others is None:
        return None
    z = quantile(1 - (1 - confidence) / len(groups))
    ends = [_fold(*_newcombe_to_overall(*pair, z)) for pair in zip(groups, others, strict=True)]
    low, high = (max(end[side] for end in ends) for side in (0, 1))
    return Interval(low=low, high=high, confidence=confidence, method=_simultaneous("Newcombe", len(groups), "group"))


def overall_ratio(groups: Sequence[Count], total: Count, confidence: float) -> Interval | None:
    """Return an interval for the smallest ratio of a group's rate and that of all rows, folded to at most 1.

    With w the group's share of the rows and r = group / the other rows, group / all is r / (w·r + 1 − w): rising in r.
    """
    others = _others(groups, total)
    if others is None or not total.hits:
        return None
    z = quantile(1 - (1 - confidence) / len(groups))
    ends = [_fold_ratio(*_katz_to_overall(*pair, z)) for pair in zip(groups, others, strict=True)]
    low, high = (min(end[side] for end in ends) for side in (0, 1))
    return Interval(low=low, high=high, confidence=confidence, method=_simultaneous("Katz log", len(groups), "group"))


def _others(groups: Sequence[Count], total: Count) -> list[Count] | None:
    """Return for each group the rows outside it; None where there are none, or no groups."""
    others = [Count(total.hits - count.hits, total.n - count.n) for count in groups]
    return others if groups and all(count.n for count in (*groups, *others)) else None


def _newcombe_to_overall(count: Count, other: Count, z: float) -> Ends:
    low, high = newcombe_ends(count, other, z)
    outside = other.n / (count.n + other.n)
    return outside * low, outside * high


def _katz_to_overall(count: Count, other: Count, z: float) -> Ends:
    if not count.hits and not other.hits:
        return 0.0, math.inf
    inside = count.n / (count.n + other.n)
    low, high = katz_ends(count, other, z)
    return low / (inside * low + 1 - inside), high / (inside * high + 1 - inside)


def extreme(groups: Sequence[Count], confidence: float, which: str) -> Interval | None:
    """Return an interval for the `lowest` or the `highest` rate of some groups, from simultaneous Wilson intervals of all."""
    if not groups or any(count.n == 0 for count in groups):
        return None
    z = quantile(1 - (1 - confidence) / len(groups))
    each = [
        Interval(low=low, high=high, confidence=1, method="Wilson")
        for low, high in (wilson_ends(count, z) for count in groups)
    ]
    return gap_of(each, confidence, which)


def gap_of(each: Sequence[Interval], confidence: float, compare: str) -> Interval | None:
    """Return an interval for max − min, min / max, the lowest or the highest of numbers that have simultaneous intervals."""
    if len(each) < 2:  # noqa: PLR2004  (a gap needs two groups)
        return None
    pairs = [(one, other) for place, one in enumerate(each) for other in [*each[:place], *each[place + 1 :]]]
    method = f"from simultaneous intervals ({each[0].method}) of {len(each)} groups (Bonferroni)"
    if compare == "difference":
        low, high = (
            max(0.0, *(one.low - other.high for one, other in pairs)),
            max(one.high - other.low for one, other in pairs),
        )
    elif compare in EXTREMES:
        low, high = (EXTREMES[compare](ends) for ends in ([end.low for end in each], [end.high for end in each]))
    else:
        low = min(one.low / other.high for one, other in pairs)
        high = min([1.0, *(one.high / other.low for one, other in pairs if other.low > 0)])
    return Interval(low=low, high=high, confidence=confidence, method=method)


def gap_to_overall(overall: Interval, each: Sequence[Interval], confidence: float, compare: str) -> Interval:
    """Return an interval for how far numbers of groups lie from that of all rows, from intervals that hold at the same time."""
    low, high = from_overall((overall.low, overall.high), [(one.low, one.high) for one in each], compare)
    method = f"from simultaneous intervals ({overall.method}) of {len(each)} groups and of all rows (Bonferroni)"
    return Interval(low=low, high=high, confidence=confidence, method=method)


def from_overall(overall: Ends, groups: Sequence[Ends], compare: str) -> Ends:
    """Return how far the groups could lie from all rows, at the least and at the most."""
    low, high = overall
    if compare == "difference_to_overall":
        ends = [(max(0.0, one - high, low - other), max(other - low, high - one)) for one, other in groups]
        return max(end[0] for end in ends), max(end[1] for end in ends)
    least = (min(_over(one, high), _over(low, other)) for one, other in groups)
    most = (1.0 if one <= high and low <= other else min(_over(other, low), _over(high, one)) for one, other in groups)
    return min(least), min(most)


def _over(one: float, other: float) -> float:
    return one / other if other > 0 else 1.0


def _simultaneous(method: str, number: int, of: str = "pair") -> str:
    what = {"pair": f"pair{'s' if number > 1 else ''} of groups", "group": f"group{'s' if number > 1 else ''}"}[of]
    return f"simultaneous {method} over {number} {what} (Bonferroni)"
