"""AUC and its variance: against scikit-learn and against DeLong's definition written out over all pairs."""

import numpy as np
import pytest

from audit import delong

RANDOM = np.random.default_rng(4)
NEGATIVE = RANDOM.integers(0, 12, 70) / 10  # with ties
POSITIVE = RANDOM.integers(3, 16, 45) / 10


def kernel(positive, negative):
    """1 for each pair in order, a half for a tie: positives × negatives."""
    return (positive[:, None] > negative[None, :]) + 0.5 * (positive[:, None] == negative[None, :])


def test_auc_is_scikit_learns():
    from sklearn.metrics import roc_auc_score

    truth = [1] * len(POSITIVE) + [0] * len(NEGATIVE)
    expected = roc_auc_score(truth, np.concatenate([POSITIVE, NEGATIVE]))
    assert delong.auc(POSITIVE, NEGATIVE) == pytest.approx(expected, abs=1e-12)


def test_variance_is_that_of_the_definition():
    pairs, found = kernel(POSITIVE, NEGATIVE), delong.curve(POSITIVE, NEGATIVE)
    rows, columns = pairs.mean(axis=1), pairs.mean(axis=0)
    expected = rows.var(ddof=1) / len(rows) + columns.var(ddof=1) / len(columns)
    assert found.variance == pytest.approx(expected, abs=1e-14)


def paired(before, after):
    """Return the pair of two scores, each given as those of positive and of negative rows."""
    positive = np.repeat([True, False], [len(before[0]), len(before[1])])
    return delong.pair(np.concatenate(before), np.concatenate(after), positive)


def test_interval_covers_the_true_auc():
    from scipy.stats import norm

    truth, covered = norm.cdf(1 / np.sqrt(2)), 0  # scores of two normal distributions, one standard deviation apart
    for seed in range(300):
        random = np.random.default_rng(seed)
        interval = delong.interval(delong.curve(random.normal(1, 1, 40), random.normal(0, 1, 60)), 0.95)
        covered += interval.low <= truth <= interval.high
    assert 276 <= covered <= 297  # 95 % of 300 is 285, with a standard deviation of 3.8


def test_paired_change_is_that_of_the_definition():
    second, others = POSITIVE + RANDOM.normal(0, 0.3, len(POSITIVE)), NEGATIVE + RANDOM.normal(0, 0.3, len(NEGATIVE))
    both = paired((POSITIVE, NEGATIVE), (second, others))
    interval, p_value = delong.paired_change(both, 0.95)
    moved = kernel(second, others) - kernel(POSITIVE, NEGATIVE)
    rows, columns = moved.mean(axis=1), moved.mean(axis=0)
    error = np.sqrt(rows.var(ddof=1) / len(rows) + columns.var(ddof=1) / len(columns))
    assert (interval.low + interval.high) / 2 == pytest.approx(moved.mean())
    assert (interval.high - interval.low) / 2 == pytest.approx(1.959964 * error, rel=1e-6)
    from scipy.stats import norm

    assert p_value == pytest.approx(2 * norm.sf(abs(moved.mean()) / error))


def test_what_cannot_be_told_is_not():
    nobody, one, two = np.array([]), np.array([0.5]), np.array([0.1, 0.2])
    assert delong.auc(nobody, one) is None
    assert delong.curve(one, two).variance is None
    assert delong.interval(delong.curve(np.array([0.8, 0.9]), two), 0.95) is None  # every pair is in order
    assert delong.paired_change(paired((two, two), (two, two)), 0.95) is None
    assert paired((two, nobody), (two, nobody)) is None
    assert paired((two, one), (two, one)).covariance is None


def test_rows_that_one_model_did_not_score_add_to_the_error_of_the_other_alone():
    second, others = POSITIVE + RANDOM.normal(0, 0.3, len(POSITIVE)), NEGATIVE + RANDOM.normal(0, 0.3, len(NEGATIVE))
    first, second = POSITIVE.copy(), second.copy()
    first[0], second[1:3] = np.nan, np.nan
    both = paired((first, NEGATIVE), (second, others))
    before, after = (
        delong.curve(scores[~np.isnan(scores)], rest) for scores, rest in ((first, NEGATIVE), (second, others))
    )
    assert (both.before.auc, both.after.auc) == (before.auc, after.auc)
    # the rows are one more than either curve has, so that n / (n − 1) is not quite that of the curve by itself
    assert np.diag(both.covariance) == pytest.approx([before.variance, after.variance], rel=0.02)
    assert 0 < both.covariance[0, 1] < min(before.variance, after.variance)
