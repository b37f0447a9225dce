"""Training without padding: whether a base allows it, held by two short rows that stand end to end."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from curate.errors import Mistake, UserError
from curate.train_settings import Train
from train.attention import CannotPackError, packed_attention
from train.process import say

TOLERANCE = {"float32": 1e-3, "bfloat16": 0.2}
"""Largest difference of a row's logits, packed and alone, in standard deviations of the logits."""
SHORT = ((11, 7, 29, 3, 17, 23, 5), (13, 2, 31, 19, 37))
"""The tokens of two rows, that a base is tried on."""


def packs(settings: Train, model: Any, *, bfloat16: bool) -> bool:
    """Return whether rows are packed; raise `UserError` where the recipe asks for it and the base or a setting forbids it."""
    if settings.packing is False:
        return False
    reason = obstacle(settings, model, bfloat16=bfloat16)
    if reason is None:
        return True
    if settings.packing is True or settings.batch_tokens is not None:
        where = "train.packing" if settings.packing is True else "train.batch_tokens"
        raise UserError(Mistake(where, f"rows cannot be packed: {reason}", "write packing: false, and batch_size"))
    say(f"train: rows are padded, for {reason}")
    return False


def obstacle(settings: Train, model: Any, *, bfloat16: bool) -> str | None:
    """Return why rows of this base cannot be packed, or None: two short rows end to end must have the logits of each alone."""
    import torch

    if settings.trainer.get("neftune_noise_alpha"):
        return "train.trainer.neftune_noise_alpha scales its noise by the length of a padded row"
    if not getattr(model, "_supports_attention_backend", False):
        return "the base has an attention of its own"
    first, second = ([token % model.config.get_text_config().vocab_size for token in row] for row in SHORT)
    device = model.device.type
    with torch.inference_mode(), torch.autocast(device, torch.bfloat16, enabled=bfloat16):
        alone = [_logits(model, [row]) for row in (first, second)]
        try:
            with packed_attention(model):
                with _learning(model):  # what it drops out it drops only while it learns
                    _logits(model, [first, second])
                packed = _logits(model, [first, second])
        except CannotPackError as error:
            return f"the base {error}"
    apart = torch.cat(alone)
    difference = float((packed - apart).abs().max() / apart.std().clamp(min=1e-9))
    limit = TOLERANCE["bfloat16" if bfloat16 else "float32"]
    return None if difference <= limit else "the base lets packed rows change one another"


@contextmanager
def _learning(model: Any) -> Iterator[None]:
    """Let a model that rests be for a while as it is when it learns."""
    model.train()
    try:
        yield
    finally:
        model.eval()


def _logits(model: Any, rows: Sequence[Sequence[int]]) -> Any:
    import torch

    tokens = torch.tensor([[token for row in rows for token in row]], device=model.device)
    places = torch.tensor([[place for row in rows for place in range(len(row))]], device=model.device)
    borders = torch.tensor([0, *(len(row) for row in rows)], device=model.device).cumsum(0).to(torch.int32)
    longest = max(map(len, rows))
    borders_of_rows = {
        "cu_seq_lens_q": borders,
        "cu_seq_lens_k": borders,
        "max_length_q": longest,
        "max_length_k": longest,
    }
    return model(input_ids=tokens, position_ids=places, use_cache=False, **borders_of_rows).logits[0].float()
