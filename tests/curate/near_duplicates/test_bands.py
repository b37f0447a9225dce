"""Bands: the curve by simulation, the choice, and the areas."""

import numpy as np
import pytest

from curate.near_duplicates.bands import Bands, choose_bands, permutations_needed


def test_the_curve_is_that_of_signatures_drawn_by_chance():
    bands, similarity, draws = Bands(18, 7), 0.8, 20_000
    same = np.random.default_rng(1).random((draws, bands.count, bands.rows)) < similarity
    found = same.all(axis=2).any(axis=1).mean()
    assert bands.found(similarity) == pytest.approx(found, abs=0.005)
    assert bands.found(np.array([0.0, 1.0])).tolist() == [0.0, 1.0]


@pytest.mark.parametrize("threshold", [0.3, 0.5, 0.7, 0.8, 0.95, 1.0])
@pytest.mark.parametrize("recall", [0.5, 0.95, 0.99])
def test_the_longest_bands_that_reach_the_recall_are_chosen(threshold, recall):
    bands = choose_bands(threshold, 128, recall)
    assert bands.count * bands.rows <= 128
    assert bands.found(threshold) >= recall
    longer = [Bands(128 // rows, rows) for rows in range(bands.rows + 1, 129)]
    assert all(other.found(threshold) < recall for other in longer)


def test_too_few_permutations_are_told_and_how_many_would_do():
    with pytest.raises(ValueError, match=r"0\.9967 at most"):
        choose_bands(0.3, 16, 0.999)
    assert permutations_needed(0.3, 0.999) == 20
    assert choose_bands(0.3, 20, 0.999) == Bands(20, 1)
    with pytest.raises(ValueError, match="at most"):
        choose_bands(0.3, 19, 0.999)
    assert permutations_needed(0.001, 0.999) is None, "more than there may be"


def test_areas_are_those_of_numerical_integration():
    bands = Bands(20, 5)
    grid = np.linspace(0, 1, 100_001)
    below = grid < 0.6
    assert bands.compared_in_vain(0.6) == pytest.approx(bands.found(grid[below]).mean() * 0.6, abs=1e-4)
    assert bands.missed(0.6) == pytest.approx((1 - bands.found(grid[~below])).mean() * 0.4, abs=1e-4)
