"""The figures of accuracy on known truths, and the scores themselves against scikit-learn and by hand."""

import dedupe_accuracy as accuracy
import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=2, max_size=30))
def test_scores_are_those_of_scikit_learn(rows):
    from sklearn.metrics import adjusted_rand_score
    from sklearn.metrics.cluster import pair_confusion_matrix

    found, true = np.array(rows).T
    scores = accuracy.score(found, true)
    (_, false_positive), (false_negative, both) = pair_confusion_matrix(true, found) / 2
    assert scores.ari == pytest.approx(adjusted_rand_score(true, found))
    assert scores.precision == pytest.approx(both / (both + false_positive) if both + false_positive else 1)
    assert scores.recall == pytest.approx(both / (both + false_negative) if both + false_negative else 1)


def test_the_demos_copies_are_found_from_the_threshold_on():
    scores, grades = accuracy.demo(rows=4_000)
    assert scores["star"].recall > 0.99
    assert scores["star"].precision > 0.9
    below = grades.filter(pl.col("grade") < 0.8)
    assert (below["together"].sum(), below["planted"].sum() > 30) == (0, True)


def test_altered_records_of_persons_are_found_by_characters(real_data):
    scores = accuracy.febrl(real_data, 0.4)
    assert scores["star"].pairs == 500
    assert scores["star"].f1 > 0.99
    assert scores["star"].ari > 0.99


def test_on_tweets_all_pairs_of_brute_force_but_a_few_are_found(real_data):
    figures = accuracy.davidson(real_data, 0.7, 0.95)
    assert figures["true pairs"] > 400
    assert figures["recall of pairs"] > 0.98
    assert figures["rows wrongly gone"] == 0
    assert figures["expected missed"] < 0.01


def test_as_many_pairs_are_missed_as_expected(real_data):
    """Over seeds the misses are a Poisson count: five standard deviations of it on either side."""
    missed, expected = accuracy.calibration(real_data, 0.5, seeds=10)
    assert 0 < expected < 5
    assert abs(missed - expected) < 5 * (expected / 10) ** 0.5
