"""BLEU over a whole set of texts, from counts that each row has, so that it can be traced to its rows and resampled.

BLEU (Papineni et al. 2002) is no mean over rows: matches and n-grams are added up over the rows first. The counts of a row are
sacrebleu's (tokens by its `13a`): the lengths of the written and of the wanted text, then for n = 1 to 4 the n-grams that match,
then those that were written. A precision of nothing is smoothed as sacrebleu does it by default (`exp`, that of mteval-v13a).
"""

from collections.abc import Sequence

import numpy as np
import polars as pl

from audit.resampling import Floats

ORDERS = 4
COUNTS = 2 + 2 * ORDERS
"""Numbers a row."""


def bleu_counts(wanted: Sequence[str], written: Sequence[str | None]) -> pl.Series:
    """Return the counts of each row; null where nothing was written. The library takes one pair at a time, so this is a loop."""
    from sacrebleu.metrics import BLEU

    bleu, counts = BLEU(), list[list[int] | None]()
    for reference, text in zip(wanted, written, strict=True):
        score = bleu.corpus_score([text], [[reference]]) if text is not None else None
        counts.append(None if score is None else [score.sys_len, score.ref_len, *score.counts, *score.totals])
    return pl.Series("bleu", counts, dtype=pl.Array(pl.Int64, COUNTS))


def bleu_of_rows(rows: pl.DataFrame, model: str) -> float | None:
    """Return BLEU (0 to 100) of rows that were written, by sacrebleu's own formula; None where there is no text at all."""
    from sacrebleu.metrics import BLEU

    written, wanted, *counts = (int(number) for number in rows[f"{model}_bleu"].to_numpy().sum(axis=0))
    if not written + wanted:
        return None
    score = BLEU.compute_bleu(counts[:ORDERS], counts[ORDERS:], written, wanted, smooth_method="exp")
    return float(score.score)


def bleu_of_sums(sums: Floats) -> Floats:
    """Return BLEU (0 to 100) for sums of counts (replicates × counts); nan where nothing was wanted and nothing written.

    Sums drawn from a normal limit may lie below 0 a little; they count as 0.
    """
    sums = np.maximum(sums, 0.0)
    written, wanted = sums[:, 0], sums[:, 1]
    matched, made = sums[:, 2 : 2 + ORDERS], sums[:, 2 + ORDERS : COUNTS]
    none = (matched == 0) & (made > 0)
    smoothed = np.where(none, 0.5 ** np.cumsum(none, axis=1), matched)
    with np.errstate(divide="ignore", invalid="ignore"):
        precisions = np.where(made > 0, np.log(smoothed / made), -np.inf)
        short = np.where(written < wanted, np.exp(1 - wanted / written), 1.0)
        scores = 100 * np.where(written > 0, short, 0.0) * np.exp(precisions.mean(axis=1))
    scored = np.where(matched.any(axis=1), scores, 0.0)
    return np.asarray(np.where(written + wanted > 0, scored, np.nan), dtype=np.float64)
