"""What the checks of settings find."""

import pytest
from small_runs import CLASSIFICATION, labelled, ready_of

from train.checks.settings import learning_rate, packing, precision, schedule
from train.outlook import steps_of

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
        ("base: demo, learning_rate: 0.02", "warned"),
        ("base: demo, learning_rate: 1e-5", "warned"),
        ("base: demo, learning_rate: 0.099", "warned"),
        ("base: demo, learning_rate: 0.1", "failed"),
        ("base: demo, learning_rate: 50", "failed"),
        ("base: demo, learning_rate: 50, accept: [learning_rate]", "accepted"),
        ("base: demo, learning_rate: 50, trainer: {optim: sgd}", "warned"),
        ("base: x, learning_rate: 5, method: dora, trainer: {optim: adafactor}", "failed"),
        ("base: x, learning_rate: 1e-9", "warned"),
        ("base: x, learning_rate: 1e-30", "failed"),
        ("base: x, learning_rate: 2e-5", "passed"),
        ("base: x, find_learning_rate: true", "passed"),
        ("base: x, learning_rate: 1e-3", "warned"),
        ("base: x, learning_rate: 1e-3, method: lora", "passed"),
        ("base: x, learning_rate: 1e-6, method: lora", "warned"),
    ],
)
def test_the_learning_rate(tokenizer, train, outcome):
    assert learning_rate(ready_of(tokenizer, CLASSIFICATION, ROWS, f"{{{train}}}")).outcome == outcome


@pytest.mark.parametrize(
    ("trainer", "outcome", "said"),
    [
        ("", "passed", ", and what the optimiser adamw_torch_fused keeps is no less"),
        ("optim: sgd", "passed", ", and what the optimiser sgd keeps is no less"),
        ("optim: adamw_bnb_8bit", "warned", "; the optimiser adamw_bnb_8bit keeps its state in 8 bits"),
        ("optim: adamw_torch_4bit", "warned", "; the optimiser adamw_torch_4bit keeps its state in 4 bits"),
        ("optim: paged_adamw_32bit", "passed", ", and what the optimiser paged_adamw_32bit keeps is no less"),
        (
            'optim: adamw_anyprecision, optim_args: "momentum_dtype=float32, variance_dtype = bfloat16"',
            "failed",
            ", but the state of the optimiser adamw_anyprecision would be less (variance_dtype=bfloat16)",
        ),
        (
            'optim: adamw_anyprecision, optim_args: "momentum_dtype=float32"',
            "passed",
            ", and what the optimiser adamw_anyprecision keeps is no less",
        ),
    ],
)
def test_the_precision_of_the_optimiser(tokenizer, trainer, outcome, said):
    found = precision(ready_of(tokenizer, CLASSIFICATION, ROWS, f"{{base: demo, trainer: {{{trainer}}}}}"))
    assert (found.outcome, found.said) == (outcome, f"weights that are trained are float32{said}")


def test_a_rate_at_which_nothing_can_be_learned_is_told_with_the_usual_ones(tokenizer):
    found = learning_rate(ready_of(tokenizer, CLASSIFICATION, ROWS, "{base: demo, learning_rate: 5}"))
    assert found.said == (
        "5, method: full: a step of adamw_torch_fused moves each weight by about the rate, and weights are about 0.02: nothing of "
        "the model would be left"
    )
    assert found.hint == "lower train.learning_rate; for base: demo rates from 0.0001 to 0.01 are usual"
    low = learning_rate(ready_of(tokenizer, CLASSIFICATION, ROWS, "{base: x, method: lora, learning_rate: 1e-12}"))
    assert low.hint == "raise train.learning_rate; for method: lora rates from 2e-05 to 0.002 are usual"


@pytest.mark.parametrize(
    ("train", "outcome", "said"),
    [
        ("packing: false", "passed", "rows are padded, as train.packing: false asks"),
        ("packing: true", "passed", "two rows end to end have the logits of each alone"),
        ("dropout: 0.1", "warned", "rows are padded: the base has dropout in its attention"),
        ("dropout: 0.1, packing: true", "failed", "rows cannot stand end to end: the base has dropout"),
    ],
)
def test_packing(tokenizer, train, outcome, said):
    found = packing(ready_of(tokenizer, CLASSIFICATION, ROWS, f"{{base: demo, {train}}}"))
    assert found.outcome == outcome
    assert found.said.startswith(said)


def test_rows_that_see_one_another_are_found(tokenizer, monkeypatch):
    from train import attention

    apart = attention.attend_apart

    def contaminated(**states):
        import torch

        borders = torch.tensor([0, int(states["borders"][-1])], dtype=torch.int32)
        return apart(**{**states, "borders": borders, "longest": int(borders[-1])})

    monkeypatch.setattr(attention, "attend_apart", contaminated)
    found = packing(ready_of(tokenizer, CLASSIFICATION, ROWS, "{base: demo, packing: true}"))
    assert (found.outcome, found.said) == (
        "failed", "rows cannot stand end to end: the base lets packed rows change one another",
    )  # fmt: skip


def test_batches_of_tokens_make_the_steps(tokenizer):
    ready = ready_of(tokenizer, CLASSIFICATION, ROWS, "{base: demo, batch_tokens: 256, epochs: 2}")
    lengths = [len(ids) for ids in ready.encoded["train"].input_ids]
    assert steps_of(ready).steps == 2 * -(-sum(lengths) // (256 - max(lengths) + 1))
