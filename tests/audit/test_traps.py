"""The traps that other tools fell into, each a test for us."""

import numpy as np
import polars as pl
import pytest
from audit_frames import CHANCE, by_id, evidence, kept, recipe

from audit import gap_intervals, intervals, resampling
from audit.classification import bounds, classification_measures
from audit.evidence import Evidence, curation_table, places_of, row_table
from audit.fairness import fairness_measures
from audit.families import holm
from audit.gates import Question, verdict
from audit.group_rates import group_measures
from audit.intervals import Count
from audit.rates import Chance, Rate
from audit.representation import representation_measures
from audit.results import Measure
from curate.audit_settings import Gate

ALL = ("accuracy", "selection_rate", "true_positive_rate", "false_positive_rate")


def fair(truth, answers, chance=CHANCE, **groups) -> dict[str, Measure]:
    return by_id(
        fairness_measures(evidence(truth, {"given": answers}, **groups), recipe(*groups), "given", ALL, chance)
    )


def test_trap_01_undefined_is_not_zero():
    # every row of b is truly positive: it has no false positive rate, and must not set the gap
    found = fair([0, 0, 0, 0, 0, 0, 1, 1], [1, 0, 0, 0, 1, 0, 1, 1], color=[["a"]] * 4 + [["c"]] * 2 + [["b"]] * 2)
    measure = found["given.false_positive_rate.color.b"]
    assert (measure.value, measure.n, measure.interval) == (None, 0, None)
    assert measure.undefined == "no row here is truly negative"
    gap = found["given.false_positive_rate.color.difference"]
    assert gap.value == pytest.approx(1 / 2 - 1 / 4)
    assert "b (no rows)" in gap.note


def test_trap_02_the_interval_of_max_minus_min():
    random, small, excludes = np.random.default_rng(1), 0, 0
    for place in range(200):  # ten groups that are alike
        counts = [Count(int(hits), 60) for hits in random.binomial(60, 0.3, size=10)]
        interval = gap_intervals.gap_difference(counts, 0.95)
        assert interval is not None
        excludes += interval.low > 0
        gap = max(count.rate for count in counts) - min(count.rate for count in counts)
        draws = resampling.Draws(200, place, "null", 0.95)
        p_value = resampling.permutation_p(
            np.full(10, 60), np.eye(10, dtype=np.int64), sum(count.hits for count in counts), gap, draws
        )
        small += p_value <= 0.05
    assert excludes <= 10  # at most 5 % of 200
    assert small <= 20


def test_trap_03_nobody_selected_is_undefined_and_never_met():
    found = fair([1, 0] * 20, [0] * 40, color=[["a"], ["b"]] * 20)
    gate = Gate(metric="selection_rate", of="given", compare="ratio", group="color", min=0.8)
    judged = verdict(Question(gate, "given"), found, 0.95)
    assert (judged.outcome, found[judged.measure].value) == ("insufficient evidence", None)
    assert "0 / 0" in judged.sentence


def test_trap_04_missing_group_values_are_counted():
    found = fair([0, 0, 0, 0, 0], [1, 0, 1, 0, 1], color=[["a"], ["a"], ["b"], ["b"], ["unknown"]])
    unknown = found["given.selection_rate.color.unknown"]
    assert (unknown.value, unknown.n) == (1.0, 1)
    assert found["given.selection_rate.color.difference"].value == 0.0
    assert "unknown (1 of 1, 100.0 %)" in found["given.selection_rate.color.difference"].note
    # nobody knows whether the unknown row is in a: it is not in the rest of a
    assert found["given.selection_rate.color.a.rest"].n == 2


@pytest.mark.parametrize("known", [4, 0])
def test_trap_04_most_or_all_group_values_may_be_missing(known):
    groups = [["a"], ["a"], ["b"], ["b"]][:known] + [["unknown"]] * (10 - known)
    found = fair([0, 1] * 5, [1, 0, 1, 1, 0] * 2, color=groups)
    unknown = found["given.selection_rate.color.unknown"]
    assert (unknown.n, unknown.numerator) == (10 - known, 3 if known else 6)
    assert "given.selection_rate.color.unknown.rest" not in found
    gap = found["given.selection_rate.color.difference"]
    assert (gap.value, gap.n) == ((0.5, 4) if known else (None, 0))
    assert gap.undefined == ("" if known else "fewer than two groups have at least 1 rows")


def test_trap_05_a_tiny_group_does_not_own_the_headline():
    truth, answers = [0] * 61, [1, 0, 0] * 10 + [1, 0] * 15 + [1]
    groups = [["a"]] * 30 + [["b"]] * 30 + [["tiny"]]
    chance = Chance(0.95, 400, 7, minimum=20)
    found = fair(truth, answers, chance, color=groups)
    gap = found["given.selection_rate.color.difference"]
    assert gap.value == pytest.approx(1 / 2 - 1 / 3)
    assert "do not set it: tiny (1 of 1, 100.0 %)" in gap.note
    assert found["given.selection_rate.color.tiny"].value == 1.0


def test_trap_06_the_p_value_of_a_false_positive_rate_is_among_true_negatives():
    truth = [0] * 20 + [1] * 20
    answers = [1] * 8 + [0] * 2 + [1] * 2 + [0] * 8 + [1] * 20
    groups = ([["a"]] * 10 + [["b"]] * 10) * 2
    from scipy.stats import fisher_exact

    measure = fair(truth, answers, color=groups)["given.false_positive_rate.color.a.difference"]
    assert measure.p_value == pytest.approx(fisher_exact([[8, 2], [2, 8]]).pvalue)
    assert measure.n == 20


def test_trap_07_two_attributes_may_share_a_value():
    found = fair(
        [0, 0, 0, 0],
        [1, 1, 0, 0],
        veteran=[["yes"], ["yes"], ["no"], ["no"]],
        smoker=[["yes"], ["no"], ["yes"], ["no"]],
    )
    assert found["given.selection_rate.veteran.yes"].value == 1.0
    assert found["given.selection_rate.smoker.yes"].value == 0.5


def test_trap_08_holm_is_that_of_statsmodels():
    from statsmodels.stats.multitest import multipletests

    p_values = [0.04, 0.001, 0.02, 0.5]
    measures = [
        Measure(id=str(place), title="", metric="m", p_value=p, test="exact") for place, p in enumerate(p_values)
    ]
    measures.insert(1, Measure(id="untested", title="", metric="m"))
    adjusted = holm(measures, "all of them")
    assert [m.p_adjusted for m in adjusted if m.p_value is not None] == pytest.approx(
        multipletests(p_values, method="holm")[1]
    )
    assert adjusted[1].p_adjusted is None
    assert adjusted[0].test == "exact; Holm over all of them (4 tests)"


def test_trap_09_an_unread_answer_is_a_third_outcome():
    truth, answers = [1, 1, 0, 0] * 5, ["1", "maybe", "0", None] * 5
    listed = {"labels": {"0": "no", "1": "yes"}, "positive": ["1"]}
    task = {"kind": "classification", "label": "label", "prediction": "answer", **listed}
    asked = recipe("color", task=task)
    table = evidence(truth, {"given": answers}, asked, color=[["a"], ["a"], ["b"], ["b"]] * 5)
    found = by_id(classification_measures(table, asked, "given", ("macro_f1", "false_positive_rate"), CHANCE))
    assert (found["given.unparsed"].numerator, found["given.unparsed"].n) == (10, 20)
    assert found["given.unparsed.color.a"].value == 0.5
    assert (found["given.accuracy"].value, found["given.accuracy"].n) == (1.0, 10)
    assert (found["given.accuracy.worst_case"].value, found["given.accuracy.best_case"].value) == (0.5, 1.0)
    assert (found["given.accuracy.worst_case"].n, found["given.accuracy.color.a.worst_case"].value) == (20, 0.5)
    # a false positive rate is at its best when no unread answer is positive
    assert (
        found["given.false_positive_rate.best_case"].value,
        found["given.false_positive_rate.worst_case"].value,
    ) == (0.0, 0.5)
    judged = verdict(Question(Gate(metric="accuracy", of="given", min=0.6), "given"), found, 0.95)
    assert judged.outcome == "insufficient evidence"
    assert "best and worst case of unread answers included" in judged.sentence
    assert (
        verdict(Question(Gate(metric="macro_f1", of="given", min=0.1), "given"), found, 0.95).outcome
        == "insufficient evidence"
    )
    assert [m.compare for m in bounds(table, asked, "given", "accuracy", CHANCE)][::3] == ["worst_case", "best_case"]


def test_trap_10_a_number_over_no_rows_is_undefined():
    table, asked = evidence([None, None, 0], {"given": ["1", "0", None]}, color=[["a"], ["b"], ["b"]]), recipe("color")
    found = by_id(
        [
            *classification_measures(table, asked, "given", (*ALL, "macro_f1"), CHANCE),
            *fairness_measures(table, asked, "given", ALL, CHANCE),
        ]
    )
    for name in (
        "given.accuracy",
        "given.macro_f1",
        "given.true_positive_rate.color.a",
        "given.accuracy.color.difference",
    ):
        assert found[name].value is None, name
        assert found[name].undefined, name
    assert found["given.selection_rate"].value == 0.5


def test_trap_11_overlapping_groups_are_compared_with_those_outside():
    found = fair([0] * 6, [1, 1, 1, 0, 0, 0], color=[["a"], ["a", "b"], ["b"], ["b"], ["c"], ["a", "c"]])
    assert (found["given.selection_rate.color.a"].numerator, found["given.selection_rate.color.a"].n) == (2, 3)
    assert (found["given.selection_rate.color.a.rest"].numerator, found["given.selection_rate.color.a.rest"].n) == (
        1,
        3,
    )
    assert sum(found[f"given.selection_rate.color.{group}"].n for group in "abc") == 8


def test_trap_12_a_verdict_has_three_values():
    def judged(hits: int, n: int) -> str:
        interval = intervals.wilson(Count(hits, n), 0.95)
        measure = Measure(
            id="given.accuracy",
            title="",
            metric="accuracy",
            model="given",
            value=hits / n,
            n=n,
            numerator=hits,
            interval=interval,
        )
        found = verdict(
            Question(Gate(metric="accuracy", of="given", min=0.8), "given"), {"given.accuracy": measure}, 0.95
        )
        assert found.smallest_detectable is not None
        assert found.sentence.endswith(f"{found.outcome}.")
        return found.outcome

    assert (judged(95, 100), judged(82, 100), judged(50, 100)) == ("met", "insufficient evidence", "not met")


def test_trap_13_the_order_of_rows_and_groups_moves_nothing():
    truth, answers = [0, 1, 0, 1, 1, 0, 0, 1], [1, 1, 0, 0, 1, 0, 1, 1]
    groups = [["a", "b"], ["b"], ["a"], ["c"], ["c", "a"], ["b"], ["unknown"], ["a"]]
    turned = [list(reversed(each)) for each in groups[::-1]]
    assert fair(truth, answers, color=groups) == fair(truth[::-1], answers[::-1], color=turned)


def test_trap_14_nothing_says_compliant(audited):
    assert "complian" not in "".join(path.read_text() for path in audited.report.glob("[ar]*.*")).lower()


def test_rates_of_labels_count_unlabelled_rows_out():
    rows = kept([1, 0, None, 1], color=[["a"], ["a"], ["a"], ["b"]])
    asked = recipe("color")
    source = rows.with_columns(source=pl.lit("rows"))
    ledger = pl.DataFrame(schema={"row": pl.Int64, "place": pl.Int32, "step": pl.String, "event": pl.String})
    tables = {
        "rows": row_table(rows, ledger, asked),
        "curation": curation_table(source, rows, ledger, asked, places_of(asked)),
    }
    found = by_id(representation_measures(Evidence(tables, ()), asked, CHANCE))
    assert (found["label_rate.color.a"].numerator, found["label_rate.color.a"].n) == (1, 2)
    assert (found["share.color.a"].numerator, found["share.color.a"].n) == (3, 4)
    assert found["label_rate"].value == pytest.approx(2 / 3)


def test_a_group_called_like_a_comparison_keeps_its_own_id():
    table = evidence([0, 0], {"given": [1, 0]}, color=[["ratio"], ["Ratio"]])
    rate = Rate(
        ("given", "selection_rate"),
        "selection_rate",
        "t",
        "predictions",
        {"given_positive": True},
        "none",
        model="given",
    )
    found = by_id(group_measures(table, rate, "color", CHANCE))
    assert {
        "given.selection_rate.color.ratio_",
        "given.selection_rate.color.ratio_-2",
        "given.selection_rate.color.ratio",
    } <= set(found)
