"""Low-rank adapters: plain, with weight decomposition, or on a base in 4 bits; and merging them into the base."""

from typing import Any

from curate.train_settings import ADAPTERS, Train

MODULES = "all-linear"
"""What peft calls every linear layer but the head."""


def adapter_config(settings: Train) -> Any:
    """Return peft's settings of the adapter; None for a method that has none."""
    if settings.method not in ADAPTERS:
        return None
    from peft import LoraConfig

    return LoraConfig(
        r=settings.lora.rank, lora_alpha=settings.lora.alpha, lora_dropout=settings.lora.dropout,
        use_dora=settings.method == "dora", target_modules=MODULES, task_type="CAUSAL_LM",
    )  # fmt: skip


def keep_float32(model: Any) -> None:
    """Turn the weights that are trained into float32: TRL makes those of an adapter on a quantized base bfloat16."""
    import torch

    for weight in model.parameters():
        if weight.requires_grad:
            weight.data = weight.data.to(torch.float32)


def trains_float32(model: Any) -> bool:
    """Return whether every weight that is trained is float32: in bfloat16 an update smaller than 1/256 of it would be lost."""
    import torch

    return all(weight.dtype == torch.float32 for weight in model.parameters() if weight.requires_grad)


def four_bits(device: str) -> Any:
    """Return the settings of a base in 4 bits (NF4 with double quantization; Dettmers et al. 2023, QLoRA, section 3)."""
    import torch
    from transformers import BitsAndBytesConfig

    computing = torch.bfloat16 if device == "cuda" and torch.cuda.is_bf16_supported() else torch.float32
    return BitsAndBytesConfig(
        load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_use_double_quant=True, bnb_4bit_compute_dtype=computing
    )


def saves_adapter(settings: Train) -> bool:
    """Return whether what is saved is an adapter alone, which needs its base to load."""
    return settings.method in ADAPTERS and not settings.lora.merge
