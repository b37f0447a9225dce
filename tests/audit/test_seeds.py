"""Figures of further seeds: from the rows of each, and their scatter by hand."""

from statistics import stdev

import polars as pl
import pytest
from audit_frames import CHANCE, by_id, kept, recipe

from audit.evidence import Evidence
from audit.metrics import compute
from audit.prediction_table import prediction_table
from audit.rates import Chance
from audit.seeds import gates_of_gaps, seed_measures

TASK = {
    "kind": "classification",
    "label": "label",
    "text": "text",
    "labels": {"0": "no", "1": "yes"},
    "positive": ["1"],
}
GATES = [
    {"metric": "false_positive_rate", "of": "tuned", "compare": "difference", "group": "sex", "max": 0.1},
    {"metric": "false_positive_rate", "of": "tuned", "compare": "ratio", "group": "sex", "min": 0.8},
    {"metric": "accuracy", "of": "tuned", "min": 0.5},
]
RECIPE = recipe(
    task=TASK,
    split={},
    train={"seeds": 2},
    groups={"sex": {"column": "sex"}},
    audit={"gates": GATES, "minimum_group_size": 2},
)
TRUTH = ["0", "0", "0", "0", "1", "1", "0", "0"]
SEX = [["f"], ["f"], ["m"], ["m"], ["f"], ["m"], ["x"], ["m"]]
SAID = {"predictions": ["1", "0", "0", "0", "1", "1", "1", "0"], "seed_8": ["1", "1", "1", "0", "1", "0", "1", "0"]}


def evidence() -> Evidence:
    rows = kept(TRUTH, side="test").with_columns(group_sex=pl.Series(SEX), text=pl.lit("x"))
    tables = {
        name: prediction_table(rows, {"tuned": pl.DataFrame({"row": rows["row"], "answer": said})}, RECIPE)
        for name, said in SAID.items()
    }
    return Evidence(tables, ())


def test_each_seed_has_its_figures_and_they_scatter():
    found = by_id(seed_measures(evidence(), RECIPE, Chance(0.95, 100, 7, 2)))
    accuracy = [found[f"seeds.{seed}.accuracy"].value for seed in (7, 8)]
    assert accuracy == [6 / 8, 3 / 8]
    assert found["seeds.accuracy.spread"].value == pytest.approx(stdev(accuracy))
    assert found["seeds.accuracy.spread"].n == 2
    # false positives: of f 1 of 2, then 2 of 2; of m 0 of 3, then 1 of 3; x has one row, and sets no gap
    gaps = [found[f"seeds.{seed}.false_positive_rate.sex.difference"].value for seed in (7, 8)]
    assert gaps == pytest.approx([1 / 2, 2 / 3])
    assert found["seeds.false_positive_rate.sex.spread"].value == pytest.approx(stdev(gaps))
    for measure in found.values():
        assert compute(measure, evidence(), found) == pytest.approx(measure.value)


def test_a_gate_on_a_gap_counts_once():
    assert [(gate.metric, gate.group) for gate in gates_of_gaps(RECIPE)] == [("false_positive_rate", "sex")]


def test_one_seed_says_nothing_of_chance():
    alone = Evidence({"predictions": evidence().tables["predictions"]}, ())
    assert seed_measures(alone, RECIPE, CHANCE) == []


def test_a_text_task_has_the_loss_of_every_seed():
    task = {"kind": "instruction", "prompt": "{q}", "completion": "a"}
    text = recipe(task=task, split={}, train={"seeds": 2}, groups={})
    table = pl.DataFrame(
        {"row": [1, 2], "tuned_loss": [2.0, 4.0], "tuned_tokens": [1, 2], "tuned_scored": [True, True]}
    )
    other = table.with_columns(tuned_loss=pl.Series([1.0, 2.0]))
    found = by_id(seed_measures(Evidence({"predictions": table, "seed_8": other}, ()), text, CHANCE))
    assert [found[f"seeds.{seed}.loss"].value for seed in (7, 8)] == [2.0, 1.0]
    assert found["seeds.loss.spread"].value == pytest.approx(stdev([2.0, 1.0]))
