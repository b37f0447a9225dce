"""Steps, parameters and memory, known before a weight is loaded, against what the libraries then do."""

from dataclasses import replace

import pytest
from small_runs import CLASSIFICATION, labelled, ready_of

from curate.errors import UserError
from train import outlook
from train.adapters import adapter_config
from train.checks.settings import schedule
from train.outlook import memory_of, parameters_of, steps_of
from train.settings import settings_of

ROWS = {"train": labelled(41)}


def outline_of(tokenizer, kind, method):
    """What is known of a base of some kind, with rows to train on."""
    from transformers import GPT2Config

    ready = ready_of(tokenizer, CLASSIFICATION, ROWS, f"{{base: demo, method: {method}, lora: {{rank: 3}}}}")
    if kind == "demo":
        return ready
    config = GPT2Config(vocab_size=len(tokenizer), n_positions=128, n_embd=32, n_layer=2, n_head=2)
    return replace(ready, outline=replace(ready.outline, config=config))


# peft 0.21 reads a name of the model that transformers 5.23 calls by another, and says that GPT-2's weights are turned round
@pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing` is deprecated:FutureWarning")
@pytest.mark.filterwarnings("ignore:fan_in_fan_out is set to False but the target module is `Conv1D`:UserWarning")
@pytest.mark.parametrize("method", ["lora", "dora"])
@pytest.mark.parametrize("kind", ["demo", "gpt2"])
def test_parameters_are_those_of_the_adapter_that_is_trained(tokenizer, kind, method):
    from peft import get_peft_model
    from transformers import AutoModelForCausalLM

    ready = outline_of(tokenizer, kind, method)
    model = AutoModelForCausalLM.from_config(ready.outline.config)
    every = sum(weight.numel() for weight in model.parameters())
    adapted = get_peft_model(model, adapter_config(settings_of(ready.recipe)))
    trained = sum(weight.numel() for weight in adapted.parameters() if weight.requires_grad)
    assert parameters_of(ready) == (every, trained)
    assert trained > 0


def test_of_a_full_tuning_every_parameter_is_trained(tokenizer):
    from transformers import AutoModelForCausalLM

    ready = ready_of(tokenizer, CLASSIFICATION, ROWS)
    every = sum(weight.numel() for weight in AutoModelForCausalLM.from_config(ready.outline.config).parameters())
    assert parameters_of(ready) == (every, every)


def test_an_adapter_without_a_layer_to_stand_on_is_refused(tokenizer, monkeypatch):
    monkeypatch.setattr(outlook, "linear_sizes", lambda _model: [])
    with pytest.raises(UserError, match=r"train.method: dora has nothing to stand on"):
        parameters_of(outline_of(tokenizer, "demo", "dora"))


def test_steps_are_those_of_the_trainer(tokenizer):
    ready = ready_of(
        tokenizer, CLASSIFICATION, ROWS, "{base: demo, batch_size: 8, gradient_accumulation: 2, epochs: 2.5}"
    )
    planned, counts = steps_of(ready), ready.encoded["train"].counts
    assert (planned.rows, planned.rows_a_step, planned.steps_an_epoch, planned.steps) == (41, 13.7, 3, 8)
    assert planned.tokens_a_step == pytest.approx(counts.tokens / 3, abs=0.1)


@pytest.mark.parametrize(("size", "planned"), [(8, (5, 15)), (41, (1, 3)), (42, (1, 0))])
def test_rows_that_fill_no_batch_are_no_step_where_they_are_dropped(tokenizer, size, planned):
    settings = f"{{base: demo, batch_size: {size}, trainer: {{dataloader_drop_last: true}}}}"
    ready = ready_of(tokenizer, CLASSIFICATION, ROWS, settings)
    assert (steps_of(ready).steps_an_epoch, steps_of(ready).steps) == planned
    failed = schedule(ready).outcome == "failed"
    assert failed == (planned[1] == 0)
    if failed:
        assert schedule(ready).said.startswith("no step: 41 rows fill no batch")


def test_memory_adds_up_and_grows_with_what_is_trained(tokenizer):
    full, adapter = (
        memory_of(
            ready_of(tokenizer, CLASSIFICATION, ROWS, f"{{base: demo, method: {method}}}"),
            1000,
            trained,
            bfloat16=False,
        )
        for method, trained in (("full", 1000), ("lora", 10))
    )
    assert (full.weights, full.gradients, full.optimizer) == (4000, 4000, 8000)
    assert (adapter.gradients, adapter.optimizer) == (40, 80)
    parts = (full.weights, full.gradients, full.optimizer, full.activations, full.logits)
    assert full.training == sum(parts)
    wide = ready_of(tokenizer, CLASSIFICATION, ROWS, "{base: demo, batch_size: 32}")
    assert memory_of(wide, 1000, 1000, bfloat16=False).activations == pytest.approx(2 * full.activations, rel=0.1)
    half = memory_of(wide, 1000, 1000, bfloat16=True)
    assert 2 * half.activations == memory_of(wide, 1000, 1000, bfloat16=False).activations


def test_a_base_in_four_bits_takes_half_a_byte_for_a_weight_of_a_linear_layer(tokenizer):
    ready = ready_of(tokenizer, CLASSIFICATION, ROWS, "{base: demo, method: qlora}")
    every, trained = parameters_of(ready)
    config = ready.outline.config
    hidden, wide = config.hidden_size, config.intermediate_size
    linear = config.num_hidden_layers * (4 * hidden * hidden + 3 * hidden * wide)
    assert memory_of(ready, every, trained, bfloat16=False).weights == 4 * (every - linear) + linear // 2
