"""What the checks of settings find."""

import pytest
from small_runs import CLASSIFICATION, labelled, ready_of

from train.checks import settings
from train.checks.settings import learning_rate, precision, schedule

ROWS = {"train": labelled(40)}


@pytest.mark.parametrize(
    ("train", "outcome", "said"),
    [
        ("batch_size: 4, epochs: 4, warmup: 0.1", "passed", "40 steps, 4 of them to warm up"),
        ("batch_size: 4, epochs: 4, warmup: 39", "passed", "40 steps, 39 of them to warm up"),
        ("batch_size: 4, epochs: 4, warmup: 40", "failed", "the warm-up takes 40 steps, and the whole run 40"),
        ("batch_size: 4, epochs: 1", "warned", "10 steps, 1 of them to warm up; few models change in so few"),
        ("batch_size: 3, gradient_accumulation: 4, epochs: 6, warmup: 0", "passed", "24 steps, 0 of them to warm up"),
        ("trainer: {max_steps: 25}, warmup: 30", "failed", "the warm-up takes 30 steps, and the whole run 25"),
    ],
)
def test_the_schedule(tokenizer, train, outcome, said):
    found = schedule(ready_of(tokenizer, CLASSIFICATION, ROWS, f"{{base: demo, {train}}}"))
    assert (found.outcome, found.said) == (outcome, said)


@pytest.mark.parametrize(
    ("train", "outcome"),
    [
        ("base: demo, learning_rate: 0.01", "passed"),
        ("base: x, learning_rate: 2e-5", "passed"),
        ("base: x, learning_rate: 1e-3", "warned"),
        ("base: x, learning_rate: 1e-3, method: lora", "passed"),
        ("base: x, learning_rate: 1e-6, method: lora", "warned"),
    ],
)
def test_the_learning_rate(tokenizer, train, outcome):
    assert learning_rate(ready_of(tokenizer, CLASSIFICATION, ROWS, f"{{{train}}}")).outcome == outcome


def test_full_fine_tuning_in_bfloat16_is_refused(tokenizer, monkeypatch):
    ready = ready_of(tokenizer, CLASSIFICATION, ROWS)
    assert precision(ready).outcome == "passed"
    monkeypatch.setattr(settings, "WEIGHTS_DTYPE", "bfloat16")
    assert precision(ready).outcome == "failed"
    assert precision(ready_of(tokenizer, CLASSIFICATION, ROWS, "{base: demo, method: lora}")).outcome == "passed"
