"""Bootstrap, permutation and paired tests: against exact answers where there are some."""

import numpy as np
import pytest

from audit import resampling
from audit.resampling import Draws

DRAWS = Draws(2000, 7, "a test", 0.95)


def test_draws_depend_on_seed_and_purpose_alone():
    counts = np.array([30, 50, 20])
    first = resampling.resample(counts, DRAWS)
    assert (first == resampling.resample(counts, DRAWS)).all()
    assert (first != resampling.resample(counts, Draws(2000, 7, "another", 0.95))).any()
    assert (first.sum(axis=1) == 100).all()


def test_bootstrap_of_a_rate_is_near_wilson():
    from statsmodels.stats.proportion import proportion_confint

    found = resampling.bootstrap_cells(np.array([300, 700]), lambda tables: tables[:, 0] / 1000, DRAWS)
    assert found is not None
    assert (found.low, found.high) == pytest.approx(proportion_confint(300, 1000, method="wilson"), abs=0.004)
    assert found.method == "bootstrap, 2000 replicates, seed 7"


def test_bootstrap_of_rows_agrees_with_that_of_cells():
    columns = np.column_stack([np.repeat([1.0, 0.0], [30, 70]), np.ones(100)])
    rows = resampling.bootstrap_rows(columns, lambda sums: sums[:, 0] / sums[:, 1], DRAWS)
    cells = resampling.bootstrap_cells(np.array([30, 70]), lambda tables: tables[:, 0] / 100, DRAWS)
    assert rows is not None
    assert cells is not None
    assert (rows.low, rows.high) == pytest.approx((cells.low, cells.high), abs=0.015)


def test_sums_over_many_rows_come_from_their_normal_limit_and_it_says_so(monkeypatch):
    columns = np.random.default_rng(0).exponential(size=(3000, 2))
    drawn = resampling.bootstrap_rows(columns, lambda sums: sums[:, 0] / sums[:, 1], DRAWS)
    monkeypatch.setattr(resampling, "MANY", 3000)
    limit = resampling.bootstrap_rows(columns, lambda sums: sums[:, 0] / sums[:, 1], DRAWS)
    assert drawn is not None
    assert limit is not None
    assert (limit.low, limit.high) == pytest.approx((drawn.low, drawn.high), abs=0.006)
    assert limit.high - limit.low == pytest.approx(drawn.high - drawn.low, rel=0.06)
    assert limit.method == "bootstrap, sums drawn from their normal limit, 2000 replicates, seed 7"


def test_undefined_replicates_are_left_out_and_counted():
    found = resampling.percentile(np.array([0.1, 0.2, np.nan]), 0.95, "bootstrap")
    assert found is not None
    assert found.method == "bootstrap, undefined in 1 replicates"
    assert resampling.percentile(np.array([np.nan]), 0.95, "bootstrap") is None
    assert resampling.percentile(np.array([0.5, 0.5]), 0.95, "bootstrap") is None


def test_permutation_of_two_groups_is_fishers_exact_test():
    sizes, members = np.array([12, 15]), np.array([[1, 0], [0, 1]])
    observed = 9 / 12 - 4 / 15
    found = resampling.permutation_p(sizes, members, 13, observed, Draws(20_000, 7, "p", 0.95))
    # over the hypergeometric distribution of hits in the first group: every table with as large a gap
    from scipy.stats import hypergeom

    exact = sum(hypergeom.pmf(k, 27, 13, 12) for k in range(13) if abs(k / 12 - (13 - k) / 15) >= observed - 1e-12)
    assert found == pytest.approx(exact, abs=0.004)


def test_overlapping_groups_keep_their_overlap():
    sizes, members = np.array([10, 10, 10]), np.array([[1, 0], [1, 1], [0, 1]])
    assert resampling.permutation_p(sizes, members, 15, 0.0, DRAWS) == 1.0
    assert resampling.permutation_p(sizes, members, 15, 0.5, DRAWS) < 0.05


def test_exchange_of_answers_is_mcnemar_for_accuracy():
    # cells: both right, base alone right, tuned alone right, both wrong
    counts, swapped = np.array([40, 5, 15, 10]), np.array([0, 2, 1, 3])
    tables = resampling.exchange(counts, swapped, Draws(20_000, 7, "p", 0.95))
    found = resampling.exchange_p((tables[:, 2] - tables[:, 1]) / 70, 10 / 70)
    assert found == pytest.approx(resampling.mcnemar_p(5, 15), abs=0.006)


def test_mcnemar_is_statsmodels_exact_mcnemar():
    from statsmodels.stats.contingency_tables import mcnemar

    assert resampling.mcnemar_p(4, 11) == pytest.approx(mcnemar([[30, 4], [11, 20]], exact=True).pvalue)
    assert resampling.mcnemar_p(0, 0) == 1.0


def test_bootstrap_of_a_gaps_change_joins_percentile_and_mirror():
    counts = np.array([20, 80, 40, 60])

    def gap(tables):
        return np.abs(tables[:, 0] / (tables[:, 0] + tables[:, 1]) - tables[:, 2] / (tables[:, 2] + tables[:, 3]))

    plain = resampling.bootstrap_cells(counts, gap, DRAWS)
    joined = resampling.joined_with_basic(gap(resampling.resample(counts, DRAWS)), 0.2, DRAWS.confidence, "")
    assert plain is not None
    assert joined is not None
    assert joined.low == min(plain.low, 0.4 - plain.high)
    assert joined.high == max(plain.high, 0.4 - plain.low)


def test_sums_of_groups_vary_as_a_bootstrap_of_all_rows(monkeypatch):
    random = np.random.default_rng(3)
    columns = np.column_stack([random.normal(2, 1, 60), np.ones(60)])
    parts = [np.arange(0, 60, 2), np.array([1]), np.arange(3, 60, 2)]  # 30 rows, 1 row and 29 rows
    members = np.array(
        [[1.0, 1.0, 0.0], [1.0, 1.0, 1.0], [1.0, 0.0, 1.0]]
    )  # all rows, and two groups that share the one
    weights = random.multinomial(60, np.full(60, 1 / 60), size=20_000)
    for many in (2_000, 10):  # every row drawn, or the two large parts from their normal limit
        monkeypatch.setattr(resampling, "MANY", many)
        sums = resampling.resampled_groups(columns, parts, members, resampling.Draws(20_000, 7, "parts", 0.95))
        for group, member in enumerate(members.T):
            rows = np.concatenate([part for part, inside in zip(parts, member, strict=True) if inside])
            truly = weights[:, rows] @ columns[rows]
            assert sums[:, :, group].mean(axis=0) == pytest.approx(columns[rows].sum(axis=0), rel=0.03)
            assert sums[:, :, group].std(axis=0) == pytest.approx(truly.std(axis=0), rel=0.03, abs=1e-9)
        assert sums[:, 1, 0] == pytest.approx(np.full(20_000, 60.0)), "a bootstrap sample has as many rows"
