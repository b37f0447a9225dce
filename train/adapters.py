"""Low-rank adapters: plain, with weight decomposition, or on a base in 4 bits; and merging them into the base."""

from importlib.util import find_spec
from typing import Any

from curate.errors import Mistake, UserError
from curate.train_settings import ADAPTERS, Train

WHERE, PACKAGE = "train.method", "bitsandbytes"
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


def check_four_bits(device: str) -> None:
    """Raise `UserError` if bitsandbytes is not installed or does not put a weight in 4 bits and back on this device."""
    import torch

    hint = "pip install 'fairlead[qlora]', or write method: lora"
    if find_spec(PACKAGE) is None:
        what = f"qlora needs the package '{PACKAGE}', which is not installed"
        raise UserError(Mistake(WHERE, what, hint))
    try:
        from bitsandbytes.functional import dequantize_4bit, quantize_4bit  # noqa: PLC0415  (it loads native code)

        packed, state = quantize_4bit(torch.ones(64, 64, device=device), quant_type="nf4", compress_statistics=True)
        dequantize_4bit(packed, state)
    except (ImportError, OSError, RuntimeError, AttributeError) as error:  # its native library is told by each of them
        said = (str(error).strip().splitlines() or [type(error).__name__])[0][:160]
        what = f"qlora needs '{PACKAGE}', which does not work on this {device} ({said})"
        raise UserError(
            Mistake(WHERE, what, "install one that fits this machine and its torch, or write method: lora")
        ) from error


def saves_adapter(settings: Train) -> bool:
    """Return whether what is saved is an adapter alone, which needs its base to load."""
    return settings.method in ADAPTERS and not settings.lora.merge
