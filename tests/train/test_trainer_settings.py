"""Which settings of the trainer a recipe may name."""

import json
from pathlib import Path
from typing import get_args

import pytest

from curate.recipe_file import parse_recipe
from curate.train_settings import Train
from train.trainer import known_settings, trainer_arguments
from train.trainer_settings import FIXED, RECIPE_KEYS, settings_problems, trainer_settings

RECIPE = """version: 1
name: small
sources: [{path: a.jsonl}]
groups: {dialect: {column: dialect}}
task: {kind: classification, text: text, label: label, labels: {0: bad, 1: good}}
split: {}"""


def test_every_name_that_we_keep_for_ourselves_is_known_to_the_installed_trainer():
    known = known_settings()
    assert [name for name in (*FIXED, *RECIPE_KEYS) if name not in known] == []
    assert sorted(FIXED) == list(FIXED)


def test_our_settings_are_known_and_the_users_come_last():
    train = Train(trainer={"max_grad_norm": 0.5, "logging_steps": 3})
    made = trainer_settings(train, 7, "cpu", Path("x"), name="x", batches=100, evaluates=True, bfloat16=False)
    assert [name for name in made if name not in known_settings()] == []
    assert (made["max_grad_norm"], made["logging_steps"], made["bf16"], made["activation_checkpointing"]) == (
        0.5,
        3,
        False,
        False,
    )


@pytest.mark.parametrize(
    "said",
    [
        *({"best_by": best_by} for best_by in get_args(Train.model_fields["best_by"].annotation)),
        *({"tracker": tracker} for tracker in get_args(Train.model_fields["tracker"].annotation)),
        {"warmup": 0, "weight_decay": 0, "epochs": 0.5, "gradient_accumulation": 4},
        {"warmup": 20, "batch_tokens": 64, "patience": 3},
    ],
)
def test_the_trainer_takes_every_setting_of_ours(said, tmp_path):
    """A recipe without `train.trainer` is checked without the trainer, which is long to load."""
    recipe = parse_recipe(f"{RECIPE}\ntrain: {json.dumps(said)}\n", "r.yaml")
    for evaluates in (True, False):
        made = trainer_arguments(recipe, "cpu", tmp_path, rows=10, evaluates=evaluates)
        assert made.seed == recipe.seed


def test_all_mistakes_at_once_with_what_would_be_right():
    extra = {"max_grad_nrm": 1.0, "learning_rate": 1.0, "push_to_hub": True, "adam_beta2": 0.9}
    assert [str(mistake) for mistake in settings_problems(extra, known_settings(), lambda _dotted: "r.yaml")] == [
        "r.yaml: unknown setting 'train.trainer.max_grad_nrm'; did you mean 'max_grad_norm'?",
        "r.yaml: train.trainer.learning_rate has a key of its own; write train.learning_rate",
        "r.yaml: train.trainer.push_to_hub is set by fairlead; leave it out",
    ]


def test_a_gpu_is_kept_busy_and_nothing_is_recomputed():
    train = Train(batch_tokens=16384)
    cuda, cpu = (
        trainer_settings(
            train, 7, device, Path("x"), name="x", batches=100, evaluates=False, bfloat16=device == "cuda", packed=True
        )
        for device in ("cuda", "cpu")
    )
    assert {name: (cuda[name], cpu[name]) for name in cuda if cuda[name] != cpu[name]} == {
        "bf16": (True, False),
        "use_cpu": (False, True),
        "dataloader_num_workers": (2, 0),
        "dataloader_pin_memory": (True, False),
    }
    for made in (cuda, cpu):
        assert made["optim"] == "adamw_torch_fused"
        assert made["padding_free"]
        assert not made["activation_checkpointing"]
        assert made["max_length"] is None  # TRL refuses padding_free with a length that it would not keep
        assert not {"tf32", "torch_compile", "loss_type"} & made.keys()


def test_steps_are_counted_in_batches():
    made = [
        trainer_settings(
            Train(epochs=2, gradient_accumulation=4), 7, "cpu", Path("x"), name="x", batches=batches, evaluates=False, bfloat16=False
        )["logging_steps"]
        for batches in (20, 100, 10_000)
    ]  # fmt: skip
    assert made == [1, 5, 10]
