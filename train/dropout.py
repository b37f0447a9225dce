"""The rates of dropout of a base: what `train.dropout` sets in its configuration, and what it does not reach."""

from copy import deepcopy
from typing import Any

from train.process import say

DROPOUTS = (
    "activation_dropout", "attention_dropout", "attention_probs_dropout_prob", "attn_pdrop", "dropout", "emb_pdrop",
    "embd_pdrop", "embed_dropout", "hidden_dropout", "hidden_dropout_prob", "resid_dropout", "resid_pdrop", "residual_dropout",
)  # fmt: skip
"""What the configurations of transformers call a rate of dropout."""
NAMED_PLACES = 5
"""So many places of a model are named in a line."""


def dropout_names(config: Any) -> list[str]:
    """Return which settings of a model's configuration are rates of dropout."""
    text = config.get_text_config()
    return [name for name in DROPOUTS if isinstance(getattr(text, name, None), (int, float))]


def with_dropout(config: Any, rate: float) -> Any:
    """Return a copy of a configuration in which every rate of dropout is this one."""
    changed = deepcopy(config)
    for name in dropout_names(changed):
        setattr(changed.get_text_config(), name, rate)
    return changed


def other_dropout(model: Any, rate: float) -> dict[str, float]:
    """Return the rates of a model, by where they stand in it, that its configuration does not set to `rate`."""
    return {
        f"{place}.{name}".lstrip("."): float(value)
        for place, module in model.named_modules()
        for name, value in vars(module).items()
        if ("drop" in name or (name == "p" and "Dropout" in type(module).__name__))
        and type(value) in (int, float)
        and value not in (0, rate)
    }


def tell_other_dropout(model: Any, rate: float) -> None:
    """Say on stderr which rates of a model `train.dropout` does not reach."""
    others = other_dropout(model, rate)
    if others:
        named = ", ".join(f"{place} {value:g}" for place, value in list(others.items())[:NAMED_PLACES])
        more = f" and {len(others) - NAMED_PLACES:,} more" if len(others) > NAMED_PLACES else ""
        say(f"train: the base keeps dropout of its own, which train.dropout does not set: {named}{more}")
