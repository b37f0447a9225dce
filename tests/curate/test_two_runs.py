"""Two runs as one table: which rows, answers and gates are kept, and that what is left out is told."""

from pathlib import Path

import polars as pl
import pytest

from curate import engine
from curate.errors import UserError
from curate.files import read_parquet, write_parquet
from curate.recipe_file import parse_recipe
from curate.two_runs import recipe_of_two, told_of_two

RECIPE = """
version: 1
name: NAME
sources: [{path: NAME.csv, name: people}]
task: {kind: classification, label: y, prediction: p, positive: ["1"]}
groups: {sex: {column: sex}}
audit: {replicates: 200}
"""
ROWS = [("0", "0", "f"), ("1", "1", "m"), ("1", "0", "f"), ("0", "1", "m")]
"""Truth, prediction, sex."""


@pytest.fixture
def curated(tmp_path):
    def make(name, rows, recipe=RECIPE):
        (tmp_path / f"{name}.csv").write_text("y,p,sex\n" + "".join(f"{','.join(row)}\n" for row in rows))
        return engine.curate(
            engine.prepare(parse_recipe(recipe.replace("NAME", name), "r.yaml"), tmp_path, tmp_path / "runs")
        )

    return make


def table_of(recipe) -> pl.DataFrame:
    return read_parquet(Path(recipe.sources[0].path))


def test_rows_that_only_one_run_was_asked_about_are_left_out_and_told(curated, tmp_path):
    first, second = curated("first", ROWS), curated("second", ROWS[:3])
    recipe = recipe_of_two(first, second, tmp_path)
    assert table_of(recipe)["row_of_run"].to_list() == ["people/2", "people/3", "people/4"]
    assert told_of_two(recipe) == (
        f"The answers of two runs: {first.path.name} against {second.path.name}, on the 3 rows that both were asked about. "
        f"Left out: 1 row that {first.path.name} alone was asked about."
    )
    assert f"Left out: 1 row that {first.path.name} alone" in told_of_two(recipe_of_two(second, first, tmp_path))
    assert "Left out" not in told_of_two(recipe_of_two(first, first, tmp_path))


def test_a_label_that_one_run_lacks_is_another_label(curated, tmp_path):
    first, second = curated("first", ROWS), curated("second", ROWS)
    known = pl.when(pl.col("row_name") != "people/2").then(pl.col("y"))
    write_parquet(second.data("all"), read_parquet(second.data("all")).with_columns(y=known))
    done = second.read_manifest().phases["curate"]
    second.finish_phase("curate", done.key, [second.path / name for name in done.files], 0.0)
    with pytest.raises(UserError, match="has another label for 1 of the 4 rows that both were asked about"):
        recipe_of_two(first, second, tmp_path)


def test_gates_on_the_runs_own_answers_are_kept_and_the_others_told(curated, tmp_path):
    gates = """{replicates: 200, reference: {sex: {source: census, shares: {f: 0.5}}}, gates: [
      {metric: accuracy, min: 0.1}, {metric: accuracy, of: given, min: 0.2},
      {metric: label_rate, compare: difference, group: sex, max: 0.3}]}"""
    first = curated("first", ROWS, RECIPE.replace("{replicates: 200}", gates))
    recipe = recipe_of_two(first, curated("second", ROWS), tmp_path)
    assert [(gate.of, gate.min) for gate in recipe.audit.gates] == [("tuned", 0.1), ("tuned", 0.2)]
    assert "gates on the data, on a base or on what tuning changed (label_rate)." in told_of_two(recipe)
    assert "Left out of the audit: reference shares (sex)." in told_of_two(recipe)


def test_a_gate_on_the_runs_own_baseline_is_left_out(curated, tmp_path):
    gates = "{gates: [{metric: accuracy, of: tuned_minus_base, min: 0}, {metric: accuracy, of: base, min: 0}]}"
    with_baseline = RECIPE.replace("prediction: p", "prediction: p, baseline: y").replace("{replicates: 200}", gates)
    recipe = recipe_of_two(curated("first", ROWS, with_baseline), curated("second", ROWS), tmp_path)
    assert recipe.audit.gates == ()
    assert "(accuracy of tuned_minus_base, accuracy of base)" in told_of_two(recipe)


def test_an_answer_that_a_run_could_not_read_stays_unread(curated, tmp_path):
    listed = RECIPE.replace('positive: ["1"]', 'labels: {"0": "no", "1": "yes"}, positive: ["1"]')
    rows = [("0", "no", "f"), ("1", "maybe", "m"), ("1", "1.0", "f"), ("0", "", "m")]
    recipe = recipe_of_two(curated("first", rows, listed), curated("second", ROWS), tmp_path)
    assert table_of(recipe)["prediction"].to_list() == ["0", None, "1", None]
    assert table_of(recipe)["baseline"].to_list() == ["0", "1", "0", "1"]


TRAINED = """
version: 1
name: NAME
sources: [{path: NAME.csv, name: people}]
task: {kind: classification, text: text, label: y, labels: {"0": no, "1": yes}, positive: ["1"]}
groups: {sex: {column: sex}}
split: {test: 0.5, validation: 0.1}
train: {base: demo}
audit: {replicates: 200, gates: [{metric: accuracy, of: tuned, min: 0.1}], probes: [{probe: crows_pairs, path: pairs.csv}]}
"""


def test_probes_are_left_out_and_told(tmp_path):
    pairs = "sent_more,sent_less,stereo_antistereo,bias_type\nWomen sew.,Men sew.,stereo,gender\n"
    (tmp_path / "pairs.csv").write_text(pairs)
    texts = [f"{place},{place % 2},{'fm'[place % 3 == 0]},text number {place}" for place in range(40)]
    (tmp_path / "first.csv").write_text("\n".join(["id,y,sex,text", *texts]))
    prepared = engine.prepare(parse_recipe(TRAINED.replace("NAME", "first"), "r.yaml"), tmp_path, tmp_path / "runs")
    run = engine.curate(prepared)
    test = read_parquet(run.data("test"))
    for model in ("base", "tuned"):
        write_parquet(run.predictions(model), test.select("row", answer="y"))
    run.finish_phase("train", "train", [], 0.0)
    run.finish_phase("predict", "predict", [run.predictions(model) for model in ("base", "tuned")], 0.0)
    recipe = recipe_of_two(run, run, tmp_path)
    assert (recipe.audit.probes, [gate.of for gate in recipe.audit.gates]) == ((), ["tuned"])
    assert "Left out of the audit: probes (crows_pairs)." in told_of_two(recipe)
    assert table_of(recipe).height == test.height
