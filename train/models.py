"""Loading models and tokenizers: the demo base, a folder or a hub id; one device, one attention, agreed end and pad tokens."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from curate.errors import Mistake, UserError
from curate.files import digest_text
from curate.recipe import Recipe
from curate.store import RunDirectory
from curate.task import Chat
from train.adapters import four_bits
from train.bases import WHERE, base_folder, demo_positions, demo_texts
from train.chat import turn_end
from train.demo_base import make_config, make_tokenizer
from train.dropout import with_dropout
from train.process import cores
from train.settings import settings_of

PAD = "<|pad|>"
WEIGHTS_DTYPE = "float32"
"""What weights are loaded and trained in; bfloat16 comes in by autocast alone."""


@dataclass(frozen=True)
class Outline:
    """What is known of a base without its weights: its configuration, and its tokenizer with end and pad tokens settled."""

    config: Any
    tokenizer: Any


@dataclass(frozen=True)
class LoadedModel:
    """A causal language model and the tokenizer that agrees with it."""

    model: Any
    tokenizer: Any


def tokenizer_identity(tokenizer: Any) -> str:
    """Return the digest of what a tokenizer does with a text."""
    return digest_text(tokenizer.backend_tokenizer.to_str())


def base_outline(run: RunDirectory, recipe: Recipe) -> Outline:
    """Return tokenizer and shape of the recipe's base without its weights, which are not made or fetched for it."""
    train = settings_of(recipe)
    if train.base == "demo":
        tokenizer = make_tokenizer(demo_texts(run, recipe), train.demo.vocabulary)
        config = make_config(tokenizer, train.demo, demo_positions(train))
    else:
        folder = base_folder(train.base, weights=False)
        tokenizer = load_tokenizer(folder)
        config = load_config(folder)
    align_tokenizer(tokenizer, is_chat=isinstance(recipe.task, Chat))
    return Outline(config, tokenizer)


def load_config(folder: Path) -> Any:
    """Load the configuration of a base, which says its shape."""
    from transformers import AutoConfig

    try:
        return AutoConfig.from_pretrained(folder, trust_remote_code=False, local_files_only=True)
    except (OSError, ValueError, KeyError) as error:
        what = f"its config does not load ({_first_line(error)})"
        raise UserError(Mistake(WHERE, what, "it may not need code of its own")) from error


def choose_device(wanted: str) -> str:
    """Return `cuda` or `cpu`; raise `UserError` if the recipe asks for a GPU that is not there."""
    import torch

    if wanted == "cuda" and not torch.cuda.is_available():
        raise UserError(
            Mistake(
                "train.device", "'cuda' is not available here", "write device: auto, or run on a machine with a GPU"
            )
        )
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS") or cores()))
    return "cuda" if wanted != "cpu" and torch.cuda.is_available() else "cpu"


def uses_bfloat16(precision: str, device: str) -> bool:
    """Return whether to train under bfloat16 autocast: on a GPU that has it, never on a CPU."""
    import torch

    able = device == "cuda" and torch.cuda.is_bf16_supported()
    if precision == "bfloat16" and not able:
        raise UserError(
            Mistake("train.precision", f"bfloat16 is not available on this {device}", "write precision: auto")
        )
    return precision != "float32" and able


def load_model(folder: Path, device: str, *, dropout: float | None = None, quantized: bool = False) -> Any:
    """Load a causal language model with float32 weights and SDPA attention (eager where the model has no SDPA).

    With `dropout`, be it 0, that is the rate of its layers of dropout in place of its own; a `quantized` one stands in 4 bits.
    """
    import torch
    from transformers import AutoModelForCausalLM

    settings = {
        "dtype": getattr(torch, WEIGHTS_DTYPE),
        "trust_remote_code": False,
        "use_safetensors": True,
        "local_files_only": True,
        **({"quantization_config": four_bits(device), "device_map": {"": device}} if quantized else {}),
    }
    try:
        if dropout is not None:
            settings |= {"config": with_dropout(load_config(folder), dropout)}
        try:
            model = AutoModelForCausalLM.from_pretrained(folder, attn_implementation="sdpa", **settings)
        except ValueError as error:
            if "scaled_dot_product_attention" not in str(error):
                raise
            model = AutoModelForCausalLM.from_pretrained(folder, attn_implementation="eager", **settings)
    except (OSError, ValueError, KeyError) as error:
        what = f"'{folder}' does not load as a causal language model ({_first_line(error)})"
        raise UserError(
            Mistake(WHERE, what, "it needs config.json and *.safetensors, and may not need code of its own")
        ) from error
    return model.eval() if quantized else model.to(device).eval()


def load_tokenizer(folder: Path) -> Any:
    """Load a tokenizer that knows the place of each token in the text, and has an end token."""
    from transformers import AutoTokenizer

    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=False, local_files_only=True)
    except (OSError, ValueError, KeyError) as error:
        what = f"the tokenizer of '{folder}' does not load ({_first_line(error)})"
        raise UserError(Mistake(WHERE, what, "it needs tokenizer.json")) from error
    if not tokenizer.is_fast:
        raise UserError(
            Mistake(WHERE, "its tokenizer gives no positions in the text", "use a base with a tokenizer.json")
        )
    return tokenizer


def load_base(folder: Path, recipe: Recipe, device: str, *, to_tune: bool = False) -> LoadedModel:
    """Return the base model, with end and pad tokens agreed with its tokenizer; `to_tune` as its recipe tunes it.

    A base that is not to be tuned is the base as it is, and not in 4 bits; where nothing learns, nothing is dropped.
    """
    settings = settings_of(recipe)
    dropout, quantized = (settings.dropout, settings.method == "qlora") if to_tune else (None, False)
    loaded = LoadedModel(load_model(folder, device, dropout=dropout, quantized=quantized), load_tokenizer(folder))
    align(loaded, is_chat=isinstance(recipe.task, Chat))
    return loaded


def load_tuned(folder: Path, base: Path, recipe: Recipe, device: str) -> LoadedModel:
    """Return a tuned model; an adapter is put on its base."""
    tokenizer = load_tokenizer(folder)
    if not (folder / "adapter_config.json").is_file():
        return LoadedModel(load_model(folder, device), tokenizer)
    from peft import PeftModel

    model = load_base(base, recipe, device, to_tune=True).model
    return LoadedModel(PeftModel.from_pretrained(model, folder).to(device).eval(), tokenizer)


def align_tokenizer(tokenizer: Any, *, is_chat: bool) -> None:
    """Settle a tokenizer's end token (of a conversation the one with which the template ends a turn), and a pad that is another."""
    if is_chat:
        tokenizer.eos_token = tokenizer.convert_ids_to_tokens(turn_end(tokenizer, WHERE))
    if tokenizer.eos_token_id is None:
        raise UserError(
            Mistake(
                WHERE, "its tokenizer has no end token", "a model tuned without one would never stop; use another base"
            )
        )
    if tokenizer.pad_token_id in (None, tokenizer.eos_token_id):
        unknown = tokenizer.unk_token_id
        takes_unknown = unknown is not None and unknown != tokenizer.eos_token_id
        tokenizer.add_special_tokens({"pad_token": tokenizer.unk_token if takes_unknown else PAD})


def align(loaded: LoadedModel, *, is_chat: bool) -> None:
    """Agree on end and pad tokens in tokenizer, config and generation config; pad is never the end token."""
    model, tokenizer = loaded.model, loaded.tokenizer
    align_tokenizer(tokenizer, is_chat=is_chat)
    _make_room(model, len(tokenizer))
    for config in (model.config, model.generation_config):
        config.eos_token_id, config.pad_token_id = tokenizer.eos_token_id, tokenizer.pad_token_id
        config.bos_token_id = tokenizer.bos_token_id


def _make_room(model: Any, vocabulary: int) -> None:
    """Give every token of the vocabulary a row in the embeddings; a row that they lack is the mean of the others."""
    before = model.get_input_embeddings().weight.shape[0]
    if vocabulary <= before:
        return
    model.resize_token_embeddings(vocabulary, mean_resizing=False)
    for layer in (model.get_input_embeddings(), model.get_output_embeddings()):
        layer.weight.data[before:] = layer.weight.data[:before].mean(dim=0)


def positions_of(config: Any) -> int | None:
    """Return how many positions a model has for tokens, or None where its configuration names no number."""
    found: int | None = getattr(config.get_text_config(), "max_position_embeddings", None)
    return found


def longest_row(config: Any, wanted: int) -> int:
    """Return `wanted` tokens, or raise `UserError` if the model has fewer positions."""
    positions = positions_of(config)
    if positions is not None and wanted > positions:
        raise UserError(
            Mistake("train.max_length", f"{wanted} tokens are more than the base's {positions} positions", "lower it")
        )
    return wanted


def padded(rows: Sequence[Sequence[int]], fill: int, *, left: bool = False) -> Any:
    """Return ragged rows as one tensor."""
    import torch

    width = max(len(row) for row in rows)
    return torch.tensor(
        [[fill] * (width - len(row)) + list(row) if left else list(row) + [fill] * (width - len(row)) for row in rows]
    )


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:160]
