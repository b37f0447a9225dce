"""How far two models' next words are apart: Kullback-Leibler divergences over the whole vocabulary, position by position."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from train.batches import batches
from train.models import LoadedModel, padded
from train.shared_beginnings import Numbers

LOGITS_AT_ONCE = 2**25  # numbers in the logits of one model at once: 128 MiB in float32, of which half a dozen are held


def divergences(
    base: LoadedModel, tuned: LoadedModel, rows: Sequence[list[int]], tokens: int, tick: Callable[[int], None]
) -> Numbers:
    """Return for each row of tokens the sums of KL(base ‖ tuned) and of KL(tuned ‖ base), in nats (rows × 2).

    The sums are over the positions of a row but the last: those that predict a token of it. Each divergence is computed in
    float32 over the full distribution, and summed in float64. Both models read the same batches, so that a model is at 0 from
    itself. The head is applied to so few positions at once that memory stays bounded.
    """
    sizes = {int(each.model.get_output_embeddings().weight.shape[0]) for each in (base, tuned)}
    assert len(sizes) == 1, f"base and tuned model have vocabularies of different sizes: {sorted(sizes)}"
    cells = max(LOGITS_AT_ONCE // sizes.pop(), 1)
    found = np.zeros((len(rows), 2))
    lengths = [len(row) for row in rows]
    for places in batches(lengths, tokens, [0] * len(rows), cells):
        found[places] = _sums(base, tuned, [rows[place] for place in places], cells)
        tick(len(places))
    assert np.isfinite(found).all(), "a divergence is not a number"
    return found


def _sums(base: LoadedModel, tuned: LoadedModel, rows: Sequence[list[int]], cells: int) -> Numbers:
    """Return the sums of one batch. A row that is too long for one head is read again for each part of its positions."""
    import torch

    device = base.model.device
    inputs = padded(rows, base.tokenizer.pad_token_id).to(device)
    mask = padded([[1] * len(row) for row in rows], 0).to(device)
    sums = torch.zeros((len(rows), 2), dtype=torch.float64)
    last, at_once = inputs.shape[1] - 1, max(cells // len(rows), 1)
    with torch.inference_mode():
        for start in range(0, last, at_once):
            wanted = torch.arange(start, min(start + at_once, last), device=device)
            first, second = (_log_softmax(each, inputs, mask, wanted) for each in (base, tuned))
            unseen = mask[:, wanted + 1] == 0
            for place, apart in enumerate((_divergence(first, second), _divergence(second, first))):
                sums[:, place] += apart.masked_fill(unseen, 0).double().sum(dim=1).cpu()
    found: Numbers = sums.numpy()
    return found


def _log_softmax(loaded: LoadedModel, inputs: Any, mask: Any, wanted: Any) -> Any:
    logits = loaded.model(input_ids=inputs, attention_mask=mask, use_cache=False, logits_to_keep=wanted).logits
    return logits.float().log_softmax(dim=-1)


def _divergence(of: Any, to: Any) -> Any:
    """Return Σ p · (log p − log q) at each position (rows × positions), from two log-softmaxes."""
    return (of.exp() * (of - to)).sum(dim=-1)
