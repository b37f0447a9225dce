"""What the steps of the demo find of the faults that were planted for them."""

from pathlib import Path

import pytest
from planted import measure, near_copies

from curate import engine
from curate.recipe_file import load_recipe

RECIPE = Path(__file__).parents[2] / "recipes" / "demo.yaml"


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    overrides = ("sources.0.rows=2000", "sources.0.seed=11", "train_steps=[]")
    return engine.curate(
        engine.prepare(load_recipe(RECIPE, overrides), RECIPE.parent, tmp_path_factory.mktemp("runs"), overrides)
    )


def test_recall_and_precision_of_every_step(run):
    found = {line["step"]: (line["recall"], line["precision"]) for line in measure(run).iter_rows(named=True)}
    assert len(found) == 9
    for step, (recall, precision) in found.items():
        assert recall >= 0.97, step
        assert precision >= 0.95, step


def test_near_copies_below_the_threshold_stay(run):
    bands = {
        line["similarity_from"]: (line["planted"], line["removed"]) for line in near_copies(run).iter_rows(named=True)
    }
    assert sum(removed for band, (_planted, removed) in bands.items() if band < 0.7) == 0
    planted, removed = bands[0.9]
    assert removed == planted > 5
