"""A run from its recipe to its report, with everything that a recipe can ask of a small model at once."""

from pathlib import Path

import polars as pl
import pytest

from audit.__main__ import audit
from audit.evidence import collect
from curate import engine
from curate.recipe_file import load_finished, load_recipe
from train import sft
from train.predict import predict

RECIPE = """
version: 1
name: whole
sources: [{path: notes.csv}]
task: {kind: classification, text: text, label: label, labels: {"0": no, "1": yes}, positive: ["1"]}
groups: {sex: {column: sex}, race: {column: race}}
steps: [{step: length, min: 5}]
split: {test: 0.3, validation: 0.2}
train:
  base: demo
  demo: {hidden_size: 32, layers: 1, heads: 2, vocabulary: 400, steps: 3, batch_size: 4, block_size: 32}
  epochs: 1
  seeds: 2
  learning_rate: 5e-3
  best_by: worst_group_accuracy
  generation: {rows: 3, max_new_tokens: 4}
audit:
  replicates: 100
  minimum_group_size: 2
  forgetting: false
  crossings: [[sex, race]]
  outside: [{path: away.csv, name: away, columns: {text: said}, labels: {maybe: null}}]
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder: Path = tmp_path_factory.mktemp("whole")
    notes = [
        (f"note {place} of a {'fine' if place % 2 else 'poor'} day", place % 2, "mf"[place % 3 % 2], "xyz"[place % 3])
        for place in range(120)
    ]
    pl.DataFrame(notes, schema=["text", "label", "sex", "race"], orient="row").write_csv(folder / "notes.csv")
    away = [(f"word {place} from elsewhere", ("0", "1", "maybe")[place % 3]) for place in range(12)]
    pl.DataFrame(away, schema=["said", "label"], orient="row").write_csv(folder / "away.csv")
    (folder / "whole.yaml").write_text(RECIPE)
    made = engine.curate(engine.prepare(load_recipe(folder / "whole.yaml"), folder, folder / "runs"))
    sft.train(made)
    predict(made)
    return made


def test_every_table_of_rows_has_the_crossed_groups(run):
    tables = collect(run, load_finished(run.recipe), ("base", "tuned")).tables
    for name in ("curation", "rows", "validation", "predictions", "few_shot", "seed_8", "outside_away"):
        assert "group_sex × race" in tables[name].columns, name
    assert [tables["few_shot"].height, tables["validation"].height] == [
        pl.read_parquet(run.data(side)).height for side in ("test", "validation")
    ]


def test_the_audit_tells_of_both_models_by_crossed_groups_and_of_all_that_they_were_asked(run):
    found = audit(run)
    metrics = {measure.metric for measure in found.measures}
    assert {"accuracy", "few_shot_accuracy", "few_shot_tried", "accuracy_drop", "seed_spread"} <= metrics
    assert any(measure.attribute == "sex × race" and measure.model == "tuned" for measure in found.measures)
    assert "Text from elsewhere" in (run.report / "report.html").read_text()
