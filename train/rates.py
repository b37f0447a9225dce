"""Which learning rates are usual, and at which nothing can be learned."""

from typing import Any

from curate.train_settings import Train
from train.trainer_settings import ALWAYS

USUAL_RATES = {"demo": (1e-4, 1e-2), "full": (2e-6, 2e-4), "adapter": (2e-5, 2e-3)}
"""A decade on either side of a rate that is known to do: of small models trained from nothing 1e-3 (nanoGPT,
config/train_shakespeare_char.py), of other bases 2e-5, the default of TRL's SFTConfig; adapters take about ten times the rate of
full fine-tuning (Schulman and Thinking Machines Lab 2025, LoRA Without Regret)."""
BY_THE_RATE = ("adam", "lion", "adafactor", "rmsprop")
"""What the names of optimisers hold whose step does not grow with the gradient: it moves a weight by about the rate (Kingma and
Ba 2015, Adam, section 2.1), so that a rate says by itself whether a model can learn."""
TOO_HIGH = 0.1
"""A step that moves each weight by so much leaves nothing of weights that begin at about 0.02 (`initializer_range` in
transformers)."""
TOO_LOW = 1e-9
"""A step of less leaves a weight of 0.02 as it is: neighbouring float32 numbers are 1.9e-9 apart there."""


def usual_rates(train: Train) -> tuple[float, float]:
    """Return the lowest and the highest rate that is usual for a recipe's base and method."""
    if train.base == "demo":
        return USUAL_RATES["demo"]
    return USUAL_RATES["full" if train.method == "full" else "adapter"]


def fault_of(rate: float, train: Train) -> str:
    """Return in words why nothing can be learned at a rate; nothing where something can, or where the optimiser decides it."""
    optimiser: Any = train.trainer.get("optim", ALWAYS["optim"])
    if not any(name in str(optimiser) for name in BY_THE_RATE):
        return ""
    moved = f"a step of {optimiser} moves each weight by about the rate"
    if rate >= TOO_HIGH:
        return f"{moved}, and weights are about 0.02: nothing of the model would be left"
    if rate < TOO_LOW:
        return f"{moved}, which float32 weights of 0.02 do not notice: nothing would be learned"
    return ""
