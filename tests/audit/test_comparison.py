"""Base against tuned: McNemar, changes, and their paired intervals."""

import numpy as np
import pytest
from audit_frames import CHANCE, by_id, evidence, recipe

from audit.better_or_worse import better_or_worse, mcnemar_measures
from audit.cells import PAIR, Number, cells_of
from audit.classification import classification_measures
from audit.comparison import comparison_measures
from audit.fairness import fairness_measures
from audit.results import Measure

ALL = (
    "accuracy",
    "selection_rate",
    "true_positive_rate",
    "false_positive_rate",
    "equalized_odds",
    "equalized_odds_mean",
)


@pytest.fixture(scope="module")
def drawn():
    random = np.random.default_rng(11)
    truth = random.integers(0, 2, 160)
    groups = [["a", "b"] if place % 8 == 0 else ["a"] if place % 2 else ["b"] for place in range(160)]
    base = np.where(random.random(160) < 0.4, 1 - truth, truth)
    tuned = np.where(random.random(160) < 0.15, 1 - truth, truth)
    return truth, groups, base, tuned, compared(truth.tolist(), groups, base.tolist(), tuned.tolist())


def compared(truth, groups, base, tuned) -> dict[str, Measure]:
    table, asked = evidence(truth, {"base": base, "tuned": tuned}, color=groups), recipe("color")
    found = []
    for model in ("base", "tuned"):
        found += classification_measures(table, asked, model, (*ALL, "macro_f1"), CHANCE)
        found += fairness_measures(table, asked, model, ALL, CHANCE)
    compared = comparison_measures(table, ("color",), found, CHANCE)
    return by_id([*found, *mcnemar_measures(table), *compared, *better_or_worse(table, ("color",))])


def test_mcnemar_by_hand(drawn):
    from scipy.stats import binomtest

    truth, _groups, base, tuned, found = drawn
    worse, better = int(((base == truth) & (tuned != truth)).sum()), int(((base != truth) & (tuned == truth)).sum())
    assert (found["change.worse"].value, found["change.better"].value) == (worse, better)
    assert found["mcnemar"].value == pytest.approx(binomtest(better, worse + better).pvalue)
    assert found["change.accuracy"].p_value == found["mcnemar"].p_value


def test_changes_are_tuned_less_base(drawn):
    truth, groups, base, tuned, found = drawn
    assert found["change.accuracy"].value == pytest.approx((tuned == truth).mean() - (base == truth).mean())
    in_a = np.array(["a" in group for group in groups])
    negative = (truth == 0) & in_a
    assert found["change.false_positive_rate.color.a"].value == pytest.approx(
        tuned[negative].mean() - base[negative].mean()
    )
    for name in (
        "accuracy.color.difference",
        "selection_rate.color.ratio",
        "equalized_odds.color.difference",
        "equalized_odds_mean.color.ratio",
        "macro_f1",
    ):
        assert found[f"change.{name}"].value == pytest.approx(
            found[f"tuned.{name}"].value - found[f"base.{name}"].value
        )
        assert found[f"change.{name}"].parts == (f"base.{name}", f"tuned.{name}")


def test_interval_of_a_rates_change_is_newcombes(drawn):
    from audit.intervals import newcombe_paired

    truth, _groups, base, tuned, found = drawn
    first, second = base == truth, tuned == truth
    pairs = [int(cell.sum()) for cell in (first & second, first & ~second, ~first & second, ~first & ~second)]
    interval, expected = found["change.accuracy"].interval, newcombe_paired(*pairs, 0.95)
    assert (interval.low, interval.high, interval.method) == (expected.low, expected.high, "Newcombe, paired")


def test_one_row_that_got_better_does_not_show_that_none_gets_worse():
    truth = [1, 0] * 100
    base = [1 - label if place < 20 else label for place, label in enumerate(truth)]
    found = compared(truth, [["a"], ["a"], ["b"], ["b"]] * 50, base, [truth[0], *base[1:]])
    assert (found["change.accuracy"].value, found["change.accuracy"].p_value) == (pytest.approx(0.005), 1.0)
    for metric in ("accuracy", "true_positive_rate", "macro_f1", "accuracy.color.difference"):
        change = found[f"change.{metric}"]
        assert change.interval.low < 0 < change.interval.high, metric


def test_the_family_is_named_with_its_size(drawn):
    found = drawn[-1]
    tested = [
        m for name, m in found.items() if name.startswith("change.") and m.p_adjusted is not None and m.group is None
    ]
    # four rates, macro-F1, and the gaps of four rates and of both kinds of equalized odds
    assert len(tested) == 11
    assert all(
        "Holm over base against tuned: the numbers over all rows and every gap (11 tests)" in m.test for m in tested
    )


def test_who_got_better_or_worse(drawn):
    truth, groups, base, tuned, found = drawn
    in_b = np.array(["b" in group for group in groups])
    assert found["change.better.color.b"].value == int(((base != truth) & (tuned == truth) & in_b).sum())
    assert found["change.worse.color.b"].n == int(in_b.sum())


def test_the_same_answers_change_nothing():
    found = compared([0, 1] * 20, [["a"], ["b"]] * 20, [0, 0] * 20, [0, 0] * 20)
    for name in ("accuracy", "macro_f1", "accuracy.color.difference"):
        change = found[f"change.{name}"]
        assert (change.value, change.p_value) == (0.0, 1.0)
        # forty rows that did not change do not prove that none would
        assert change.interval is None or change.interval.low < 0 < change.interval.high
    assert found["change.accuracy"].interval.method == "Newcombe, paired"
    assert found["change.macro_f1"].interval is None
    assert found["change.macro_f1"].note.startswith("every replicate gives the same number")
    low = found["change.accuracy.color.a"].interval
    assert low.low < 0 < low.high  # twenty rows that did not change do not prove that none would


def test_undefined_stays_undefined():
    found = compared([1, 1] * 5, [["a"], ["b"]] * 5, [1, 0] * 5, [1, 1] * 5)
    change = found["change.false_positive_rate.color.difference"]
    assert (change.value, change.interval, change.p_value) == (None, None, None)
    assert change.undefined


def test_cells_give_the_rates_of_the_rows(drawn):
    truth, groups, base, tuned, found = drawn
    table = evidence(truth.tolist(), {"base": base.tolist(), "tuned": tuned.tolist()}, color=groups)
    cells = cells_of(table, PAIR, "color")
    once = cells.observed()
    assert int(cells.counts.sum()) == 160
    for metric in ALL[:4]:
        expected = [found[f"tuned.{metric}.color.{group}"].value for group in "ab"]
        assert cells.values(once, Number(metric, "tuned"), ["a", "b"])[0].tolist() == pytest.approx(expected)
    assert cells.values(once, Number("macro_f1", "base"))[0, 0] == pytest.approx(found["base.macro_f1"].value)
    turned = np.zeros_like(once)
    turned[0, cells.swapped] = once[0]
    assert cells.values(turned, Number("accuracy", "base"))[0, 0] == pytest.approx(found["tuned.accuracy"].value)
