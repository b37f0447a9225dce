"""Bands: the curve by simulation, the choice, and what is expected to be missed."""

import numpy as np
import pytest

from curate.near_duplicates.bands import Bands, choose_bands, expected_missed


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


@pytest.mark.parametrize(
    ("threshold", "permutations", "recall", "told"),
    [
        (0.3, 16, 0.999, "0.9967 at most; write permutations: 20 or more"),
        (0.001, 1024, 0.999, "raise the threshold or lower recall"),
        (0.5, 16, 1.0, "write a recall below 1"),
    ],
)
def test_too_few_permutations_are_told_with_how_many_would_do(threshold, permutations, recall, told):
    with pytest.raises(ValueError, match=told):
        choose_bands(threshold, permutations, recall)
    assert choose_bands(0.3, 20, 0.999) == Bands(20, 1)


def test_areas_are_those_of_numerical_integration():
    bands = Bands(20, 5)
    grid = np.linspace(0, 1, 100_001)
    below = grid < 0.6
    assert bands.compared_in_vain(0.6) == pytest.approx(bands.found(grid[below]).mean() * 0.6, abs=1e-4)
    assert bands.missed(0.6) == pytest.approx((1 - bands.found(grid[~below])).mean() * 0.4, abs=1e-4)


def test_what_is_missed_is_judged_by_what_was_found():
    bands = Bands(2, 1)
    assert expected_missed(np.array([]), bands) == 0
    assert expected_missed(np.array([1.0, 1.0]), bands) == 0
    assert expected_missed(np.array([0.5]), bands) == pytest.approx(0.25)
    chance = np.random.default_rng(2)
    true = chance.uniform(0.5, 1, 200_000)
    found = true[chance.random(len(true)) < bands.found(true)]
    assert expected_missed(found, bands) == pytest.approx(1 - len(found) / len(true), abs=0.003)
