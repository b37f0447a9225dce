"""Figures of the real files that others published or counted, found again by our steps."""

from pathlib import Path

import polars as pl
import pytest

from curate import engine
from curate.recipe_file import load_recipe
from curate.split import read_certificate

RECIPES = Path(__file__).parents[2] / "recipes"


def run(name: str, runs: Path, *overrides: str):
    path = RECIPES / f"{name}.yaml"
    return engine.curate(engine.prepare(load_recipe(path, overrides), path.parent, runs, overrides))


@pytest.mark.parametrize(("normalise", "copies"), [("false", 403), ("true", 415)])
def test_exact_copies_in_sms(real_data, tmp_path, normalise, copies):
    done = run("sms", tmp_path, f"steps.1.normalise={normalise}")
    ledger = pl.read_parquet(done.ledger)
    assert ledger.filter((pl.col("step") == "exact") & (pl.col("event") == "dropped")).height == copies


def test_tweeteval_rows_that_stand_in_train_and_test(real_data, tmp_path):
    done = run("tweeteval", tmp_path)
    certificate = read_certificate(done.certificate)
    assert certificate.rows == {"train": 9000, "validation": 1000, "test": 2970}
    assert certificate.same_text["test in train"] == 236
    assert certificate.crossing_rows["test in train"] >= 236
