"""What the check of validation rows finds: settings that would do nothing without them, and groups that are too small."""

from dataclasses import replace

import polars as pl
import pytest
from small_runs import CLASSIFICATION, labelled, ready_of

from train.checks.validation import validation

SIDES = {"train": labelled(20), "validation": labelled(30)[20:]}


@pytest.mark.parametrize(
    ("train", "outcome", "idle"),
    [
        ("epochs: 3", "warned", ""),
        ("best_by: loss, patience: 2", "warned", ""),  # the defaults, as a resolved recipe writes them out
        ("patience: null", "warned", ""),
        ("best_by: macro_f1", "failed", "train.best_by"),
        ("patience: 1", "failed", "train.patience"),
        ("samples: {every_steps: 1}", "failed", "train.samples"),
        (
            "best_by: accuracy, patience: 5, samples: {every_steps: 9}",
            "failed",
            "train.best_by, train.patience, train.samples",
        ),
    ],
)
def test_what_no_validation_row_can_serve(tokenizer, train, outcome, idle):
    found = validation(ready_of(tokenizer, CLASSIFICATION, {"train": SIDES["train"]}, f"{{base: demo, {train}}}"))
    assert found.outcome == outcome
    assert found.said.startswith("there is no validation row")
    assert f"{idle} would have no effect" in found.said if idle else "the last weights are kept" in found.said
    assert validation(ready_of(tokenizer, CLASSIFICATION, SIDES, f"{{base: demo, {train}}}")).outcome == "passed"


def test_validation_rows_without_an_answer_judge_nothing_and_can_be_sampled(tokenizer):
    asked = pl.DataFrame({"row": [256], "messages": [[{"role": "user", "content": "hi"}]]})
    answered = pl.DataFrame(
        {"row": [512], "messages": [[*asked["messages"][0], {"role": "assistant", "content": "yes"}]]}
    )
    sides = {"train": answered, "validation": asked}
    found = validation(
        ready_of(tokenizer, "{kind: chat}", sides, "{base: demo, patience: 1, samples: {every_steps: 1}}")
    )
    assert (found.outcome, found.said) == (
        "failed", "no validation row has an answer, and train.patience would have no effect",
    )  # fmt: skip


@pytest.mark.parametrize(("minimum", "outcome"), [(5, "passed"), (6, "failed")])
def test_a_worst_group_needs_a_group_that_is_large_enough(tokenizer, minimum, outcome):
    ready = ready_of(tokenizer, CLASSIFICATION, SIDES, "{base: demo, best_by: accuracy}")
    groups = [["f"]] * 4 + [["f", "m"]] + [["unknown"]] * 5
    rows = SIDES["validation"].with_columns(group_sex=pl.Series(groups))
    judged = ready.recipe.train.model_copy(update={"best_by": "worst_group_accuracy"})
    audit = ready.recipe.audit.model_copy(update={"minimum_group_size": minimum})
    recipe = ready.recipe.model_copy(update={"groups": {"sex": None}, "train": judged, "audit": audit})
    found = validation(replace(ready, recipe=recipe, rows={**ready.rows, "validation": rows}))
    assert found.outcome == outcome
    assert found.said.endswith("sex: f (5), sex: m (1)")
    assert ("audit.minimum_group_size" in found.hint) == (outcome == "failed")
