"""Intervals and tests for rows that stand in sentences: whole sentences are drawn again or exchanged, never single rows.

The phrases of one sentence are read alike, so its rows are not independent: Wilson's interval over them would be too narrow.
"""

import numpy as np
import polars as pl

from audit import resampling
from audit.rates import Chance
from audit.resampling import Draws, Floats
from audit.results import Interval, Measure
from audit.selecting import holds

KIND, PAIRED = "bootstrap over sentences", f"{resampling.JOINED}, over sentences"
UNIT = "sentence"
SENTENCE = "sentence_item"


def by_sentence(table: pl.DataFrame, measure: Measure) -> Floats:
    """Return for every sentence of a table how many rows a rate counts and how many it is over (sentences × 2)."""
    assert measure.selection is not None
    asked, hit = holds(table, measure.selection.equals), holds(table, measure.hits)
    sums = table.group_by(SENTENCE).agg((asked & hit).sum().alias("hits"), asked.sum().alias("n")).sort(SENTENCE)
    return sums.select(pl.col("hits", "n").cast(pl.Float64)).to_numpy()


def share(sums: Floats) -> Floats:
    """Return hits / n (replicates × 2)."""
    return resampling.rates_of(sums[:, 0], sums[:, 1])


def with_interval(measure: Measure, columns: Floats, chance: Chance) -> Measure:
    """Give a share of rows its interval from drawing sentences (sentences × 2) again."""
    if measure.value is None:
        return measure
    interval = resampling.bootstrap_rows(columns, share, chance.draws(measure.id), KIND)
    return measure.model_copy(update={"interval": interval, "note": measure.note or _spread(interval)})


def with_change(change: Measure, base: Floats, tuned: Floats, chance: Chance, unit: str = UNIT) -> Measure:
    """Give the change of a share its paired interval, and the p-value of exchanging both models' answers to whole sentences.

    Where something else than a sentence is drawn, `unit` says what.
    """
    if change.value is None:
        return change
    draws = chance.draws(change.id)

    def moved(sums: Floats) -> Floats:
        return share(sums[:, 2:]) - share(sums[:, :2])

    drawn = moved(resampling.resampled_sums(np.hstack([base, tuned]), draws))
    method = chance.says(f"{resampling.JOINED}, over {unit}s")
    interval = resampling.joined_with_basic(drawn, change.value, chance.confidence, method)
    p_value = _exchange_p(base, tuned, change.value, draws)
    test = f"exchange of answers {unit} by {unit}, {chance.replicates} draws, seed {chance.seed}"
    note = change.note or _spread(interval)
    return change.model_copy(update={"interval": interval, "p_value": p_value, "test": test, "note": note})


def _exchange_p(base: Floats, tuned: Floats, observed: float, draws: Draws) -> float:
    """Return the two-sided p-value of a change under the null that a sentence's answers could be either model's."""
    swapped = draws.generator().integers(0, 2, size=(draws.replicates, len(base))).astype(np.float64)
    moved = swapped @ (tuned - base)
    values = share(tuned.sum(axis=0) - moved) - share(base.sum(axis=0) + moved)
    defined = values[~np.isnan(values)]
    found = np.abs(defined) >= abs(observed) - resampling.TOLERANCE
    return float((1 + found.sum()) / (1 + len(defined)))


def difference_interval(inside: Floats, outside: Floats, draws: Draws) -> Interval | None:
    """Return the interval of a share less another over the same sentences (each sentences × 2)."""

    def apart(sums: Floats) -> Floats:
        return share(sums[:, :2]) - share(sums[:, 2:])

    return resampling.bootstrap_rows(np.hstack([inside, outside]), apart, draws, KIND)


def _spread(interval: Interval | None) -> str:
    return "" if interval is not None else resampling.NO_SPREAD
