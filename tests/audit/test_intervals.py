"""Intervals: against statsmodels and against the worked examples of the papers."""

import math

import numpy as np
import pytest

from audit import gap_intervals, intervals
from audit.intervals import Count
from audit.results import Interval


def ends(interval: Interval | None) -> tuple[float, float]:
    assert interval is not None
    return interval.low, interval.high


@pytest.mark.parametrize(("hits", "n"), [(0, 5), (5, 5), (1, 7), (40, 100), (999, 1000)])
@pytest.mark.parametrize("confidence", [0.9, 0.95])
def test_wilson_is_statsmodels_wilson(hits, n, confidence):
    from statsmodels.stats.proportion import proportion_confint

    expected = proportion_confint(hits, n, alpha=1 - confidence, method="wilson")
    assert ends(intervals.wilson(Count(hits, n), confidence)) == pytest.approx(expected, abs=1e-12)


# Newcombe 1998, Statistics in Medicine 17:873-890, table II, method 10
@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ((56, 70), (48, 80), (0.0524, 0.3339)),
        ((9, 10), (3, 10), (0.1705, 0.8090)),
        ((6, 7), (2, 7), (0.0582, 0.8062)),
        ((5, 56), (0, 29), (-0.0381, 0.1926)),
        ((0, 10), (0, 20), (-0.1611, 0.2775)),
        ((0, 10), (0, 10), (-0.2775, 0.2775)),
        ((10, 10), (0, 20), (0.6791, 1.0)),
        ((10, 10), (0, 10), (0.6075, 1.0)),
    ],
)
def test_newcombe_gives_the_published_examples(one, other, expected):
    assert ends(intervals.newcombe(Count(*one), Count(*other), 0.95)) == pytest.approx(expected, abs=6e-5)


@pytest.mark.parametrize(("one", "other"), [((56, 70), (48, 80)), ((3, 90), (1, 12)), ((30, 31), (2, 40))])
def test_newcombe_and_katz_are_those_of_statsmodels(one, other):
    from statsmodels.stats.proportion import confint_proportions_2indep

    difference = confint_proportions_2indep(*one, *other, method="newcomb", compare="diff")
    ratio = confint_proportions_2indep(*one, *other, method="log", compare="ratio")
    assert ends(intervals.newcombe(Count(*one), Count(*other), 0.95)) == pytest.approx(difference, abs=1e-9)
    assert ends(intervals.katz(Count(*one), Count(*other), 0.95)) == pytest.approx(ratio, rel=1e-9)


def test_paired_newcombe_gives_the_published_examples():
    # Fagerland, Lydersen and Laake 2014, Statistics in Medicine 33:2850-2875, table VIII (airway hyper-responsiveness):
    # 2 of 21 before and 8 of 21 after, -0.507 to -0.026 for before - after
    assert ends(intervals.newcombe_paired(1, 1, 7, 12, 0.95)) == pytest.approx((0.026, 0.507), abs=5e-4)
    # Altman et al. 2000, Statistics with Confidence, table 6.2: 0.122 (0.011 to 0.226)
    assert ends(intervals.newcombe_paired(14, 0, 5, 22, 0.95)) == pytest.approx((0.011, 0.226), abs=6e-4)


def test_paired_newcombe_without_any_difference_is_no_point():
    low, high = ends(intervals.newcombe_paired(10, 0, 0, 10, 0.95))
    assert low == pytest.approx(-high)
    assert high > 0.05


def test_log_paired_by_hand():
    # Desu and Raghavarao 2004: log(after / before) ± z * sqrt((first + second) / (before * after))
    half = intervals.quantile(0.95) * math.sqrt((10 + 4) / (30 * 24))
    found = ends(intervals.log_paired(20, 10, 4, 0.95))
    assert found == pytest.approx((24 / 30 * math.exp(-half), 24 / 30 * math.exp(half)))
    assert intervals.log_paired(0, 0, 4, 0.95) is None
    assert ends(intervals.log_paired(0, 5, 0, 0.95))[0] == 0.0


def test_katz_with_none_and_with_all():
    low, high = ends(intervals.katz(Count(0, 50), Count(20, 50), 0.95))
    assert low == 0.0
    assert 0.0 < high < 0.5
    low, high = ends(intervals.katz(Count(10, 10), Count(12, 12), 0.95))
    assert low < 1.0 < high
    assert intervals.katz(Count(3, 10), Count(0, 12), 0.95) is None


def test_no_rows_no_interval():
    nobody = Count(0, 0)
    assert intervals.wilson(nobody, 0.95) is None
    assert intervals.newcombe(nobody, Count(1, 2), 0.95) is None
    assert gap_intervals.gap_difference([Count(1, 2)], 0.95) is None
    assert gap_intervals.gap_ratio([Count(0, 9), Count(0, 9)], 0.95) is None


def test_gap_of_two_groups_is_newcombe_folded():
    one, other = Count(30, 100), Count(55, 110)
    low, high = ends(intervals.newcombe(other, one, 0.95))
    assert ends(gap_intervals.gap_difference([one, other], 0.95)) == pytest.approx((low, high))
    assert ends(gap_intervals.gap_difference([one, one], 0.95))[0] == 0.0


def test_gap_intervals_cover_the_true_gap():
    random, covered = np.random.default_rng(3), {"difference": 0, "ratio": 0}
    rates, sizes = np.array([0.3, 0.3, 0.5]), np.array([80, 120, 60])
    for _ in range(300):
        counts = [Count(int(hits), int(n)) for hits, n in zip(random.binomial(sizes, rates), sizes, strict=True)]
        low, high = ends(gap_intervals.gap_difference(counts, 0.95))
        covered["difference"] += low <= 0.2 <= high
        low, high = ends(gap_intervals.gap_ratio(counts, 0.95))
        covered["ratio"] += low <= 0.6 <= high
    assert min(covered.values()) >= 285  # 95 % of 300


def test_gap_of_simultaneous_intervals():
    each = [
        Interval(low=0.0, high=0.1, confidence=0.95, method="m"),
        Interval(low=0.3, high=0.5, confidence=0.95, method="m"),
    ]
    assert ends(gap_intervals.gap_of(each, 0.95, "difference")) == pytest.approx((0.2, 0.5))
    assert ends(gap_intervals.gap_of(each[::-1], 0.95, "difference")) == pytest.approx((0.2, 0.5))
    assert ends(gap_intervals.gap_of(each, 0.95, "ratio")) == pytest.approx((0.0, 1 / 3))


def test_detectable_difference_is_that_of_statsmodels_power():
    from statsmodels.stats.proportion import power_proportions_2indep

    found = intervals.detectable_difference(Count(3000, 10_000), Count(3000, 10_000), 0.95)
    assert found is not None
    power = power_proportions_2indep(found, 0.3 - found / 2, 10_000, return_results=False)
    assert power == pytest.approx(0.8, abs=0.01)


def test_detectable_shrinks_with_rows_and_never_vanishes():
    found = [intervals.detectable_difference(Count(0, n), Count(0, n), 0.95) for n in (10, 100, 1000)]
    assert found == sorted(found, reverse=True)
    assert found[-1] > 0
    small, large = (intervals.detectable_ratio(Count(n // 2, n), Count(n // 2, n), 0.95) for n in (20, 2000))
    assert 0 < small < large < 1
    assert intervals.detectable_change(Interval(low=-0.1, high=0.1, confidence=0.95, method="m")) == pytest.approx(
        0.143, abs=1e-3
    )


def test_intervals_to_all_rows_and_of_extremes_cover():
    random, covered = np.random.default_rng(8), dict.fromkeys(("difference", "ratio", "lowest", "highest"), 0)
    rates, sizes = np.array([0.3, 0.35, 0.5]), np.array([80, 120, 60])
    overall = rates @ sizes / sizes.sum()
    truth = {"difference": 0.5 - overall, "ratio": min(0.3 / overall, overall / 0.5), "lowest": 0.3, "highest": 0.5}
    for _ in range(300):
        counts = [Count(int(hits), int(n)) for hits, n in zip(random.binomial(sizes, rates), sizes, strict=True)]
        total = Count(sum(count.hits for count in counts), sum(count.n for count in counts))
        found = {
            "difference": gap_intervals.overall_difference(counts, total, 0.95),
            "ratio": gap_intervals.overall_ratio(counts, total, 0.95),
            **{which: gap_intervals.extreme(counts, 0.95, which) for which in ("lowest", "highest")},
        }
        for which, interval in found.items():
            low, high = ends(interval)
            covered[which] += low <= truth[which] <= high
    assert min(covered.values()) >= 285  # 95 % of 300


def test_two_halves_lie_equally_far_from_all_rows():
    one, other = Count(20, 100), Count(50, 100)
    low, high = ends(intervals.newcombe(other, one, 0.975))  # two groups at once: half the error each
    assert ends(gap_intervals.overall_difference([one, other], Count(70, 200), 0.95)) == pytest.approx(
        (low / 2, high / 2)
    )
    assert gap_intervals.overall_ratio([Count(0, 100), Count(0, 100)], Count(0, 200), 0.95) is None
