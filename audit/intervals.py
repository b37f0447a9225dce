"""Intervals for rates, and for differences and ratios of rates; each names its method. Those of gaps are in `gap_intervals.py`.

Sources: Wilson 1927, JASA 22:209-212; Newcombe 1998, Statistics in Medicine 17:873-890 (method 10, two samples) and
17:2635-2650 (method 10, paired); Katz et al. 1978, Biometrics 34:469-474; Walter 1975, Biometrika 62:371-374;
Desu and Raghavarao 2004, Nonparametric Statistical Methods for Complete and Censored Data, p. 184 (paired ratio).
"""

import math
from statistics import NormalDist
from typing import NamedTuple, Self

from audit.results import Interval

POWER = 0.8


class _Pair(NamedTuple):
    hits: int
    n: int


class Count(_Pair):
    """How many of how many."""

    __slots__ = ()

    def __new__(cls, hits: int, n: int) -> Self:
        """Refuse what no rows can give."""
        assert 0 <= hits <= n, f"{hits} of {n} rows"
        return super().__new__(cls, hits, n)

    @property
    def rate(self) -> float:
        """The share; asked only where n is above 0."""
        return self.hits / self.n


def quantile(confidence: float) -> float:
    """Return the two-sided normal quantile: 1.96 for 0.95."""
    return NormalDist().inv_cdf(0.5 + confidence / 2)


def wilson_ends(count: Count, z: float) -> tuple[float, float]:
    """Return the ends of Wilson's interval for a rate, at a normal quantile."""
    hits, n = count
    centre = (hits + z * z / 2) / (n + z * z)
    half = z / (n + z * z) * math.sqrt(hits * (n - hits) / n + z * z / 4)
    return (0.0 if hits == 0 else centre - half), (1.0 if hits == n else centre + half)


def wilson(count: Count, confidence: float) -> Interval | None:
    """Return Wilson's score interval for a rate, or None where there are no rows."""
    if count.n == 0:
        return None
    low, high = wilson_ends(count, quantile(confidence))
    return Interval(low=low, high=high, confidence=confidence, method="Wilson")


def newcombe_ends(one: Count, other: Count, z: float) -> tuple[float, float]:
    """Return the ends of Newcombe's interval for one − other, at a normal quantile."""
    (low, high), (other_low, other_high) = wilson_ends(one, z), wilson_ends(other, z)
    difference = one.rate - other.rate
    below = math.hypot(one.rate - low, other_high - other.rate)
    above = math.hypot(high - one.rate, other.rate - other_low)
    return difference - below, difference + above


def newcombe(one: Count, other: Count, confidence: float) -> Interval | None:
    """Return Newcombe's score interval for the difference of two independent rates, or None where one has no rows."""
    if one.n == 0 or other.n == 0:
        return None
    low, high = newcombe_ends(one, other, quantile(confidence))
    return Interval(low=low, high=high, confidence=confidence, method="Newcombe")


def newcombe_paired(both: int, first: int, second: int, neither: int, confidence: float) -> Interval | None:
    """Return Newcombe's interval for (rate of the second) − (rate of the first) over the same rows.

    `both` counts the rows that are hits twice, `first` and `second` those that are hits once, `neither` the others.
    """
    n = both + first + second + neither
    if n == 0:
        return None
    z, before, after = quantile(confidence), Count(both + first, n), Count(both + second, n)
    (low, high), (after_low, after_high) = wilson_ends(before, z), wilson_ends(after, z)
    correlation = _correlation(both, first, second, neither)
    difference = after.rate - before.rate
    below = _join(after.rate - after_low, high - before.rate, correlation)
    above = _join(after_high - after.rate, before.rate - low, correlation)
    return Interval(low=difference - below, high=difference + above, confidence=confidence, method="Newcombe, paired")


def _correlation(both: int, first: int, second: int, neither: int) -> float:
    margins = (both + first) * (second + neither) * (both + second) * (first + neither)
    if margins == 0:
        return 0.0
    product = both * neither - first * second
    corrected = max(product - (both + first + second + neither) / 2, 0) if product > 0 else product
    return corrected / math.sqrt(margins)


def _join(one: float, other: float, correlation: float) -> float:
    return math.sqrt(max(one * one - 2 * correlation * one * other + other * other, 0.0))


def log_paired(both: int, first: int, second: int, confidence: float) -> Interval | None:
    """Return the log interval for (rate of the second) / (rate of the first) over the same rows (see `newcombe_paired`).

    Half a count is added to every cell where the second rate is 0 or no row differs; None where the first rate is 0.
    """
    if both + first == 0:
        return None
    moved = 0.0 if both + second and first + second else 0.5
    before, after, apart = both + first + 2 * moved, both + second + 2 * moved, first + second + 2 * moved
    half = quantile(confidence) * math.sqrt(apart / (before * after))
    ratio = after / before
    low = 0.0 if both + second == 0 else ratio * math.exp(-half)
    method = "log, paired" + (", half a count added" if moved else "")
    return Interval(low=low, high=ratio * math.exp(half), confidence=confidence, method=method)


def katz_ends(one: Count, other: Count, z: float) -> tuple[float, float]:
    """Return the ends for one / other; half a count is moved where a rate is 0 or 1 (Walter 1975, and its mirror)."""
    hits, other_hits = (min(max(count.hits, 0.5), count.n - 0.5) for count in (one, other))
    centre = math.log(hits / one.n) - math.log(other_hits / other.n)
    half = z * math.sqrt(1 / hits - 1 / one.n + 1 / other_hits - 1 / other.n)
    return (0.0 if one.hits == 0 else math.exp(centre - half)), math.exp(centre + half)


def katz(one: Count, other: Count, confidence: float) -> Interval | None:
    """Return Katz' log interval for the ratio of two independent rates, or None where the ratio is undefined."""
    if one.n == 0 or other.n == 0 or other.hits == 0:
        return None
    low, high = katz_ends(one, other, quantile(confidence))
    moved = any(count.hits in (0, count.n) for count in (one, other))
    return Interval(
        low=low, high=high, confidence=confidence, method="Katz log" + (", half a count moved" if moved else "")
    )


def detectable_difference(one: Count, other: Count, confidence: float) -> float | None:
    """Return the smallest difference that rows like these would show with a power of 80 % (normal approximation).

    The common rate is pooled, with Wilson's centre so that a rate of 0 does not promise infinite precision.
    Source: Fleiss, Levin and Paik 2003, Statistical Methods for Rates and Proportions, section 4.2.
    """
    if one.n == 0 or other.n == 0:
        return None
    z = quantile(confidence)
    n = one.n + other.n
    pooled = (one.hits + other.hits + z * z / 2) / (n + z * z)
    error = math.sqrt(pooled * (1 - pooled) * (1 / one.n + 1 / other.n))
    return min(1.0, (z + NormalDist().inv_cdf(POWER)) * error)


def detectable_ratio(one: Count, other: Count, confidence: float) -> float | None:
    """Return the ratio nearest to 1 that rows like these would show with a power of 80 % (normal approximation of the log)."""
    if one.n == 0 or other.n == 0:
        return None
    z = quantile(confidence)
    n = one.n + other.n
    pooled = (one.hits + other.hits + z * z / 2) / (n + z * z)
    error = math.sqrt((1 - pooled) / pooled * (1 / one.n + 1 / other.n))
    return math.exp(-(z + NormalDist().inv_cdf(POWER)) * error)


def detectable_change(interval: Interval) -> float:
    """Return the smallest change that an interval of this width would show with a power of 80 %."""
    z = quantile(interval.confidence)
    return (interval.high - interval.low) / 2 * (z + NormalDist().inv_cdf(POWER)) / z
