"""Log-likelihoods: of each label with its end token, or of an answer; float32, a batch of one equals a batch of many."""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from train.batches import ENOUGH, LARGEST_LOGITS, batches
from train.models import LoadedModel, padded
from train.shared_beginnings import Numbers, reach, score_shared, share
from train.tokens import MASKED, Encoded, encode_pairs, supervised_places


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
    for places in batches(
        [len(ids) for ids in encoded.input_ids], tokens, firsts, LARGEST_LOGITS // vocabulary, ENOUGH
    ):
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


def log_likelihoods_of_groups(
    loaded: LoadedModel,
    encoded: Encoded,
    groups: Sequence[Sequence[int]],
    tokens: int,
    tick: Callable[[int], None],
    *,
    long: bool = False,
) -> tuple[Numbers, npt.NDArray[np.int64]]:
    """Return what `log_likelihoods` does, in less time where rows of a group begin alike; each place is in one group.

    A beginning is read once if the model's cache of it can be reused (see `shared_beginnings.reach`); the other rows, and
    those of a model without such a cache, are read whole. `long` ones are followed by many ends (see `score_shared`).
    """
    reused = reach(loaded.model)
    parts = share(encoded, groups, loaded.model.get_output_embeddings().weight.shape[0])
    shared = [part for part in parts if part.length and part.longest <= reused.longest]
    total = score_shared(loaded, encoded, shared, min(tokens, reused.tokens), tick, long=long)
    whole = sorted(set(range(len(total))) - {place for part in shared for place in part.places})
    rows = Encoded([encoded.input_ids[place] for place in whole], [encoded.labels[place] for place in whole])
    total[whole], _count = log_likelihoods(loaded, rows, tokens, tick)
    assert np.isfinite(total).all(), "a log-likelihood is not a number"
    return total, np.array([len(supervised_places(labels)) for labels in encoded.labels], dtype=np.int64)


def score_labels(
    loaded: LoadedModel,
    prompts: Sequence[str],
    words: Sequence[str],
    *,
    maximum: int,
    tokens: int,
    tick: Callable[[int], None],
) -> Numbers:
    """Return one row a prompt and one column a word: the log-likelihood of the word and the end token after the prompt.

    Prompt and word are tokenised together, so what a prompt's rows share is found among their tokens.
    """
    encoded = encode_labels(loaded, prompts, words, maximum)
    return score_encoded(loaded, encoded, len(words), tokens=tokens, tick=tick)


def encode_labels(loaded: LoadedModel, prompts: Sequence[str], words: Sequence[str], maximum: int) -> Encoded:
    """Return every prompt with each word after it, prompt by prompt."""
    repeated = [prompt for prompt in prompts for _word in words]
    return encode_pairs(loaded.tokenizer, repeated, [word for _prompt in prompts for word in words], maximum)


def score_encoded(
    loaded: LoadedModel,
    encoded: Encoded,
    words: int,
    *,
    tokens: int,
    tick: Callable[[int], None],
    alike: bool = False,
) -> Numbers:
    """Return what `score_labels` does, of so many tokenised rows a prompt as there are words.

    `alike` says that the prompts begin alike too, and that most of them is this beginning: then it is read once for all.
    """
    assert not encoded.left_out, "a label is longer than the longest row"
    rows = len(encoded.input_ids)
    groups = [range(rows)] if alike and rows else [range(start, start + words) for start in range(0, rows, words)]
    total, _count = log_likelihoods_of_groups(loaded, encoded, groups, tokens, tick, long=alike)
    return total.reshape(rows // words, words)


def as_table(rows: pl.DataFrame, labels: Sequence[str], scores: Numbers) -> pl.DataFrame:
    """Return the number of each row, its score of every label, and the best label as its answer."""
    return rows.select("row").with_columns(
        *(pl.Series(f"score_{label}", scores[:, place], dtype=pl.Float64) for place, label in enumerate(labels)),
        pl.Series("answer", [labels[place] for place in scores.argmax(axis=1)], dtype=pl.String),
    )
