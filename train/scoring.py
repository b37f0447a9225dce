"""Log-likelihoods: of each label with its end token, or of an answer; float32, a batch of one equals a batch of many."""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from train.models import LoadedModel, padded
from train.tokens import MASKED, Encoded, encode_pairs

LARGEST_LOGITS = 2**27  # numbers in the logits of one batch: 512 MiB in float32
Numbers = npt.NDArray[np.float64]


def batches(lengths: Sequence[int], tokens: int, firsts: Sequence[int] = (), cells: int = 0) -> list[list[int]]:
    """Group places into batches, longest first, so that rows × longest row is at most `tokens` (a long row stands alone).

    With `firsts`, the place in each row from which the head is needed, also rows × columns of logits is at most `cells`.
    """
    order = sorted(range(len(lengths)), key=lambda place: (-lengths[place], place))
    grouped: list[list[int]] = []
    longest = first = 0
    for place in order:
        rows = len(grouped[-1]) + 1 if grouped else 0
        earliest = min(first, firsts[place]) if firsts else 0
        if grouped and rows * longest <= tokens and (not firsts or rows * (longest - earliest) <= cells):
            grouped[-1].append(place)
            first = earliest
        else:
            grouped.append([place])
            longest, first = lengths[place], firsts[place] if firsts else 0
    return grouped


def log_likelihoods(
    loaded: LoadedModel, encoded: Encoded, tokens: int, tick: Callable[[int], None]
) -> tuple[Numbers, npt.NDArray[np.int64]]:
    """Return for each row the sum of the log-likelihoods of its supervised tokens (nats), and their number.

    The head is applied only at the positions of the batch that predict a supervised token.
    """
    total, count = np.zeros(len(encoded.input_ids)), np.zeros(len(encoded.input_ids), dtype=np.int64)
    vocabulary = loaded.model.get_output_embeddings().weight.shape[0]
    firsts = [
        next((place for place, label in enumerate(labels) if label != MASKED), len(labels)) - 1
        for labels in encoded.labels
    ]
    for places in batches([len(ids) for ids in encoded.input_ids], tokens, firsts, LARGEST_LOGITS // vocabulary):
        sums, counts = _score(loaded, [encoded.input_ids[p] for p in places], [encoded.labels[p] for p in places])
        total[places], count[places] = sums, counts
        tick(len(places))
    assert np.isfinite(total).all(), "a log-likelihood is not a number"
    return total, count


def _score(loaded: LoadedModel, ids: list[list[int]], labels: list[list[int]]) -> tuple[Numbers, npt.NDArray[np.int64]]:
    import torch

    model, device = loaded.model, loaded.model.device
    inputs = padded(ids, loaded.tokenizer.pad_token_id).to(device)
    mask = padded([[1] * len(row) for row in ids], 0).to(device)
    targets = padded(labels, MASKED)[:, 1:].to(device)
    wanted = (targets != MASKED).any(dim=0).nonzero().flatten()
    if not len(wanted):
        return np.zeros(len(ids)), np.zeros(len(ids), dtype=np.int64)
    with torch.inference_mode():
        logits = model(input_ids=inputs, attention_mask=mask, use_cache=False, logits_to_keep=wanted).logits
        kept = targets[:, wanted]
        chosen = logits.gather(2, kept.clamp(min=0)[:, :, None])[:, :, 0].float()
        likelihood = chosen - logits.float().logsumexp(dim=-1)  # the log-softmax at the label, in float32
        seen = kept != MASKED
        sums = likelihood.masked_fill(~seen, 0).double().sum(dim=1)
    return sums.cpu().numpy(), seen.sum(dim=1).cpu().numpy()


def score_labels(
    loaded: LoadedModel,
    prompts: Sequence[str],
    words: Sequence[str],
    *,
    maximum: int,
    tokens: int,
    tick: Callable[[int], None],
) -> Numbers:
    """Return one row a prompt and one column a word: the log-likelihood of the word and the end token after the prompt."""
    repeated = [prompt for prompt in prompts for _word in words]
    encoded = encode_pairs(loaded.tokenizer, repeated, [word for _prompt in prompts for word in words], maximum)
    assert not encoded.left_out, "a label is longer than the longest row"
    total, _count = log_likelihoods(loaded, encoded, tokens, tick)
    return total.reshape(len(prompts), len(words))
