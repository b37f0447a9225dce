"""Resampling: bootstrap percentile intervals, permutation nulls, and exact and randomised paired tests. All seeded.

Sources: Efron and Tibshirani 1993, An Introduction to the Bootstrap, ch. 13 (percentile); Phipson and Smyth 2010,
Statistical Applications in Genetics and Molecular Biology 9:39 (p = (1 + hits) / (1 + draws)).
"""

import zlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from audit.results import Interval

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
OfCells = Callable[[Integers], Floats]
OfSums = Callable[[Floats], Floats]
NO_SPREAD = "every replicate gives the same number, so resampling cannot say how sure it is"
TOLERANCE = 1e-12
MAXIMUM_DRAWS = 200_000_000  # rows × replicates of a bootstrap over single rows
FEWEST = 100
CHUNK = 4_000_000  # row counts held at once


@dataclass(frozen=True)
class Draws:
    """How many replicates are drawn, from which seed, for which measure, and how sure the interval is to be."""

    replicates: int
    seed: int
    purpose: str
    confidence: float

    def says(self, kind: str, made: int | None = None) -> str:
        """Return how an interval was made."""
        return f"{kind}, {made or self.replicates} replicates, seed {self.seed}"

    def generator(self) -> np.random.Generator:
        """Return a generator that depends on the seed and the purpose alone, so that no measure moves another."""
        return np.random.default_rng([self.seed, zlib.crc32(self.purpose.encode())])


def resample(counts: Integers, draws: Draws) -> Integers:
    """Return tables of cells (replicates × cells), each one multinomial draw of as many rows."""
    total = int(counts.sum())
    if total == 0:
        return np.zeros((draws.replicates, len(counts)), dtype=np.int64)
    return draws.generator().multinomial(total, counts / total, size=draws.replicates)


def percentile(values: Floats, confidence: float, method: str) -> Interval | None:
    """Return the percentile interval of replicates; those where the number is undefined (nan) are left out and counted.

    None where every replicate gives the same number: rows that never varied do not show that no row could.
    """
    defined = values[~np.isnan(values)]
    if len(defined) == 0:
        return None
    low, high = np.quantile(defined, [(1 - confidence) / 2, (1 + confidence) / 2])
    if high - low <= TOLERANCE:
        return None
    lost = len(values) - len(defined)
    return Interval(
        low=float(low),
        high=float(high),
        confidence=confidence,
        method=method + (f", undefined in {lost} replicates" if lost else ""),
    )


def bootstrap_cells(counts: Integers, value: OfCells, draws: Draws, kind: str = "bootstrap") -> Interval | None:
    """Return the percentile interval of a number that depends on the counts of cells alone.

    `value` maps tables of cells (replicates × cells) to one number each.
    """
    return percentile(value(resample(counts, draws)), draws.confidence, draws.says(kind))


def bootstrap_gap(counts: Integers, value: OfCells, observed: float, draws: Draws) -> Interval | None:
    """Return an interval for the change of a gap: the percentile interval and its mirror about the observed change, joined.

    Resampling makes every max − min larger, and the larger the more alike the groups are. So the percentile interval alone
    misses a gap that appears in one model only: in simulations of three groups of 150 rows it covered the change in 83 % of
    the draws, the joined interval in at least 91 %; it covered a change of nothing in 96 % or more.
    """
    found = bootstrap_cells(counts, value, draws, "paired bootstrap, percentile and basic joined")
    if found is None:
        return None
    low, high = min(found.low, 2 * observed - found.high), max(found.high, 2 * observed - found.low)
    return found.model_copy(update={"low": low, "high": high})


def bootstrap_rows(columns: Floats, value: OfSums, draws: Draws, kind: str = "bootstrap") -> Interval | None:
    """Return the percentile interval of a number that depends on sums of row columns (rows × columns) alone.

    Many rows get fewer replicates, and the method says how many.
    """
    n = len(columns)
    if n == 0:
        return None
    made = min(draws.replicates, max(MAXIMUM_DRAWS // n, FEWEST))
    random, even, sums, at_once = draws.generator(), np.full(n, 1 / n), [], max(CHUNK // n, 1)
    for start in range(0, made, at_once):  # over blocks of replicates, so that memory stays small
        weights = random.multinomial(n, even, size=min(at_once, made - start))
        sums.append(weights.astype(np.float64) @ columns)
    return percentile(value(np.concatenate(sums)), draws.confidence, draws.says(kind, made))


def rates_of(hits: Floats | Integers, n: Floats | Integers) -> Floats:
    """Return hits / n, nan where n is 0."""
    top, bottom = np.broadcast_arrays(np.asarray(hits, dtype=np.float64), np.asarray(n, dtype=np.float64))
    return np.asarray(np.divide(top, bottom, out=np.full(top.shape, np.nan), where=bottom > 0), dtype=np.float64)


def spread(rates: Floats) -> Floats:
    """Return max − min over the last axis; nan where one of the rates is undefined."""
    return np.asarray(rates.max(axis=-1) - rates.min(axis=-1), dtype=np.float64)


def share_of_most(rates: Floats) -> Floats:
    """Return min / max over the last axis; nan where a rate is undefined or nobody is selected."""
    return rates_of(rates.min(axis=-1), rates.max(axis=-1))


def permutation_p(sizes: Integers, members: Integers, hits: int, observed: float, draws: Draws) -> float:
    """Return the p-value of a gap (max − min) between groups under the null that groups and hits are unrelated.

    `sizes` counts the rows of each membership pattern, `members` (patterns × groups) says which groups a pattern is in.
    Hits are dealt to the rows at random; memberships stay as they are, so overlapping groups keep their overlap.
    """
    dealt = draws.generator().multivariate_hypergeometric(sizes, hits, size=draws.replicates, method="marginals")
    gaps = spread(rates_of(dealt @ members, sizes @ members))
    return float((1 + (gaps >= observed - TOLERANCE).sum()) / (1 + draws.replicates))


def swap_p(counts: Integers, swapped: Integers, value: OfCells, observed: float, draws: Draws) -> float | None:
    """Return the two-sided p-value of a change between two models under the null that their answers can be exchanged row by row.

    `swapped[i]` is the cell that a row of cell i falls into when its two answers change places (i itself where they agree).
    """
    places, replicates = np.arange(len(counts)), draws.replicates
    tables = np.repeat(counts[None, :], replicates, axis=0)
    first = places[places < swapped]
    together = counts[first] + counts[swapped[first]]
    tables[:, first] = draws.generator().binomial(together, 0.5, size=(replicates, len(first)))
    tables[:, swapped[first]] = together - tables[:, first]
    values = value(tables)
    defined = values[~np.isnan(values)]
    if len(defined) == 0:
        return None
    return float((1 + (np.abs(defined) >= abs(observed) - TOLERANCE).sum()) / (1 + len(defined)))


def mcnemar_p(worse: int, better: int) -> float:
    """Return the exact two-sided McNemar p-value (a binomial test of the discordant pairs); 1 where there are none."""
    from scipy.stats import binomtest

    return float(binomtest(better, worse + better, 0.5).pvalue) if worse + better else 1.0


def fisher_p(hits: int, n: int, other_hits: int, other_n: int) -> float:
    """Return Fisher's exact two-sided p-value for two independent rates."""
    from scipy.stats import fisher_exact

    return float(fisher_exact([[hits, n - hits], [other_hits, other_n - other_hits]]).pvalue)
