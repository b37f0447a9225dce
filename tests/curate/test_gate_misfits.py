"""Which ways of comparing groups a gate's metric has."""

import pytest

from curate.recipe import Recipe
from curate.recipe_misfits import misfits


def told(**gate) -> list[str]:
    recipe = Recipe.model_validate(
        {
            "version": 1,
            "name": "gates",
            "sources": [{"path": "rows.csv"}],
            "task": {"kind": "classification", "text": "text", "label": "label", "labels": {"0": "no", "1": "yes"}, "positive": ["1"]},
            "groups": {"sex": {"column": "sex"}},
            "train": {"base": "demo"},
            "audit": {"gates": [{"group": "sex", "max": 0.5, **gate}]},
        }
    )  # fmt: skip
    return [misfit.partition("|")[2] for misfit in misfits(recipe) if misfit.startswith("audit.gates")]


@pytest.mark.parametrize(
    ("gate", "said"),
    [
        ({"metric": "f1", "of": "tuned", "compare": "difference_to_overall"}, None),
        ({"metric": "auc", "of": "tuned", "compare": "ratio_to_overall"}, None),
        ({"metric": "f1", "of": "tuned_minus_base", "compare": "difference_to_overall"}, None),
        ({"metric": "auc", "of": "tuned_minus_base", "compare": "difference_to_overall"},
         "the change of auc is not compared with all rows; compare: difference"),
        ({"metric": "equalized_odds_mean", "of": "tuned", "compare": "lowest"},
         "equalized_odds_mean is compared as a difference or a ratio alone"),
        ({"metric": "equalized_odds_mean", "of": "tuned", "compare": "ratio"}, None),
        ({"metric": "bias_amplification", "of": "tuned", "compare": "ratio"},
         "bias_amplification is a difference of gaps; compare: difference"),
    ],
)  # fmt: skip
def test_a_metric_has_the_comparisons_that_are_measured(gate, said):
    assert told(**gate) == ([] if said is None else [said])
