"""BLEU from the counts of rows: against sacrebleu, of the whole set and of every set that a bootstrap may draw."""

import numpy as np
import polars as pl
import pytest
from audit_frames import CHANCE, by_id

from audit.bleu import bleu_counts, bleu_of_sums
from audit.evidence import Evidence
from audit.metrics import compute
from audit.quotients import quotient_measures

WANTED = ["the cat sat on the mat", "we found the soup warm", "yes", "no", "a b c d e f"]
WRITTEN = ["the cat sat on a mat", "we found the soup cold and sour", "yes indeed", "", "f e d c b a"]


def test_any_draw_of_rows_has_the_bleu_of_sacrebleu():
    from sacrebleu import corpus_bleu

    counts = np.array(bleu_counts(WANTED, WRITTEN).to_list(), dtype=float)
    random = np.random.default_rng(1)
    for places in [range(5), [3], [3, 4], [2, 2], *random.integers(0, 5, (20, 4)).tolist()]:
        expected = corpus_bleu([WRITTEN[place] for place in places], [[WANTED[place] for place in places]]).score
        (found,) = bleu_of_sums(counts[list(places)].sum(axis=0)[None, :])
        assert found == pytest.approx(expected, abs=1e-9), places


def test_nothing_written_is_no_row_and_nothing_at_all_is_undefined():
    counts = bleu_counts(["yes", ""], [None, ""])
    assert counts.to_list() == [None, [0] * 10]
    assert np.isnan(bleu_of_sums(np.zeros((1, 10)))).all()


def test_the_measure_is_that_of_the_rows_that_were_written_and_has_an_interval():
    from sacrebleu import corpus_bleu

    wrote = pl.Series([True] * 4 + [None])
    counts = bleu_counts(WANTED, [*WRITTEN[:4], None])
    proof = Evidence(
        {"predictions": pl.DataFrame({"row_name": list("abcde"), "base_wrote": wrote, "base_bleu": counts})}, ()
    )
    found = by_id(quotient_measures(proof, "bleu", "base", (), CHANCE))
    measure = found["base.bleu"]
    assert measure.value == pytest.approx(corpus_bleu(WRITTEN[:4], [WANTED[:4]]).score)
    assert measure.n == 4
    assert measure.interval.low < measure.value < measure.interval.high
    assert compute(measure, proof, found) == pytest.approx(measure.value)
