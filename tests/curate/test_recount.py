"""The account of a finished run counted again: whatever is told wrongly is named, whatever digests say."""

import json

import polars as pl
import pytest

from curate import engine
from curate.errors import UserError
from curate.files import read_parquet, write_parquet
from curate.recipe_file import load_finished, parse_recipe
from curate.recount import recount
from curate.verify import verify

RECIPE = """
version: 1
name: counted
sources: [{path: web.jsonl}, {path: books.jsonl}]
task: {kind: classification, text: text, label: label}
steps:
  - {step: whitespace}
  - {step: length, min: 12}
  - {step: sample, rows: 60}
split: {test: 0.2, validation: 0.1}
train_steps:
  - {step: mix, weights: {web: 1, books: 1}, rows: 50, shortage: repeat}
  - {step: balance, by: [label], method: weights}
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("recount")
    for name, count in (("web", 60), ("books", 20)):
        texts = [f"{name}  says {place} {place * 7919}" if place % 8 else "short" for place in range(count)]
        lines = [json.dumps({"text": text, "label": "ab"[place % 3 // 2]}) for place, text in enumerate(texts)]
        (folder / f"{name}.jsonl").write_text("\n".join([*lines, "null", "{broken"]) + "\n")
    return engine.curate(engine.prepare(parse_recipe(RECIPE, "r.yaml"), folder, folder / "runs"))


@pytest.fixture
def told(run):
    """Change what the run says, and return what is found; afterwards all is as it was."""
    before = {path: path.read_bytes() for path in (run.manifest, run.ledger, run.data("train"), run.quarantine)}

    def found(*changes):
        for change in changes:
            change(run)
        return [mistake.what for mistake in recount(run, load_finished(run.recipe))]

    try:
        yield found
    finally:
        for path, content in before.items():
            path.write_bytes(content)


def in_manifest(change):
    def changes(run):
        content = json.loads(run.manifest.read_text())
        change(content, {step["step"]: step for step in content["steps"]})
        run.manifest.write_text(json.dumps(content))

    return changes


def in_frame(name, change):
    def changes(run):
        path = run.path / name
        write_parquet(path, change(read_parquet(path)))

    return changes


def test_a_sound_run_with_every_kind_of_event(run, told):
    events = set(read_parquet(run.ledger)["event"])
    assert events == {"changed", "dropped", "added", "quarantined", "noted"}
    assert told() == []
    assert len(verify(run)) == 4


@pytest.mark.parametrize("what", ["dropped", "quarantined", "added", "changed", "refused", "noted"])
def test_a_count_of_a_step(told, what):
    def change(_content, steps):
        steps["sample"][what] += 1

    assert any(
        line.startswith("step 'sample' has ") and f" rows {what}, and" in line for line in told(in_manifest(change))
    )


def test_verify_tells_what_was_counted(run, told):
    told(in_manifest(lambda _content, steps: steps["sample"].update(noted=3)))
    with pytest.raises(UserError, match=r"step 'sample' has 3 rows noted, and the ledger 0; .* run the recipe again"):
        verify(run)


def test_counts_that_do_not_add_up(told):
    found = told(in_manifest(lambda _content, steps: steps["whitespace"].update(rows_out=3)))
    assert (
        "step 'whitespace' does not account for every row: 80 in, 3 out, 0 dropped, 0 in quarantine, 0 added" in found
    )


def test_a_step_that_sees_other_rows_than_were_left(told):
    def change(_content, steps):
        steps["length"]["rows_in"] += 1000
        steps["length"]["rows_out"] += 1000

    assert told(in_manifest(change)) == [
        "step 'length' has 1,080 rows in, and before it are 80",
        "step 'sample' has 69 rows in, and before it are 1,069",
    ]


def test_a_stage_that_sees_other_rows_than_were_left(told):
    found = told(in_manifest(lambda content, _steps: content["stages"][-1].update(rows_in=1, rows_out=2)))
    assert [line.split(",")[0] for line in found] == [
        f"stage '{'balance'}' has 1 rows in",
        "the last stage has 2 rows out",
    ]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (
            lambda content: content["sources"][0].update(rows=63),
            "counts of 'web' 61 rows and 2 in quarantine; there are",
        ),
        (lambda content: content["sources"].pop(), "names other sources than the recipe"),
        (lambda content: content["steps"].reverse(), "names other steps than the recipe"),
        (lambda content: content["steps"].pop(), "names other steps than the recipe"),
        (lambda content: content["stages"][0].update(key="0" * 64), "names other stages than its recipe led to"),
    ],
)
def test_other_parts_of_the_manifest(told, change, expected):
    assert any(line.startswith(expected) for line in told(in_manifest(lambda content, _steps: change(content))))


def test_refused_copies_count_each_and_other_events_by_row(run, told):
    row = int(read_parquet(run.data("train"))["row"][0])
    lines = pl.DataFrame(
        {"row": [row] * 2, "place": [4] * 2, "step": ["mix"] * 2, "event": ["refused"] * 2},
        schema_overrides={"place": pl.Int32},
    )
    add = in_frame("ledger.parquet", lambda ledger: pl.concat([ledger, lines], how="diagonal"))
    assert told(add) == ["step 'mix' has 0 rows refused, and the ledger 2"]
    assert told(in_manifest(lambda _content, steps: steps["mix"].update(refused=2))) == []
    assert told(in_frame("ledger.parquet", lambda ledger: pl.concat([ledger, ledger.filter(event="changed")]))) == []


def test_a_step_of_the_ledger_alone(told):
    rename = pl.when(pl.col("step") == "sample").then(pl.lit("simple")).otherwise("step").alias("step")
    found = told(in_frame("ledger.parquet", lambda ledger: ledger.with_columns(rename)))
    assert "tells nothing of the step 'simple' of the ledger" in found


def test_a_row_that_is_gone(told):
    found = told(
        in_frame("data/train.parquet", lambda rows: rows.filter(pl.col("row_name") != pl.col("row_name").first()))
    )
    assert found[-1].endswith("comes in 1 times and is 0 times kept, dropped or in quarantine")
    assert any(line.startswith("the last step has 50 rows out, and the data 49") for line in found)


def test_a_row_that_is_kept_and_dropped(run, told):
    kept = int(read_parquet(run.data("test"))["row"][0])

    def change(lines):
        drop = lines.filter(pl.col("event") == "dropped").head(1)
        return pl.concat([lines, drop.with_columns(row=pl.lit(kept, pl.Int64))])

    assert any(
        "comes in 1 times and is 2 times kept, dropped" in line for line in told(in_frame("ledger.parquet", change))
    )


def test_a_line_of_the_quarantine_that_stands_for_another(told):
    (what,) = told(in_frame("quarantine.parquet", lambda lines: lines[[0, 0, 2, 3]]))
    assert what.startswith("row web/61 comes in 2 times and is 1 times kept, dropped or in quarantine, and so 1 more")


def test_rows_of_no_source(told):
    gone = pl.col("event") == "dropped"
    foreign = in_frame(
        "ledger.parquet",
        lambda lines: pl.concat([lines, lines.filter(gone)[:1].with_columns(row=pl.col("row") + 2**60)]),
    )
    assert any("row number " in line and ", of no source, comes in" in line for line in told(foreign))
    unknown = in_frame("quarantine.parquet", lambda lines: lines.with_columns(source=pl.lit("else")))
    assert any("row number None, of no source, comes in 4 times" in line for line in told(unknown))
