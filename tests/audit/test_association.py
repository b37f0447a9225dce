"""How strongly two things go together: both formulas a second way, by hand and word for word from the papers."""

import math

import numpy as np
import pytest

from audit import association
from audit.association import Together, log_odds, log_odds_interval, npmi, npmi_interval
from audit.families import holm_of
from audit.resampling import Draws

DRAWS = Draws(2000, 7, "test", 0.95)


def test_npmi_by_hand():
    # 30 rows with both, 10 with the one alone, 20 with the other alone, 40 with neither; half a row more in each
    both, one, other = 30.5 / 102, 41 / 102, 51 / 102
    assert npmi(Together(30, 40, 50, 100)) == pytest.approx(math.log(both / (one * other)) / -math.log(both))
    assert npmi(Together(30, 40, 50, 100)) == pytest.approx(0.39730 / 1.20725, abs=1e-5)


def test_npmi_of_masked_rows():
    random = np.random.default_rng(3)
    one = random.random(5000) < 0.3
    other = np.where(one, random.random(5000) < 0.6, random.random(5000) < 0.2)
    # the paper's formula without smoothing: 5,000 rows leave little of half a row
    joint, first, second = (one & other).mean(), one.mean(), other.mean()
    plain = np.log2(joint / first / second) / -np.log2(joint)
    found = npmi(Together(int((one & other).sum()), int(one.sum()), int(other.sum()), 5000))
    assert found == pytest.approx(plain, abs=1e-3)


def test_npmi_is_0_by_chance_and_its_sign_says_more_or_less():
    assert npmi(Together(25, 50, 50, 100)) == pytest.approx(0, abs=1e-12)
    always, never = npmi(Together(500, 500, 500, 1000)), npmi(Together(0, 500, 500, 1000))
    assert always is not None
    assert never is not None
    assert 0.98 < always < 1
    assert -1 < never < -0.7


@pytest.mark.parametrize(
    "counts", [Together(0, 0, 5, 10), Together(5, 10, 5, 10), Together(0, 5, 0, 10), Together(5, 5, 10, 10), Together(0, 0, 0, 0)]
)  # fmt: skip
def test_npmi_is_undefined_where_there_is_nobody_with_or_without(counts):
    assert npmi(counts) is None
    assert npmi_interval(counts, DRAWS) is None


def test_the_interval_of_a_pair_that_never_stands_together_is_not_sure_that_it_never_does():
    counts = Together(0, 20, 50, 200)
    value, interval = npmi(counts), npmi_interval(counts, DRAWS)
    assert value is not None
    assert interval is not None
    assert interval.low < value < interval.high
    # by the rule of three up to 1.5 % of the rows could have both, which is a third of chance: the interval says so
    at_most = math.log(0.015 / (0.1 * 0.25)) / -math.log(0.015)
    assert interval.high == pytest.approx(at_most, abs=0.1)


@pytest.mark.parametrize("both", [0.002, 0.03, 0.2])
def test_the_interval_covers_the_truth_as_often_as_it_says(both):
    shares = np.array([both, 0.25 - both, 0.25, 0.5])
    truth = math.log(both / (0.25 * (both + 0.25))) / -math.log(both)
    random, covered = np.random.default_rng(5), 0
    for place in range(300):
        cells = random.multinomial(400, shares)
        counts = Together(int(cells[0]), int(cells[0] + cells[1]), int(cells[0] + cells[2]), 400)
        interval = npmi_interval(counts, Draws(400, place, "cover", 0.95))
        assert interval is not None
        covered += interval.low <= truth <= interval.high
    assert covered >= 0.92 * 300


def fighting_words(group: list[str], rest: list[str], scale: float) -> dict[str, tuple[float, float]]:
    """Monroe, Colaresi and Quinn 2008, word by word: δ (equation 16 with 15) and ζ (22 with 20), the prior from all texts."""
    vocabulary = sorted({word for text in group + rest for word in text.split()})
    y_i = {word: sum(word in text.split() for text in group) for word in vocabulary}
    y_j = {word: sum(word in text.split() for text in rest) for word in vocabulary}
    n_i, n_j = sum(y_i.values()), sum(y_j.values())
    alpha = {word: scale * (y_i[word] + y_j[word]) for word in vocabulary}
    alpha_0 = sum(alpha.values())
    found = {}
    for word in vocabulary:
        log_odds_i = math.log((y_i[word] + alpha[word]) / (n_i + alpha_0 - y_i[word] - alpha[word]))
        log_odds_j = math.log((y_j[word] + alpha[word]) / (n_j + alpha_0 - y_j[word] - alpha[word]))
        delta = log_odds_i - log_odds_j
        variance = 1 / (y_i[word] + alpha[word]) + 1 / (y_j[word] + alpha[word])
        found[word] = (delta, delta / math.sqrt(variance))
    return found


GROUP = ["she wears a veil a veil", "she works", "a veil again", "nobody works here"]
REST = ["he works here", "he rests", "the wall the wall", "works and rests", "a man with a wall here"]


def test_log_odds_are_those_of_the_paper():
    expected = fighting_words(GROUP, REST, 0.1)
    for word, (delta, zeta) in expected.items():
        inside, outside = (sum(word in text.split() for text in texts) for texts in (GROUP, REST))
        words = (sum(len(set(text.split())) for text in texts) for texts in (GROUP, REST))
        found = log_odds(inside, outside, *words)
        assert float(found.value) == pytest.approx(delta), word
        assert float(found.z) == pytest.approx(zeta), word
    most = max(zeta for _delta, zeta in expected.values())
    assert {word for word, (_delta, zeta) in expected.items() if zeta == most} == {"she", "veil"}


def test_log_odds_of_many_words_at_once_and_the_ends_of_the_interval():
    found = log_odds([5, 20, 0], [5, 1, 9], [100, 100, 100], [100, 900, 100])
    assert found.value[0] == pytest.approx(0)
    assert found.value[1] > 0 > found.value[2]
    interval = log_odds_interval(float(found.value[1]), float(found.error[1]), 0.95)
    assert interval.high - interval.low == pytest.approx(2 * 1.959964 * float(found.error[1]))
    # the normal distribution's tail: z = 1.6449 leaves 5 % above it
    assert float(found._replace(value=np.array(1.6448536), error=np.array(1.0)).p_value) == pytest.approx(0.05)


@pytest.mark.parametrize(("share", "times"), [(0.01, 0.459), (0.1, 0.726), (0.17, 0.743), (1.0, 0.566)])
def test_what_a_prior_makes_of_a_word_of_one_group_alone(monkeypatch, share, times):
    monkeypatch.setattr(association, "PRIOR_SHARE", share)
    found = log_odds(100, 0, 1_000_000, 1_000_000)  # sides alike, a word that is rare on both
    assert float(found.z) == pytest.approx(math.sqrt(100) * times, abs=0.01)


def test_holm_over_a_family_of_which_few_are_given():
    from statsmodels.stats.multitest import multipletests

    given = np.array([0.00001, 0.2, 0.004])
    whole = multipletests(np.concatenate([given, np.full(97, 1.0)]), method="holm")[1][:3]
    assert holm_of(given, 100) == pytest.approx(whole)
    assert holm_of(given, 100)[0] == pytest.approx(0.001)
    assert len(holm_of(np.array([]), 0)) == 0
