"""A finished run that verifies: curated by the engine, predicted by rule, audited; small, with every kind of file that runs have."""

import time
from pathlib import Path

import polars as pl
from shipped_answers import write_answers
from synthetic_run import finish_predict, predict, read_rows

from curate import engine
from curate.few_shot import Candidate, FewShotChoice
from curate.files import read_parquet, write_parquet, write_text
from curate.recipe_file import load_recipe
from curate.store import RunDirectory

RECIPE = """
version: 1
name: finished
seed: 7
sources: [{path: notes.csv, origin: "https://example.org/notes", licence: CC0}]
task: {kind: classification, text: text, label: label, labels: {"0": no, "1": yes}, positive: ["1"]}
groups: {gender: {column: gender}, mentioned: {terms: gender}}
steps:
  - {step: length, min: 10}
  - {step: mask_pii}
  - {step: exact}
split: {test: 0.25, validation: 0.1}
train_steps: [{step: sample, rows: 100000}]
train: {base: demo}
audit:
  replicates: 100
  minimum_group_size: 5
  outside: [{path: away.csv, name: away, licence: CC0, columns: {text: said, label: class}, labels: {n: 0, y: 1, maybe: null}}]
  metrics: [accuracy, false_positive_rate]
  gates:
    - {metric: accuracy, of: tuned, min: 0.5}
    - {metric: false_positive_rate, compare: difference, group: gender, max: 0.05}
"""
MEASURE = "tuned.accuracy"


def write_finished(folder: Path) -> RunDirectory:
    """Write sources and recipe, curate, predict; not audited yet."""
    rows = read_rows().select("text", "label", gender=pl.col("group_gender").list.first())
    rows.write_csv(folder / "notes.csv")
    with (folder / "notes.csv").open("a") as file:
        file.write("a line of too many fields,0,man,and more\n")
    away = [(f"a note from far away, number {place}", "yn"[place % 2]) for place in range(20)]
    copies = [(rows["text"][place], "y") for place in (1, 3)]
    pl.DataFrame([*away, *copies, ("neither", "maybe")], schema=["said", "class"], orient="row").write_csv(
        folder / "away.csv"
    )
    (folder / "finished.yaml").write_text(RECIPE)
    run = engine.curate(engine.prepare(load_recipe(folder / "finished.yaml"), folder, folder / "runs"))
    started = time.monotonic()
    write_text(run.model / "settings.json", "{}\n")
    run.finish_phase("train", "train", [run.model], started, {"seed": "7"})
    for model in ("base", "tuned"):
        write_parquet(run.predictions(model), predict(read_parquet(run.data("test")), model))
        said = predict(read_parquet(run.outside("away")), model).select("row", "score_0", "score_1", "answer")
        cut = pl.int_range(pl.len()) == 0  # the first row is told to be too long
        write_parquet(run.outside_predictions("away", model), said.with_columns(cut=cut))
    write_answers(run)
    write_few_shot(run)
    finish_predict(run, started)
    return run


def write_few_shot(run: RunDirectory) -> None:
    """Write what the base says after one and after two examples of each label; the test rows 0 and 5 saw fewer of them."""
    there, test = (read_parquet(run.data(side)) for side in ("validation", "test"))
    names = ("1 per label, draw 1", "2 per label, draw 1")
    tried = [
        predict(there, model).select(pl.lit(name).alias("candidate"), "row", "score_0", "score_1", "answer")
        for name, model in zip(names, ("base", "tuned"), strict=True)
    ]
    candidates = tuple(
        Candidate(name=name, per_label=k, draw=1, rows=("notes/1", "notes/3") * k, tokens=9 * k, accuracy=0.5, log_loss=1.0)
        for k, name in enumerate(names, start=1)
    )  # fmt: skip
    choice = FewShotChoice(
        validation_rows=len(there), validation_rows_there=len(there), longest=64, candidates=candidates, chosen=names[1]
    )
    write_text(run.few_shot_choice, choice.model_dump_json(indent=2) + "\n")
    write_parquet(run.few_shot("validation"), pl.concat(tried))
    said = predict(test, "base").select(
        "row", "score_0", "score_1", "answer", pl.int_range(pl.len()).is_in([0, 5]).alias("cut")
    )
    write_parquet(run.few_shot("base"), said)
