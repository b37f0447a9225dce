"""The journal of a training run."""

import json

import pytest

from curate.errors import UserError
from train.callbacks import Journal, read_journal


def test_lines_say_what_was_measured(tmp_path):
    journal = Journal(tmp_path / "metrics.jsonl")
    journal.begin(0)
    journal.write(10, {"loss": 1.5, "grad_norm": 0.5, "learning_rate": 1e-3, "num_tokens": 100.0, "entropy": 3.0})
    journal.write(10, {"eval_loss": 1.25, "eval_runtime": 3.0})
    journal.write(20, {"train_runtime": 9.0, "epoch": 1.0})
    first, second = read_journal(journal.path)
    assert first.pop("tokens_per_second") > 0
    assert first == {"step": 10, "loss": 1.5, "gradient_norm": 0.5, "learning_rate": 1e-3}
    assert second == {"step": 10, "validation_loss": 1.25}


def test_a_resumed_run_takes_out_the_steps_that_it_does_again(tmp_path):
    journal = Journal(tmp_path / "metrics.jsonl")
    lines = [json.dumps({"step": step, "loss": 1.0}) for step in (1, 2, 3)]
    journal.path.write_text("\n".join([*lines, '{"step": 4, "lo']))
    journal.begin(2)
    assert [line["step"] for line in read_journal(journal.path)] == [1, 2]
    journal.begin(0)
    assert read_journal(journal.path) == []


def test_a_loss_that_is_not_a_number_stops_the_run(tmp_path):
    journal = Journal(tmp_path / "metrics.jsonl")
    with pytest.raises(UserError, match="not a number at step 3; lower the learning rate"):
        journal.write(3, {"loss": float("nan")})
