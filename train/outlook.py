"""What training will take: steps and tokens of a step, parameters, and an estimate of memory. Nothing here needs the weights."""

import math
from copy import deepcopy
from typing import Any

from curate.errors import Mistake, UserError
from train.batches import LARGEST_LOGITS
from train.certificate import Memory, Steps
from train.dropout import with_dropout
from train.job import Ready
from train.settings import settings_of
from train.token_batches import TokenBatches

FLOAT32, BFLOAT16 = 4, 2
ADAM = 2 * FLOAT32
"""Bytes of AdamW's state for a parameter that is trained: two float32 means."""
KEPT_OF_HIDDEN, KEPT_OF_INTERMEDIATE = 10, 4
"""Numbers kept for the backward pass of a token and layer, in hidden and in intermediate sizes: two norms in and out, queries,
keys, values, attention, its projection and two residuals; gate, its activation, up and their product. Counted for a Llama layer
with fused attention, after Korthikanti et al. 2022, Reducing Activation Recomputation, section 4 (there for GELU and 16 bits)."""
OF_4_BITS_IN_A_BYTE = 2
TOY_VOCABULARY, TOY_LAYERS = 64, 2
LOGITS_TILE = 4096
"""Supervised tokens whose logits the trainer's fused head holds at once (TRL 1.16, trl/kernels/chunked_logprob.py)."""


def steps_of(ready: Ready) -> Steps:
    """Return the optimiser's steps, as the trainer counts them."""
    settings, counts = settings_of(ready.recipe), ready.encoded["train"].counts
    rows = counts.rows - counts.left_out
    lengths = [len(ids) for ids in ready.encoded["train"].supervised_rows().input_ids]
    batches = math.ceil(rows / settings.batch_size)
    if settings.trainer.get("dataloader_drop_last"):  # the rows that do not fill a batch
        batches = rows // settings.batch_size
    if settings.batch_tokens is not None:
        batches = len(TokenBatches(lengths, settings.batch_tokens, None))
    an_epoch = max(1, math.ceil(batches / settings.gradient_accumulation))
    most = int(settings.trainer.get("max_steps", -1))
    steps = most if most > 0 else math.ceil(settings.epochs * an_epoch)
    steps = steps if batches else 0
    a_step = rows / an_epoch
    warmup = settings.warmup
    return Steps(
        rows=rows,
        rows_a_step=round(a_step, 1),
        tokens_a_step=round(a_step * counts.tokens / max(counts.rows, 1), 1),
        supervised_a_step=round(a_step * counts.supervised / max(rows, 1), 1),
        steps_an_epoch=an_epoch,
        steps=steps,
        warmup_steps=int(warmup) if warmup >= 1 else math.ceil(steps * warmup),
    )


def parameters_of(ready: Ready) -> tuple[int, int]:
    """Return the number of the base's parameters and of those that are trained; the weights are not made for it.

    Raises `UserError` where the recipe asks for an adapter and the base has no layer that one stands on.
    """
    model = outline_model(ready)
    every = sum(weight.numel() for weight in model.parameters())
    settings = settings_of(ready.recipe)
    if settings.method == "full":
        return every, every
    rank, more = settings.lora.rank, int(settings.method == "dora")  # one size of a direction for each output
    linear = linear_sizes(model)
    if not linear:
        what = f"{settings.method} has nothing to stand on: the base has no linear layer but its head"
        raise UserError(Mistake("train.method", what, "write method: full, or use another base"))
    return every, sum(rank * (inputs + outputs) + more * outputs for inputs, outputs in linear)


def toy_model(ready: Ready) -> Any:
    """Return a model of the base's kind with two layers and few tokens, its weights drawn from a seed."""
    import torch
    from transformers import AutoModelForCausalLM

    config = with_dropout(ready.outline.config, settings_of(ready.recipe).dropout)
    text = config.get_text_config()
    text.vocab_size, text.num_hidden_layers = TOY_VOCABULARY, min(TOY_LAYERS, text.num_hidden_layers)
    text.pad_token_id = text.bos_token_id = text.eos_token_id = None
    if getattr(text, "layer_types", None):
        text.layer_types = text.layer_types[: text.num_hidden_layers]
    torch.manual_seed(ready.recipe.seed)
    return AutoModelForCausalLM.from_config(config, trust_remote_code=False).eval()


def linear_sizes(model: Any) -> list[tuple[int, int]]:
    """Return inputs and outputs of every linear layer but the head: those that peft's `all-linear` puts an adapter on."""
    from torch.nn import Linear
    from transformers.pytorch_utils import Conv1D

    layers = [module for module in model.modules() if module is not model.get_output_embeddings()]
    plain = [(each.in_features, each.out_features) for each in layers if isinstance(each, Linear)]
    turned = [tuple(each.weight.shape) for each in layers if isinstance(each, Conv1D)]  # GPT-2's
    return [*plain, *turned]


def outline_model(ready: Ready) -> Any:
    """Return the base's model without memory behind its weights, with a row in its embeddings for every token."""
    import torch
    from transformers import AutoModelForCausalLM

    config = deepcopy(ready.outline.config)
    config.vocab_size = max(config.vocab_size, len(ready.outline.tokenizer))
    with torch.device("meta"):
        return AutoModelForCausalLM.from_config(config, trust_remote_code=False)


def memory_of(ready: Ready, parameters: int, trained: int, *, bfloat16: bool) -> Memory:
    """Return an estimate of the memory of the largest batch, in bytes: of tensors alone, without the libraries themselves."""
    settings, config = settings_of(ready.recipe), ready.outline.config.get_text_config()
    lengths = sorted((len(ids) for ids in ready.encoded["train"].input_ids), reverse=True)[: settings.batch_size]
    tokens = settings.batch_tokens or len(lengths) * lengths[0]
    wide = getattr(config, "intermediate_size", None) or 4 * config.hidden_size
    kept = KEPT_OF_HIDDEN * config.hidden_size + KEPT_OF_INTERMEDIATE * wide
    number = BFLOAT16 if bfloat16 else FLOAT32
    quantized = 0
    if settings.method == "qlora":
        quantized = sum(inputs * outputs for inputs, outputs in linear_sizes(outline_model(ready)))
    parts = {
        "weights": (FLOAT32 + (BFLOAT16 if bfloat16 else 0)) * (parameters - quantized)
        + quantized // OF_4_BITS_IN_A_BYTE,
        "gradients": FLOAT32 * trained,
        "optimizer": ADAM * trained,
        "activations": tokens * config.num_hidden_layers * kept * number,
        "logits": min(tokens, LOGITS_TILE) * config.vocab_size * FLOAT32,
    }
    cells = settings.prediction_tokens * (2 * config.num_hidden_layers * config.hidden_size + kept) * FLOAT32
    asked = min(LARGEST_LOGITS, settings.prediction_tokens * config.vocab_size) * FLOAT32
    return Memory(**parts, training=sum(parts.values()), prediction=FLOAT32 * parameters + cells + asked)
