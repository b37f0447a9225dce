"""Impact ratios against hand-made counts, fairlearn's rates and scipy's test; scoring rates against numpy's median."""

import numpy as np
import polars as pl
import pytest
from audit_frames import CHANCE, by_id, evidence, kept, recipe

from audit.evidence import Evidence, row_table
from audit.impact_ratios import label_ratios, model_ratios, scoring_measures
from audit.metrics import compute
from audit.model_rates import model_rate
from audit.prediction_table import prediction_table
from audit.rates import Chance, plain_groups
from curate import ledger

SIZES = {"a": (6, 10), "b": (3, 10), "c": (5, 10), "d": (1, 2), "unknown": (1, 3)}
GROUPS = [[group] for group, (_hits, n) in SIZES.items() for _ in range(n)]
ANSWERS = [int(place < hits) for hits, n in SIZES.values() for place in range(n)]


def fisher(table):
    """Scipy's p-value of a table of two groups."""
    from scipy.stats import fisher_exact

    return fisher_exact(table).pvalue


def ratios(found: Evidence, minimum: int = 5, *by: str):
    """The impact ratios of the given selection rate, with the rates that they are made of, by id."""
    chance, by = Chance(0.95, 400, 7, minimum), by or ("g",)
    rates = [
        m for attribute in by for m in plain_groups(found, model_rate("selection_rate", "given"), attribute, chance)
    ]
    return by_id([*rates, *model_ratios(found, recipe(*by), "given", rates, chance)])


def test_each_group_over_the_highest_of_those_that_are_large_enough():
    found = evidence(ANSWERS, {"given": ANSWERS}, g=GROUPS)
    measures = ratios(found)
    values = {m.group: m.value for m in measures.values() if m.metric == "impact_ratio"}
    assert values == pytest.approx({"a": 1.0, "b": 0.5, "c": 5 / 6, "d": (1 / 2) / 0.6})
    assert "given.impact_ratio.g.unknown" not in measures
    assert measures["given.impact_ratio.g.a"].p_value is None
    assert measures["given.impact_ratio.g.a"].interval is None
    below = measures["given.impact_ratio.g.b"]
    assert below.p_value == pytest.approx(fisher([[3, 7], [6, 4]]))
    assert below.p_adjusted == pytest.approx(min(1.0, 3 * below.p_value))
    assert below.note == "the highest rate is that of a"
    assert below.interval.method == "Katz log"
    half = 1.959964 * np.sqrt(1 / 3 - 1 / 10 + 1 / 6 - 1 / 10)
    assert (below.interval.low, below.interval.high) == pytest.approx((0.5 * np.exp(-half), 0.5 * np.exp(half)))


def test_one_person_more_is_a_measure_of_those_below_four_fifths():
    measures = ratios(evidence(ANSWERS, {"given": ANSWERS}, g=GROUPS))
    more = {m.group: m for m in measures.values() if m.metric == "impact_ratio_one_more"}
    assert list(more) == ["b"]
    assert more["b"].value == pytest.approx(0.4 / 0.5)
    assert more["b"].parts == ("given.selection_rate.g.b", "given.selection_rate.g.a", "given.selection_rate.g.c")


def test_the_evidence_gives_every_value_again():
    found = evidence(ANSWERS, {"given": ANSWERS}, g=GROUPS)
    measures = ratios(found)
    for measure in measures.values():
        assert compute(measure, found, measures) == pytest.approx(measure.value), measure.id


def test_what_cannot_be_divided_is_undefined():
    nobody = ratios(evidence([0] * 4, {"given": [0] * 4}, g=[["a"], ["a"], ["b"], ["b"]]), 1)
    assert {m.undefined for m in nobody.values() if m.metric == "impact_ratio"} == {
        "no group has any, so the ratio is 0 / 0"
    }
    unread = ratios(evidence([0, 1, 1], {"given": [1, 1, None]}, g=[["a"], ["a"], ["b"]]), 1)
    assert unread["given.impact_ratio.g.b"].undefined == "no row here has an answer"
    assert unread["given.impact_ratio.g.b"].value is None
    small = ratios(evidence([0, 1], {"given": [0, 1]}, g=[["a"], ["b"]]), 5)
    assert small["given.impact_ratio.g.b"].undefined.startswith("no group has at least 5 rows")
    for measures in (nobody, unread, small):
        assert not [m for m in measures.values() if m.metric == "impact_ratio_one_more"]


def test_groups_that_share_rows_are_not_tested():
    groups = [["a"], ["a", "b"], ["a"], ["b"], ["b"], ["c"]]
    measures = ratios(evidence([1, 1, 1, 0, 0, 0], {"given": [1, 1, 1, 0, 0, 0]}, g=groups), 1)
    shared, apart = measures["given.impact_ratio.g.b"], measures["given.impact_ratio.g.c"]
    assert (shared.value, shared.interval, shared.p_value) == (pytest.approx(1 / 3), None, None)
    assert "rows in both groups: 1" in shared.note
    assert apart.p_value == pytest.approx(fisher([[0, 1], [3, 0]]))


ASKED = ("selection_rate",)
SCORES = [0.1, 0.9, 0.5, 0.5, None, 0.7, float("nan"), 0.2]


def scored(scores, groups) -> Evidence:
    """Evidence of given predictions with scores."""
    rows = kept([0, 1] * (len(scores) // 2), g=groups)
    answers = pl.DataFrame({"row": rows["row"], "answer": rows["label"], "score": scores}, strict=False)
    made = recipe(
        "g",
        task={"kind": "classification", "label": "label", "prediction": "answer", "score": "score", "positive": ["1"]},
    )
    return Evidence({"predictions": prediction_table(rows, {"given": answers}, made)}, ())


def test_scoring_rates_are_strictly_above_the_median_of_all_scored_rows():
    groups = [["a"], ["a"], ["a"], ["b"], ["b"], ["b"], ["unknown"], ["unknown"]]
    found = scored(SCORES, groups)
    known = np.array([0.1, 0.9, 0.5, 0.5, 0.7, 0.2])
    assert np.median(known) == 0.5
    measures = scoring_measures(found, recipe("g"), "given", ASKED, CHANCE)
    assert scoring_measures(found, recipe("g"), "given", ("accuracy",), CHANCE) == []
    rates = {m.id: (m.numerator, m.n) for m in measures if m.compare is None}
    assert rates == {
        "given.scoring_rate": (2, 6),
        "given.scoring_rate.g.a": (1, 3),
        "given.scoring_rate.g.b": (1, 2),
        "given.scoring_rate.g.unknown": (0, 1),
    }
    every = by_id([*measures, *model_ratios(found, recipe("g"), "given", measures, CHANCE)])
    assert every["given.scoring_impact_ratio.g.a"].value == pytest.approx((1 / 3) / (1 / 2))
    assert "given.impact_ratio.g.a" not in every
    assert compute(every["given.scoring_impact_ratio.g.a"], found, every) == pytest.approx(2 / 3)


def test_no_scores_no_scoring_rates():
    assert scoring_measures(evidence([1], {"given": [1]}, g=[["a"]]), recipe("g"), "given", ASKED, CHANCE) == []


def test_ratios_of_labels_are_of_the_rows_to_learn_from():
    rows = kept(ANSWERS, g=GROUPS).with_columns(source=pl.lit("rows"))
    table = row_table(rows, ledger.empty().with_columns(row_name=pl.lit("")), recipe("g"))
    found = by_id(label_ratios(Evidence({"rows": table}, ()), recipe("g"), Chance(0.95, 400, 7, 5)))
    assert found["label_impact_ratio.g.b"].value == pytest.approx(0.5)
    assert found["label_impact_ratio.g.b"].parts == ("label_rate.g.b", "label_rate.g.a")
    assert found["label_impact_ratio_one_more.g.b"].value == pytest.approx(0.8)
    assert (
        label_ratios(Evidence({"rows": table}, ()), recipe("g", task={"kind": "classification", "label": "l"}), CHANCE)
        == []
    )
