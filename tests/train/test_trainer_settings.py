"""Which settings of the trainer a recipe may name."""

from pathlib import Path

from curate.train_settings import Train
from train.sft import known_settings
from train.trainer_settings import FIXED, RECIPE_KEYS, settings_problems, trainer_settings


def test_every_name_that_we_keep_for_ourselves_is_known_to_the_installed_trainer():
    known = known_settings()
    assert [name for name in (*FIXED, *RECIPE_KEYS) if name not in known] == []
    assert sorted(FIXED) == list(FIXED)


def test_our_settings_are_known_and_the_users_come_last():
    train = Train(trainer={"max_grad_norm": 0.5, "logging_steps": 3})
    made = trainer_settings(train, 7, "cpu", Path("x"), name="x", rows=100, evaluates=True, bfloat16=False)
    assert [name for name in made if name not in known_settings()] == []
    assert (made["max_grad_norm"], made["logging_steps"], made["bf16"], made["activation_checkpointing"]) == (
        0.5,
        3,
        False,
        False,
    )


def test_all_mistakes_at_once_with_what_would_be_right():
    extra = {"max_grad_nrm": 1.0, "learning_rate": 1.0, "push_to_hub": True, "adam_beta2": 0.9}
    assert [str(mistake) for mistake in settings_problems(extra, known_settings(), lambda _dotted: "r.yaml")] == [
        "r.yaml: unknown setting 'train.trainer.max_grad_nrm'; did you mean 'max_grad_norm'?",
        "r.yaml: train.trainer.learning_rate has a key of its own; write train.learning_rate",
        "r.yaml: train.trainer.push_to_hub is set by fairlead; leave it out",
    ]
