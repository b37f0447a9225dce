"""A small finished run, written file by file as the phases leave it, so that the whole path of the audit can be tested.

240 rows `notes/1` to `notes/240`. Every twelfth is too short and goes at `length`, and every row from 181 on whose number is
even has an email address that `mask_pii` masks. Of the kept rows every fourth is a test row, every tenth a validation row.
`shout` adds a copy of each of the first 30 training rows; in every second copy of a row about a woman she has become he.
The tuned model calls negative rows about women positive more often than those about men; the base model answers by row number.
"""

import time
from pathlib import Path

import polars as pl

from curate import ledger
from curate.files import read_parquet, write_parquet, write_text
from curate.groups import LEXICONS
from curate.manifest import Manifest, SourceRecord, StepRecord, describe_platform
from curate.rows import name, number
from curate.store import RunDirectory

RECIPE = """
version: 1
name: small
seed: 7
sources: [{path: notes.csv, origin: "https://example.org/notes", licence: CC0}]
task: {kind: classification, text: text, label: label, labels: {"0": no, "1": yes}, positive: ["1"]}
groups: {gender: {column: gender}, mentioned: {terms: gender}}
steps:
  - {step: length, min: 10}
  - {step: mask_pii}
split: {test: 0.25, validation: 0.1}
train_steps: [{step: sample, rows: 100000}]
train: {base: demo}
audit:
  replicates: 200
  minimum_group_size: 5
  metrics: [accuracy, macro_f1, selection_rate, true_positive_rate, false_positive_rate, equalized_odds, calibration_error]
  gates:
    - {metric: accuracy, of: tuned, min: 0.5}
    - {metric: false_positive_rate, compare: difference, group: gender, max: 0.05}
    - {metric: drop_rate, compare: ratio, group: gender, step: length, min: 0.99}
    - {metric: mention_change, compare: difference, group: mentioned, max: 0.05}
"""
NAMES = ("notes",)
COUNT = 240


def write_run(path: Path, recipe: str = RECIPE, *, predicted: bool = True) -> RunDirectory:
    """Write the run directory and return it; without predictions if they are not wanted."""
    run, started = RunDirectory(path), time.monotonic()
    source = read_rows()
    short = source.filter(pl.col("text").str.len_chars() < 10)
    masked = source.with_columns(pl.col("text").str.replace_all(r"[a-z]+@[a-z.]+", "[EMAIL]"))
    keep = masked.join(short, on="row", how="anti", maintain_order="left").with_columns(
        parent=pl.lit(None, dtype=pl.Int64)
    )
    place = pl.int_range(pl.len())
    side = (
        pl.when(place % 4 == 0)
        .then(pl.lit("test"))
        .when(place % 10 == 1)
        .then(pl.lit("validation"))
        .otherwise(pl.lit("train"))
    )
    sided = keep.with_columns(side=side)
    copies = made_rows(sided.filter(pl.col("side") == "train").head(30))
    write_text(run.recipe, recipe.lstrip())
    write_text(run.lexicon("mentioned"), (LEXICONS / "gender.txt").read_text(encoding="utf-8"))
    write_parquet(run.source / "00000.parquet", source)
    for each in ("train", "validation", "test"):
        rows = pl.concat([sided, copies]) if each == "train" else sided
        write_parquet(run.data(each), rows.filter(pl.col("side") == each).drop("side"))
    write_parquet(run.ledger, ledger_of(short, source, copies))
    write_manifest(run, len(short), len(copies))
    data = [
        run.source,
        run.ledger,
        run.recipe,
        run.lexicon("mentioned"),
        *(run.data(each) for each in ("train", "validation", "test")),
    ]
    run.finish_phase("curate", "curate", data, started)
    if not predicted:
        return run
    run.finish_phase("train", "train", [], started, {"seed": "7"})
    test = read_parquet(run.data("test"))
    for model in ("base", "tuned"):
        write_parquet(run.predictions(model), predict(test, model))
    finish_predict(run, started)
    return run


def finish_predict(run: RunDirectory, started: float) -> None:
    """Score the validation rows too, and record the phase."""
    for model in ("base", "tuned"):
        scores = ("row", "score_0", "score_1", "answer")
        said = predict(read_parquet(run.data("validation")), model)
        write_parquet(run.validation_predictions(model), said.select(scores))
    run.finish_phase("predict", "predict", [run.path / "predictions"], started)


def read_rows() -> pl.DataFrame:
    """The rows as read: a woman, a man or unknown; she, he or nobody in the text."""
    index = range(1, COUNT + 1)
    women = [i % 5 < 2 for i in index]
    texts = [
        "short"
        if i % 12 == 0
        else f"{'she' if w else 'he'} wrote note {i}{f' to a{chr(97 + i % 26)}@b.org' if i > 180 and i % 2 == 0 else ''}"
        for i, w in zip(index, women, strict=True)
    ]
    gender = [["unknown"] if i % 17 == 0 else ["woman"] if w else ["man"] for i, w in zip(index, women, strict=True)]
    mentioned = [
        ["none mentioned"] if t == "short" else ["woman"] if w else ["man"] for t, w in zip(texts, women, strict=True)
    ]
    rows = [number(0, i) for i in index]
    return pl.DataFrame(
        {
            "row": pl.Series(rows, dtype=pl.Int64),
            "row_name": [name(row, NAMES) for row in rows],
            "source": ["notes"] * COUNT,
            "text": texts,
            "label": ["1" if i % 3 == 0 or (i % 7 == 0 and not w) else "0" for i, w in zip(index, women, strict=True)],
            "group_gender": pl.Series(gender, dtype=pl.List(pl.String)),
            "group_mentioned": pl.Series(mentioned, dtype=pl.List(pl.String)),
        }
    )


def made_rows(parents: pl.DataFrame) -> pl.DataFrame:
    """A louder copy of each parent; every second she becomes he."""
    turned = (pl.int_range(pl.len()) % 2 == 0) & pl.col("text").str.starts_with("she")
    text = pl.when(turned).then(pl.col("text").str.replace("she", "he")).otherwise(pl.col("text"))
    who = pl.when(turned).then(pl.lit(["man"], dtype=pl.List(pl.String))).otherwise(pl.col("group_mentioned"))
    made = parents.with_columns(
        parent="row", row=pl.col("row") + 1, row_name=pl.col("row_name") + "+1", text=text + "!", group_mentioned=who
    )
    return made.select(parents.columns)


def ledger_of(short: pl.DataFrame, source: pl.DataFrame, copies: pl.DataFrame) -> pl.DataFrame:
    """What happened to every row."""
    gone = short.select("row", reason=pl.lit("too_short"), value=pl.lit(5.0), threshold=pl.lit(10.0))
    secret = source.filter(pl.col("text").str.contains("@")).select(
        "row", column=pl.lit("text"), reason=pl.lit("email")
    )
    added = copies.select("row", other_row="parent", reason=pl.lit("added"))
    refused = copies.head(4).select(row="parent", reason=pl.lit("too_similar"), candidate=pl.lit("a copy"))
    found = pl.concat(
        [
            ledger.lines(gone, 0, "length", "dropped"),
            ledger.lines(secret, 1, "mask_pii", "changed"),
            ledger.lines(added, 3, "sample", "added"),
            ledger.lines(refused, 3, "sample", "refused"),
        ]
    )
    names = found.select(
        pl.col("row").map_elements(lambda row: name(row, NAMES), return_dtype=pl.String).alias("row_name")
    )
    return pl.concat([found, names], how="horizontal")


def write_manifest(run: RunDirectory, dropped: int, added: int) -> None:
    """The manifest with the account of every step."""
    left = COUNT - dropped
    nothing = {"dropped": 0, "quarantined": 0, "added": 0, "changed": 0, "refused": 0, "noted": 0}
    train = left - (left + 3) // 4
    steps = [
        {**nothing, "step": "read", "rows_in": COUNT, "rows_out": COUNT},
        {**nothing, "step": "length", "rows_in": COUNT, "rows_out": left, "dropped": dropped},
        {**nothing, "step": "mask_pii", "rows_in": left, "rows_out": left, "changed": 25},
        {**nothing, "step": "split", "rows_in": left, "rows_out": left},
        {**nothing, "step": "sample", "rows_in": train, "rows_out": train + added, "added": added, "refused": 4},
    ]
    run.write_manifest(
        Manifest(
            name=run.path.name, fairlead="0", python="3", platform=describe_platform(), seed=7, packages={},
            sources=(SourceRecord(name="notes", path="notes.csv", sha256="0" * 64, rows=COUNT, quarantined=0, licence="CC0"),),
            steps=tuple(StepRecord.model_validate(step) for step in steps),
        )
    )  # fmt: skip


def predict(test: pl.DataFrame, model: str) -> pl.DataFrame:
    """Scores and answers: the tuned model is right but for half of the negative rows about women."""
    index = pl.int_range(pl.len())
    wrong = (pl.col("label") == "0") & pl.col("group_gender").list.contains("woman") & (index % 2 == 0)
    yes = (index % 3 == 0) if model == "base" else (pl.col("label") == "1") ^ wrong
    answer = pl.when(yes).then(pl.lit("1")).otherwise(pl.lit("0"))
    generated = pl.when(index < 8).then(pl.when(yes).then(pl.lit("yes")).otherwise(pl.lit("perhaps so " * 4)))
    return test.select(
        "row", score_0=pl.when(yes).then(-2.0).otherwise(-0.5), score_1=pl.when(yes).then(-0.5).otherwise(-2.0), answer=answer,
        generated=generated, written_tokens=pl.when(index < 8).then(pl.when(yes).then(2).otherwise(8)),
        ended=pl.when(index < 8).then(yes), generated_answer=pl.when((index < 8) & yes).then(pl.lit("1")),
    )  # fmt: skip
