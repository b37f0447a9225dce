"""Tokenisation in batches: token ids, labels with the prompt masked and the end token supervised, and a count of every cut."""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, ConfigDict

MASKED = -100
Span = tuple[int, int]


class TokenCounts(BaseModel):
    """What tokenisation did to a set of rows. A cut row lost its beginning; a row left out lost its whole answer."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rows: int
    tokens: int
    supervised: int
    longest: int
    cut: int
    cut_tokens: int
    left_out: int


@dataclass(frozen=True)
class Encoded:
    """Rows as tokens. `labels` holds -100 where nothing is to be learnt; a row left out is all -100.

    `lost` says of each row that was cut, by its place, how many tokens it lost. `weights` says what each row counts in the loss;
    empty if every row counts the same.
    """

    input_ids: list[list[int]]
    labels: list[list[int]]
    lost: Mapping[int, int] = field(default_factory=dict)
    weights: tuple[float, ...] = ()

    @property
    def left_out(self) -> list[int]:
        """The places of the rows without a supervised token."""
        return [place for place, labels in enumerate(self.labels) if labels.count(MASKED) == len(labels)]

    @property
    def counts(self) -> TokenCounts:
        """The account of these rows."""
        lengths = [len(ids) for ids in self.input_ids]
        supervised = sum(len(labels) - labels.count(MASKED) for labels in self.labels)
        return TokenCounts(
            rows=len(lengths),
            tokens=sum(lengths),
            supervised=supervised,
            longest=max(lengths, default=0),
            cut=len(self.lost),
            cut_tokens=sum(self.lost.values()),
            left_out=len(self.left_out),
        )

    def supervised_rows(self) -> "Encoded":
        """Return the rows that something can be learnt from."""
        out = set(self.left_out)
        kept = [place for place in range(len(self.input_ids)) if place not in out]
        ids, labels = [self.input_ids[place] for place in kept], [self.labels[place] for place in kept]
        lost = {now: self.lost[place] for now, place in enumerate(kept) if place in self.lost}
        return Encoded(ids, labels, lost, tuple(self.weights[place] for place in kept) if self.weights else ())


def begins_with_bos(tokenizer: Any) -> bool:
    """Return whether this tokenizer puts a token of beginning before a text of its own accord."""
    return tokenizer.bos_token_id is not None and tokenizer("a")["input_ids"][0] == tokenizer.bos_token_id


def encode_texts(tokenizer: Any, texts: Sequence[str], *, special: bool = False) -> list[list[int]]:
    """Return the token ids of texts, without beginning and end. `special` reads `<|end|>` in a text as the token it names."""
    if not texts:
        return []
    found: list[list[int]] = tokenizer(list(texts), add_special_tokens=False, split_special_tokens=not special)[
        "input_ids"
    ]
    return found


def encode_pairs(tokenizer: Any, prompts: Sequence[str], completions: Sequence[str], maximum: int) -> Encoded:
    """Tokenise prompt and completion together, add the end token, and mask the prompt."""
    texts = [prompt + completion for prompt, completion in zip(prompts, completions, strict=True)]
    spans = [((len(prompt), len(text)),) for prompt, text in zip(prompts, texts, strict=True)]
    beginning = [tokenizer.bos_token_id] if begins_with_bos(tokenizer) else []
    rows = _supervise(tokenizer, texts, spans, special=False)
    ended = [
        ([*beginning, *ids, tokenizer.eos_token_id], [MASKED] * len(beginning) + labels + [tokenizer.eos_token_id])
        for ids, labels in rows
    ]
    return _fit(ended, maximum, len(beginning))


def parts_read(tokenizer: Any, prompts: Sequence[str], completions: Sequence[str], maximum: int) -> list[str]:
    """Return of each prompt what `encode_pairs` leaves of it: the characters after the last token that is cut."""
    lost, parts = encode_pairs(tokenizer, prompts, completions, maximum).lost, list(prompts)
    for place, count in lost.items():  # a loop over the rows that are cut
        text = prompts[place] + completions[place]
        said = tokenizer([text], add_special_tokens=False, split_special_tokens=True)
        parts[place] = prompts[place][said.encodings[0].token_to_chars(count - 1)[1] :]
    return parts


def encode_continuations(tokenizer: Any, prompts: Sequence[str], continuations: Sequence[str]) -> Encoded:
    """Tokenise prompt and continuation together and mask the prompt; nothing is cut, and no end token is added.

    A text without a prompt follows a token of beginning (the end token where there is none), so that its first token is scored
    too, as EleutherAI's lm-evaluation-harness does; after a prompt one stands only where the tokenizer puts it.
    """
    texts = [prompt + continuation for prompt, continuation in zip(prompts, continuations, strict=True)]
    spans = [((len(prompt), len(text)),) for prompt, text in zip(prompts, texts, strict=True)]
    first = tokenizer.eos_token_id if tokenizer.bos_token_id is None else tokenizer.bos_token_id
    always = begins_with_bos(tokenizer)
    rows = _supervise(tokenizer, texts, spans, special=False)
    begun = [
        ([first, *ids], [MASKED, *labels]) if always or not prompt else (ids, labels)
        for (ids, labels), prompt in zip(rows, prompts, strict=True)
    ]
    return Encoded([ids for ids, _labels in begun], [labels for _ids, labels in begun])


def encode_rendered(tokenizer: Any, texts: Sequence[str], answers: Sequence[Sequence[Span]], maximum: int) -> Encoded:
    """Tokenise rendered conversations; in each answer supervise up to its end token, and mask everything else."""
    end = tokenizer.eos_token_id
    rows = [(ids, _until_end(ids, labels, end)) for ids, labels in _supervise(tokenizer, texts, answers, special=True)]
    beginning = int(bool(rows) and all(ids[:1] == [tokenizer.bos_token_id] for ids, _labels in rows))
    return _fit(rows, maximum, beginning)


def encode_prompts(tokenizer: Any, prompts: Sequence[str], maximum: int, *, rendered: bool = False) -> list[list[int]]:
    """Tokenise prompts to be continued; one that is too long loses its beginning."""
    beginning = [tokenizer.bos_token_id] if begins_with_bos(tokenizer) and not rendered else []
    found, kept = encode_texts(tokenizer, prompts, special=rendered), maximum - len(beginning)
    assert kept > 0, "a prompt of which nothing is read"
    return [[*beginning, *ids[-kept:]] for ids in found]


def _supervise(
    tokenizer: Any, texts: Sequence[str], spans: Sequence[Sequence[Span]], *, special: bool
) -> list[tuple[list[int], list[int]]]:
    """Return ids and labels a text; a token is supervised if any of its characters lies in one of the text's spans.

    Tokens stand in the order of the text, so those of a span are found by bisection: the place of every token is costly.
    """
    if not texts:
        return []
    batch = tokenizer(
        list(texts),
        add_special_tokens=False,
        split_special_tokens=not special,
        return_attention_mask=False,
        return_token_type_ids=False,
    )
    rows = []
    # a loop over rows: tokens are ragged lists that a tokenizer gives, and each row has spans of its own
    for ids, encoding, inside in zip(batch["input_ids"], batch.encodings, spans, strict=True):
        labels = [MASKED] * len(ids)
        for span in inside:
            first, after = _tokens_of(encoding, len(ids), span)
            labels[first:after] = ids[first:after]
        rows.append((list(ids), labels))
    return rows


def _tokens_of(encoding: Any, count: int, span: Span) -> tuple[int, int]:
    """Return the first token that ends after a span begins, and the one before which the last stands that begins in it."""

    def start(place: int) -> int:
        return int(encoding.token_to_chars(place)[0])

    def end(place: int) -> int:
        return int(encoding.token_to_chars(place)[1])

    low, high = span
    return bisect_right(range(count), low, key=end), bisect_left(range(count), high, key=start)


def _until_end(ids: Sequence[int], labels: Sequence[int], end: int) -> list[int]:
    """Mask what follows the end token within each supervised run (a chat template may write a line break there)."""
    masked, open_ = [], True
    for token, label in zip(ids, labels, strict=True):
        open_ = open_ or label == MASKED
        masked.append(label if open_ else MASKED)
        open_ = open_ and not (label != MASKED and token == end)
    return masked


def _fit(rows: Sequence[tuple[list[int], list[int]]], maximum: int, beginning: int) -> Encoded:
    """Cut rows that are too long after their first `beginning` tokens; an answer that the cut meets is masked."""
    input_ids, labels, lost = list[list[int]](), list[list[int]](), dict[int, int]()
    for place, (ids, marks) in enumerate(rows):
        if len(ids) <= maximum:
            input_ids.append(ids)
            labels.append(marks)
            continue
        lost[place] = len(ids) - maximum
        start = len(ids) - maximum + beginning
        input_ids.append(ids[:beginning] + ids[start:])
        tail = marks[start:]
        if marks[start - 1] != MASKED:  # the cut may run through an answer
            whole = next((after for after, label in enumerate(tail) if label == MASKED), len(tail))
            tail = [MASKED] * whole + tail[whole:]
        labels.append([MASKED] * beginning + tail)
    return Encoded(input_ids, labels, lost)


def supervised_places(labels: Sequence[int]) -> list[int]:
    """Return the places of the supervised tokens that another token comes before."""
    masked = labels.count(MASKED)
    if MASKED not in labels[masked:]:  # the end of the row alone, as in a label's: no need to look at each
        return list(range(max(1, masked), len(labels)))
    return [place for place, label in enumerate(labels) if label != MASKED and place]
