"""How strongly two things go together: normalised pointwise mutual information, and the log-odds ratio of a word.

`metrics` computes both from rows with the functions at the foot of this file, the audit from counts with those above them.

Sources: Bouma 2009, Normalized (pointwise) mutual information in collocation extraction (GSCL), section 4; Aka and others 2021,
Measuring model biases in the absence of ground truth (AIES), where it sets groups against labels; Monroe, Colaresi and Quinn
2008, Fightin' Words (Political Analysis 16:372-403), equations 15 to 22.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from audit import resampling
from audit.evidence import holds
from audit.intervals import quantile
from audit.resampling import Draws, Floats, Integers
from audit.results import Interval, Measure

HALF = 0.5
"""Added to each cell of two by two (Haldane 1956, Anscombe 1956), so that a pair that never stands together has a finite number.

It is the Jeffreys prior of four cells, from whose posterior the interval is drawn.
"""
PRIOR_SHARE = 0.1
"""The prior of the log-odds ratio is the words of both sides together, and weighs a tenth of them.

A word that nobody outside uses has the variance 1 / (its count in the prior), so a weak prior would hide just the words of one
group alone, and a heavy one draws every small group towards the whole. Of such a word on y rows, where both sides are alike, z is
√y times 0.46 at a prior of a hundredth, 0.73 at a tenth, 0.74 at most (at 0.17) and 0.57 at a prior as heavy as all words.
"""


class Together(NamedTuple):
    """Counts of rows: with both, with the one, with the other, and of all."""

    both: int
    one: int
    other: int
    n: int

    @property
    def cells(self) -> Integers:
        """The rows with both, with the one alone, with the other alone, and with neither."""
        apart = (self.one - self.both, self.other - self.both, self.n - self.one - self.other + self.both)
        return np.array([self.both, *apart], dtype=np.int64)

    @property
    def is_defined(self) -> bool:
        """Whether there are rows with and without each of the two; else nothing can go together with anything."""
        return 0 < self.one < self.n and 0 < self.other < self.n


def of_shares(shares: Floats) -> Floats:
    """Return ln(p(a, b) / (p(a) p(b))) / −ln p(a, b) for shares of cells (… × 4, in the order of `Together.cells`)."""
    both = shares[..., 0]
    one, other = both + shares[..., 1], both + shares[..., 2]
    return np.asarray(np.log(both / (one * other)) / -np.log(both), dtype=np.float64)


def npmi(counts: Together) -> float | None:
    """Return normalised pointwise mutual information, half a count added to each cell; None where a margin is empty.

    0: no more often together than by chance; towards 1: hardly ever apart; towards −1: hardly ever together.
    """
    if not counts.is_defined:
        return None
    smoothed = np.asarray(counts.cells + HALF, dtype=np.float64)
    return float(of_shares(smoothed / (counts.n + 4 * HALF)))


def npmi_interval(counts: Together, draws: Draws) -> Interval | None:
    """Return the equal-tailed interval of nPMI over draws of the four cells from their posterior under the Jeffreys prior.

    A multinomial bootstrap would not do: it never draws a pair that these rows do not have, and so is sure that there is none.
    Source: Brown, Cai and DasGupta 2001, Statistical Science 16:101-133 (that prior's intervals cover as they should).
    """
    if not counts.is_defined:
        return None
    drawn = draws.generator().dirichlet(counts.cells + HALF, size=draws.replicates)
    method = f"Jeffreys (posterior of the four cells, {draws.replicates} draws, seed {draws.seed})"
    return resampling.percentile(of_shares(drawn), draws.confidence, method)


class LogOdds(NamedTuple):
    """Log-odds ratios and their standard errors."""

    value: Floats
    error: Floats

    @property
    def z(self) -> Floats:
        """The ratios over their standard errors (Monroe and others 2008, equation 22)."""
        return np.asarray(self.value / self.error, dtype=np.float64)

    @property
    def p_value(self) -> Floats:
        """How often chance alone would show as large a z: one-sided, by the normal distribution."""
        from scipy.special import erfc

        return np.asarray(erfc(self.z / np.sqrt(2)) / 2, dtype=np.float64)


def log_odds(
    inside: npt.ArrayLike, outside: npt.ArrayLike, words_inside: npt.ArrayLike, words_outside: npt.ArrayLike
) -> LogOdds:
    """Return the log-odds ratios of words between a group and the rest, each drawn towards the words of both together.

    `inside` and `outside` count the rows with a word, `words_inside` and `words_outside` the different words of each row, summed
    over the rows; so a word that a row repeats counts once, and long rows make no word stand out.
    """
    y, y_rest = np.asarray(inside, dtype=np.float64), np.asarray(outside, dtype=np.float64)
    n, n_rest = np.asarray(words_inside, dtype=np.float64), np.asarray(words_outside, dtype=np.float64)
    prior, prior_words = PRIOR_SHARE * (y + y_rest), PRIOR_SHARE * (n + n_rest)
    top, bottom = y + prior, y_rest + prior
    odds, odds_rest = top / (n + prior_words - top), bottom / (n_rest + prior_words - bottom)
    return LogOdds(np.asarray(np.log(odds / odds_rest)), np.sqrt(1 / top + 1 / bottom))


def log_odds_interval(value: float, error: float, confidence: float) -> Interval:
    """Return the interval of one log-odds ratio by the normal approximation of its posterior."""
    half = quantile(confidence) * error
    method = f"normal, prior of {PRIOR_SHARE:g} of the words (Monroe and others 2008)"
    return Interval(low=value - half, high=value + half, confidence=confidence, method=method)


def _split(measure: Measure, rows: pl.DataFrame) -> tuple[pl.Series, pl.Series]:
    """Return which rows satisfy the first of a measure's two hits, and which the second."""
    one, other = ({column: value} for column, value in measure.hits.items())
    found = rows.select(holds(rows, one).alias("one"), holds(rows, other).alias("other"))
    return found["one"], found["other"]


def npmi_of(measure: Measure, rows: pl.DataFrame) -> float | None:
    """Return the nPMI of a measure's two hits in these rows."""
    one, other = _split(measure, rows)
    return npmi(Together(int((one & other).sum()), int(one.sum()), int(other.sum()), len(rows)))


def log_odds_of(measure: Measure, rows: pl.DataFrame) -> float | None:
    """Return the log-odds ratio of a measure's second hit, a word, between the rows of its first, a group, and the others."""
    member, with_word = _split(measure, rows)
    words = rows["words"].list.len()
    counts = (int((member & with_word).sum()), int((~member & with_word).sum()))
    return float(log_odds(*counts, int(words.filter(member).sum()), int(words.filter(~member).sum())).value)
