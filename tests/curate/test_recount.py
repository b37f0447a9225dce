"""The account of a finished run counted again: whatever is told wrongly is named, whatever digests say."""

import json

import polars as pl
import pytest
from asked_runs import curate, write

from curate.errors import UserError
from curate.files import read_parquet, write_parquet
from curate.recipe_file import load_finished
from curate.recount import recount
from curate.verify import verify


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return curate(write(tmp_path_factory.mktemp("recount")))


@pytest.fixture
def changed(run):
    """Change what the run says, ask, and put it back."""
    before = {path: path.read_bytes() for path in (run.manifest, run.ledger, run.data("all"))}

    def told(change):
        change(run)
        return [mistake.what for mistake in recount(run, load_finished(run.recipe))]

    yield told
    if run.manifest.read_bytes() != before[run.manifest]:
        with pytest.raises(UserError, match="run the recipe again"):
            verify(run)
    for path, content in before.items():
        path.write_bytes(content)


def in_manifest(change):
    def changes(run):
        content = json.loads(run.manifest.read_text())
        change(content)
        run.manifest.write_text(json.dumps(content))

    return changes


def in_frame(name, change):
    def changes(run):
        path = run.data("all") if name == "all" else run.ledger
        write_parquet(path, change(read_parquet(path)))

    return changes


def test_a_sound_run(changed):
    assert changed(lambda run: None) == []


def test_a_count_of_the_manifest(changed):
    def change(content):
        step = next(step for step in content["steps"] if step["dropped"])
        step["dropped"] -= 1
        step["rows_out"] += 1

    (what,) = changed(in_manifest(change))
    assert "rows dropped, and the ledger" in what


def test_counts_that_do_not_add_up(changed):
    def change(content):
        content["steps"][1]["rows_out"] += 1

    (what,) = changed(in_manifest(change))
    assert "does not account for every row" in what


def test_a_source(changed):
    def change(content):
        content["sources"][0]["rows"] += 1

    (what,) = changed(in_manifest(change))
    assert what.startswith("counts of '")


def test_a_step_that_is_not_named(changed):
    def change(content):
        name = next(step["step"] for step in content["steps"] if step["dropped"])
        content["steps"] = [step for step in content["steps"] if step["step"] != name]

    (what,) = changed(in_manifest(change))
    assert what.startswith("does not name the step")


def test_a_stage(changed):
    def change(content):
        content["stages"][0]["key"] = "0" * 64

    assert changed(in_manifest(change)) == ["names other stages than its recipe led to"]


def test_a_row_that_is_gone(changed):
    (what,) = changed(in_frame("all", lambda rows: rows[1:]))
    assert what.endswith("comes in 1 times and is 0 times kept, dropped or in quarantine")


def test_a_row_that_is_kept_and_dropped(changed, run):
    kept = int(read_parquet(run.data("all"))["row"][0])

    def change(lines):
        drop = lines.filter(pl.col("event") == "dropped").head(1)
        return pl.concat([lines, drop.with_columns(row=pl.lit(kept, pl.Int64))])

    found = changed(in_frame("ledger", change))
    assert any("comes in 1 times and is 2 times kept, dropped" in what for what in found)
