"""Merges that the ledger tells and that cannot be are named; those of a sound run are not."""

import polars as pl
import pytest
from near_duplicates.corpora import versions

from curate import engine
from curate.files import read_parquet, write_parquet
from curate.recipe_file import parse_recipe
from curate.recount_merges import broken_merges

RECIPE = """
version: 1
name: merged
sources: [{path: rows.csv}]
task: {kind: classification, text: text, label: label}
steps: [{step: exact}, {step: minhash, threshold: 0.8, clusters: CLUSTERS}]
"""


@pytest.fixture(params=["star", "connected"])
def run(request, tmp_path):
    texts = [*versions(30, 1), "the same text", "the same text"]
    pl.DataFrame({"text": texts, "label": ["a", "b"] * 16}).write_csv(tmp_path / "rows.csv")
    recipe = parse_recipe(RECIPE.replace("CLUSTERS", request.param), "r.yaml")
    return engine.curate(engine.prepare(recipe, tmp_path, tmp_path / "runs")), recipe


def changed(run, change):
    write_parquet(run.ledger, change(read_parquet(run.ledger)))


def test_the_merges_of_a_sound_run_hold(run):
    assert list(broken_merges(*run)) == []
    assert {"exact_duplicate", "near_duplicate"} <= set(read_parquet(run[0].ledger)["reason"])


def test_a_merge_of_rows_that_are_not_alike_is_named(run):
    merged = pl.col("reason") == "near_duplicate"
    changed(run[0], lambda lines: lines.with_columns(value=pl.when(merged).then(0.5).otherwise("value")))
    (told,) = broken_merges(*run)
    assert "went at minhash less similar than the limit, and so" in told


def test_a_merge_into_a_row_that_does_not_stay_is_named(run):
    gone = read_parquet(run[0].ledger).filter(pl.col("reason") == "near_duplicate")["row"]
    last = pl.col("row") == gone[-1]
    changed(run[0], lambda lines: lines.with_columns(other_row=pl.when(last).then(gone[0]).otherwise("other_row")))
    (told,) = broken_merges(*run)
    assert told.startswith("row rows/")
    assert told.endswith("went at minhash for a row that does not stay")
