"""The area under the ROC curve, its standard error and its interval, also for the change between two models on the same rows.

Sources: DeLong, DeLong and Clarke-Pearson 1988, Biometrics 44:837-845, worked out by sorting instead of by pairs as in Sun and Xu
2014, IEEE Signal Processing Letters 21:1389-1393. The interval is made on the logit scale (Pepe 2003, section 5.2.4), where it
stays within 0 and 1.
"""

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from audit.intervals import quantile
from audit.resampling import Flags, Floats
from audit.results import Interval

METHOD = "DeLong, logit"
PAIRED = "DeLong, paired"
FEWEST = 2
"""Rows of either kind without which a variance cannot be told."""
VANISHING = 1e-20
"""A variance of so little is rounding: no pair of rows moved."""


@dataclass(frozen=True)
class Curve:
    """An AUC, and for each positive and each negative row the share of rows of the other kind that it is on the right side of."""

    auc: float
    positive: Floats
    negative: Floats

    @property
    def variance(self) -> float | None:
        """DeLong's variance; None where it cannot be told."""
        if min(len(self.positive), len(self.negative)) < FEWEST:
            return None
        return float(self.positive.var(ddof=1) / len(self.positive) + self.negative.var(ddof=1) / len(self.negative))


def auc(positive: Floats, negative: Floats) -> float | None:
    """Return how often a positive row has the higher score of a pair of rows, a tie as half; None without pairs."""
    found = curve(positive, negative)
    return found.auc if found is not None else None


def curve(positive: Floats, negative: Floats) -> Curve | None:
    """Return the AUC of scores and what its variance is made of; None where there are no positive or no negative rows."""
    if not len(positive) or not len(negative):
        return None
    above = _share_below(positive, np.sort(negative))
    below = 1 - _share_below(negative, np.sort(positive))
    return Curve(float(above.mean()), above, below)


def _share_below(scores: Floats, others: Floats) -> Floats:
    """Return for each score the share of the others (sorted) that are lower, a tie as half."""
    order = np.argsort(scores, kind="stable")  # looked up in order, for the processor's caches
    places = np.searchsorted(others, scores[order], side="left") + np.searchsorted(others, scores[order], side="right")
    found = np.empty(len(scores))
    found[order] = places / (2 * len(others))
    return found


def interval(found: Curve, confidence: float) -> Interval | None:
    """Return DeLong's interval on the logit scale; None where the variance is 0 (every pair is in order) or unknown."""
    if not found.variance or not 0 < found.auc < 1:
        return None
    centre, spread = math.log(found.auc / (1 - found.auc)), math.sqrt(found.variance) / (found.auc * (1 - found.auc))
    low, high = (1 / (1 + math.exp(-(centre + sign * quantile(confidence) * spread))) for sign in (-1, 1))
    return Interval(low=low, high=high, confidence=confidence, method=METHOD)


@dataclass(frozen=True)
class Pair:
    """The AUCs of two scores of the same rows; either may lack scores of some.

    `covariance` (2 × 2) is DeLong's; None where rows are too few to tell it.
    """

    before: Curve
    after: Curve
    covariance: Floats | None


def pair(before: Floats, after: Floats, positive: Flags) -> Pair | None:
    """Return the AUCs of two scores (nan where a row has none) and their covariance; None where one has no AUC."""
    curves, moved = [], []
    for scores in (before, after):
        sides = [side & ~np.isnan(scores) for side in (positive, ~positive)]
        found = curve(scores[sides[0]], scores[sides[1]])
        if found is None:
            return None
        curves.append(found)
        placed = np.zeros(len(scores))  # what each row adds to the AUC's error: nothing where it has no score
        for side, share in zip(sides, (found.positive, found.negative), strict=True):
            placed[side] = (share - share.mean()) / len(share)
        moved.append(placed)
    if min(len(side) for found in curves for side in (found.positive, found.negative)) < FEWEST:
        return Pair(curves[0], curves[1], None)
    together, of_one = np.stack(moved), ~np.isnan(before) | ~np.isnan(after)
    kinds = (together[:, of_one & side] for side in (positive, ~positive))
    covariance = sum((kind @ kind.T * (kind.shape[1] / (kind.shape[1] - 1)) for kind in kinds), np.zeros((2, 2)))
    return Pair(curves[0], curves[1], covariance)


def paired_draws(found: Pair, replicates: int, generator: np.random.Generator) -> Floats | None:
    """Return draws of both AUCs (replicates × 2) from the normal distribution that their covariance gives them, if it is known."""
    if found.covariance is None:
        return None
    both = [found.before.auc, found.after.auc]
    return generator.multivariate_normal(both, found.covariance, size=replicates, method="eigh")


def paired_change(found: Pair, confidence: float) -> tuple[Interval, float] | None:
    """Return the interval and the two-sided p-value of after − before; None where no pair moved or rows are too few."""
    if found.covariance is None:
        return None
    variance = float(np.trace(found.covariance) - 2 * found.covariance[0, 1])
    if variance <= VANISHING:
        return None
    change, error = found.after.auc - found.before.auc, math.sqrt(variance)
    half = quantile(confidence) * error
    p_value = 2 * NormalDist().cdf(-abs(change) / error)
    return Interval(low=change - half, high=change + half, confidence=confidence, method=PAIRED), p_value
