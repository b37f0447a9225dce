"""The AUC of a score over the rows of sentences, and its interval: the sentences are drawn again, for both models alike.

Source: Borkan et al. 2019, Nuanced Metrics for Measuring Unintended Bias, section 3, for whose rows stand against whose.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl

from audit import resampling
from audit.probes.sentences import KIND, PAIRED, SENTENCE
from audit.rates import Chance
from audit.resampling import Draws, Floats
from audit.results import Interval, Measure, Model


@dataclass(frozen=True)
class Ranking:
    """Of each pair of sentences, how many pairs of a negative row of the one and a positive row of the other are ranked right.

    Rows of `wins` are the sentences of the negatives, columns those of the positives; a tie counts half. `negatives` and
    `positives` count the rows of each sentence.
    """

    wins: Floats
    negatives: Floats
    positives: Floats

    def values(self, drawn: Floats) -> Floats:
        """Return the AUC where each sentence stands so many times (replicates × sentences); nan without a pair."""
        won = ((drawn @ self.wins) * drawn).sum(axis=1)
        return resampling.rates_of(won, (drawn @ self.negatives) * (drawn @ self.positives))


def ranking_of(rows: pl.DataFrame, model: Model) -> Ranking:
    """Return how a model's scores rank rows, sentence by sentence."""
    codes = rows[SENTENCE].rank("dense").cast(pl.Int64).to_numpy() - 1
    scores, toxic = rows[f"{model}_score"].to_numpy(), rows["toxic"].to_numpy()
    size = int(codes.max()) + 1 if len(codes) else 0
    negative, negative_codes = scores[~toxic], codes[~toxic]
    wins = np.zeros((size, size))
    for place in np.unique(codes[toxic]):  # over sentences, each against every negative row at once
        positive = np.sort(scores[toxic & (codes == place)])
        below = np.searchsorted(positive, negative, side="left")
        up_to = np.searchsorted(positive, negative, side="right")
        wins[:, place] = np.bincount(negative_codes, weights=len(positive) - (below + up_to) / 2, minlength=size)
    counts = (np.bincount(codes[mine], minlength=size).astype(np.float64) for mine in (~toxic, toxic))
    return Ranking(wins, *counts)


def auc_interval(ranking: Ranking, draws: Draws) -> Interval | None:
    """Return the percentile interval of an AUC."""
    return resampling.percentile(ranking.values(_drawn(ranking, draws)), draws.confidence, draws.says(KIND))


def with_auc_change(change: Measure, base: Ranking, tuned: Ranking, chance: Chance) -> Measure:
    """Give the change of an AUC over the same rows its interval; the same sentences are drawn for both models."""
    draws = chance.draws(change.id)
    drawn = _drawn(base, draws)
    values = tuned.values(drawn) - base.values(drawn)
    interval = resampling.percentile(values, draws.confidence, draws.says(PAIRED))
    note = "" if interval is not None else resampling.NO_SPREAD
    return change.model_copy(update={"interval": interval, "note": note})


def _drawn(ranking: Ranking, draws: Draws) -> Floats:
    size = len(ranking.wins)
    every = np.full(size, 1 / size)
    return draws.generator().multinomial(size, every, size=draws.replicates).astype(np.float64)
