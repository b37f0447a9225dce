"""Steps, parameters and memory, known before a weight is loaded, against what the libraries then do."""

import pytest
from small_runs import CLASSIFICATION, labelled, ready_of

from train.outlook import memory_of, parameters_of, steps_of

ROWS = {"train": labelled(41)}


# peft 0.21 reads a name of the model that transformers 5.23 calls by another
@pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing` is deprecated:FutureWarning")
@pytest.mark.parametrize("method", ["full", "lora"])
def test_parameters_are_those_of_the_model_that_is_trained(tokenizer, method):
    from transformers import AutoModelForCausalLM

    ready = ready_of(tokenizer, CLASSIFICATION, ROWS, f"{{base: demo, method: {method}}}")
    model = AutoModelForCausalLM.from_config(ready.outline.config)
    every = sum(weight.numel() for weight in model.parameters())
    if method == "full":
        assert parameters_of(ready) == (every, every)
        return
    from peft import LoraConfig, get_peft_model

    adapted = get_peft_model(model, LoraConfig(r=16, target_modules="all-linear", task_type="CAUSAL_LM"))
    trained = sum(weight.numel() for weight in adapted.parameters() if weight.requires_grad)
    assert parameters_of(ready) == (every, trained)


def test_steps_are_those_of_the_trainer(tokenizer):
    ready = ready_of(
        tokenizer, CLASSIFICATION, ROWS, "{base: demo, batch_size: 8, gradient_accumulation: 2, epochs: 2.5}"
    )
    planned, counts = steps_of(ready), ready.encoded["train"].counts
    assert (planned.rows, planned.rows_a_step, planned.steps_an_epoch, planned.steps) == (41, 13.7, 3, 8)
    assert planned.tokens_a_step == pytest.approx(counts.tokens / 3, abs=0.1)


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
