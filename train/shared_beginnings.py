"""Log-likelihoods of rows that begin alike: each beginning is read once, and its keys and values serve all of its ends."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from train.batches import ENOUGH, LARGEST_LOGITS, batches
from train.models import LoadedModel, padded
from train.shared_ends import asked, columns_of, lay_out, seen, tokens_of
from train.tokens import Encoded, supervised_places

Numbers = npt.NDArray[np.float64]
LARGEST_CACHE = 2**31  # bytes of keys and values in one batch
UNLIMITED = 2**62
WIDEST = 512  # tokens in all the ends that follow one beginning: each looks at all of them, though it sees only its own
ATTENTIONS = ("sdpa", "eager")  # those that take a mask of any shape


@dataclass(frozen=True)
class Reach:
    """Rows of at most `longest` tokens may share a beginning (0: the model's cache cannot be reused), `tokens` in one batch."""

    longest: int
    tokens: int


@dataclass(frozen=True)
class Shared:
    """Rows whose first `length` tokens are the same.

    After them `ends` tokens are to be read in all; the longest row has `longest`, and the head is needed from place `first`.
    """

    places: list[int]
    length: int
    ends: int
    longest: int
    first: int


def reach(model: Any) -> Reach:
    """Return how far the keys and values of a beginning can be reused over several ends, from what the model itself says.

    It needs two things. The model's attention is that of transformers, which takes positions and mask as they are given (one
    of its own, with ALiBi or a window of its own making, may count from the place in the cache). And the cache that it
    makes holds nothing but keys and values: of every token, or of a window that is longer than the row. A state (Mamba), a
    hybrid or an unknown kind of layer is none of that.
    """
    import torch
    from transformers import DynamicCache
    from transformers.cache_utils import DynamicLayer, DynamicSlidingWindowLayer

    never = Reach(0, 0)
    if not model.is_backend_compatible() or model.config._attn_implementation not in ATTENTIONS:  # noqa: SLF001
        return never
    one = torch.zeros((1, 1), dtype=torch.long, device=model.device)
    with torch.inference_mode():
        said = model(input_ids=one, use_cache=True, logits_to_keep=1)
    cache: Any = getattr(said, "past_key_values", None)
    kinds = {type(layer) for layer in cache.layers} if type(cache) is DynamicCache else {None}
    if not kinds <= {DynamicLayer, DynamicSlidingWindowLayer}:
        return never
    windows = [layer.sliding_window - 1 for layer in cache.layers if isinstance(layer, DynamicSlidingWindowLayer)]
    size = sum(layer.keys.nbytes + layer.values.nbytes for layer in cache.layers)
    return Reach(min(windows, default=UNLIMITED), LARGEST_CACHE // size)


def share(encoded: Encoded, groups: Sequence[Sequence[int]], vocabulary: int) -> list[Shared]:
    """Return the rows of each group (their places) in parts that begin alike, with no more tokens in their ends than fit.

    Rows share a beginning if they have half of the shortest row in common: less is not worth two passes. (The rows of one
    prompt have less only where it was cut, and more of it for a longer label.) What they share is never the whole of a row:
    its last token is only predicted.
    """
    widest = min(WIDEST, LARGEST_LOGITS // vocabulary)
    found: list[Shared] = []
    for group in groups:
        half = max(1, min(len(encoded.input_ids[place]) for place in group) // 2)
        alike: dict[tuple[int, ...], list[int]] = {}
        for place in group:
            alike.setdefault(tuple(encoded.input_ids[place][:half]), []).append(place)
        for places in alike.values():
            found += _parts(encoded, places, widest)
    return found


def _parts(encoded: Encoded, places: list[int], widest: int) -> Iterator[Shared]:
    rows = [encoded.input_ids[place] for place in places]
    shortest, longest = min(map(len, rows)), max(map(len, rows))
    parted = (at for at, tokens in enumerate(zip(min(rows), max(rows), strict=False)) if tokens[0] != tokens[1])
    length = min(next(parted, shortest), shortest - 1)  # the first and the last in the order of tokens part the soonest
    supervised = [at for place in places for at in supervised_places(encoded.labels[place])[:1]]
    first = min([length, *supervised]) - 1
    part: list[int] = []
    ends = 0
    for place, row in zip(places, rows, strict=True):
        more = len(row) - 1 - length
        if part and ends + more > widest:
            yield Shared(part, length, ends, longest, first)
            part, ends = [], 0
        part.append(place)
        ends += more
    yield Shared(part, length, ends, longest, first)


def score_shared(
    loaded: LoadedModel,
    encoded: Encoded,
    shared: Sequence[Shared],
    tokens: int,
    tick: Callable[[int], None],
    *,
    long: bool = False,
) -> Numbers:
    """Return the sum of the log-likelihoods (nats) of each row's supervised tokens; 0 for rows that `shared` does not name.

    `tokens` bounds those of a batch, its ends included; fewer are taken if their keys and values would be too many. Where
    beginnings are `long` one that several parts of a batch have is read once for them all, what neighbouring rows have in
    common before their supervised tokens is read once too, and the head is applied only where one of those is predicted.
    """
    total = np.zeros(len(encoded.input_ids))
    cells = LARGEST_LOGITS // loaded.model.get_output_embeddings().weight.shape[0]
    lengths, firsts = [each.length + each.ends for each in shared], [each.first for each in shared]
    if long:
        wanted = [sum(len(supervised_places(encoded.labels[place])) for place in each.places) for each in shared]
        firsts = [max(length - 1 - count, 0) for length, count in zip(lengths, wanted, strict=True)]
    found = []
    for chosen in batches(lengths, tokens, firsts, cells, ENOUGH):
        together = [shared[place] for place in chosen]
        found.append(_score(loaded, encoded, together, long=long))
        tick(sum(len(each.places) for each in together))
    for places, likelihoods in found:  # now, so that nothing waited for a device between two batches
        np.add.at(total, places.numpy(), likelihoods.double().cpu().numpy())
    return total


def _score(loaded: LoadedModel, encoded: Encoded, together: Sequence[Shared], *, long: bool) -> tuple[Any, Any]:
    """Return for each supervised token of some rows the place of its row, and its log-likelihood in float32.

    The first pass reads the beginnings; it predicts the first token of every end. The second reads the ends, those of one
    beginning side by side in one line after its keys and values, each at its own positions and blind to the others.
    Padding stands on the right, where no token of a beginning sees it, so the first pass needs neither mask nor positions.
    """
    import torch

    model, pad = loaded.model, loaded.tokenizer.pad_token_id
    lines = [lay_out(encoded, each.places, each.length, long=long) for each in together]
    early, late = asked(encoded, lines)
    beginnings = [tuple(encoded.input_ids[each.places[0]][: each.length]) for each in together]
    distinct = list(dict.fromkeys(beginnings)) if long else beginnings
    inputs = padded(distinct, pad).to(model.device)
    lengths = torch.tensor([each.length for each in together])
    columns = max(each.length - each.first for each in together)
    starts = (torch.tensor([len(each) for each in distinct]) - columns).clamp(min=0)
    kept = (starts[:, None] + torch.arange(columns)).to(model.device)
    if long:
        whose = torch.tensor([distinct.index(each) for each in beginnings])
        early[0] = whose[early[0]]
    early[1] -= starts[early[0]]
    with torch.inference_mode():
        read = model(input_ids=inputs, use_cache=bool(late.numel()), logits_to_keep=kept)
        found = [_log_softmax(read.logits, early)]
        if late.numel():
            if len(distinct) < len(together):
                read.past_key_values.batch_select_indices(whose.to(model.device))
            ends = tokens_of(encoded, lines)
            heads = {"logits_to_keep": columns_of(late, len(together)).to(model.device)} if long else {}
            owners = padded(ends.owners, -1).to(model.device)
            positions = padded(ends.positions, 0).to(model.device)
            branches = padded(ends.branches, 0).to(model.device)
            mask = seen(lengths.to(model.device), inputs.shape[1], owners, branches, model.dtype)
            said = model(
                input_ids=padded(ends.ids, pad).to(model.device), position_ids=positions, attention_mask=mask,
                past_key_values=read.past_key_values, use_cache=True, **heads,
            )  # fmt: skip
            found.append(_log_softmax(said.logits, late))
    return torch.cat([early[3], late[3]]), torch.cat(found)


def _log_softmax(logits: Any, asked: Any) -> Any:
    """Return the log-softmax at the lines, columns and tokens that are asked, in float32."""
    line, column, token = asked[:3].to(logits.device)
    return logits[line, column, token].float() - logits.float().logsumexp(dim=-1)[line, column]
