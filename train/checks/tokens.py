"""Checks of the rows as tokens: what is learned, what is cut, and what prediction will read."""

from collections.abc import Iterator, Sequence
from functools import cache

from curate.task import Chat
from train.certificate import Check, Outcome
from train.checks.finding import LARGEST_SHARE, counted, found_in
from train.encode import encode_questions
from train.job import LEARNED, Ready
from train.prompts import conversations
from train.settings import settings_of
from train.tokens import MASKED

RENDERED = 1000
"""So many rows of each side are rendered as prediction does; the first ones, in the order of their numbers."""


def answers(ready: Ready) -> Check:
    """Check that every row that is learned from has an answer: one without, or with blanks alone, teaches to say nothing."""
    none, blank = list[tuple[str, int]](), list[tuple[str, int]]()
    for side in LEARNED:
        encoded = ready.encoded[side]
        none += [(side, place) for place in encoded.left_out if place not in encoded.lost]
        blank += [(side, place) for place in blank_answers(ready, side)]
    if not none and not blank:
        return found_in("answers", [], ready, "every row has an answer to learn from")
    said = []
    if none:
        said.append(f"{counted(len(none), 'row has', 'rows have')} no answer to learn from")
    if blank:
        said.append(f"{counted(len(blank), 'row has', 'rows have')} an empty answer, which teaches to end at once")
    hint = "drop them with {step: turns} or {step: where}"
    return found_in("answers", [*none, *blank], ready, "; ".join(said), hint)


def blank_answers(ready: Ready, side: str) -> list[int]:
    """Return the places of a side's rows that have supervised tokens, but none besides end tokens and blanks.

    Of a conversation, whose template may write words of its own into an answer, the turns themselves are looked at too.
    """
    tokenizer, task = ready.outline.tokenizer, ready.recipe.task

    @cache
    def tells(token: int) -> bool:
        return token not in (MASKED, tokenizer.eos_token_id) and bool(tokenizer.decode([token]).strip())

    every = ready.encoded[side].labels
    blank = [
        place
        for place, labels in enumerate(every)
        if labels.count(MASKED) < len(labels) and not any(map(tells, labels))
    ]
    if not isinstance(task, Chat):
        return blank
    mute = [
        place
        for place, turns in enumerate(conversations(ready.rows[side], task))
        if not any(turn["content"].strip() for turn in turns if turn["role"] == "assistant")
    ]
    return sorted({*blank, *mute} - set(ready.encoded[side].left_out))


def end_token(ready: Ready) -> Check:
    """Check that every answer ends with the end token, supervised: a model that never saw it never stops."""
    end = ready.outline.tokenizer.eos_token_id
    found = [
        (side, place)
        for side in LEARNED
        for place, labels in enumerate(ready.encoded[side].labels)
        if any(run[-1] != end for run in supervised_runs(labels))
    ]
    name = ready.outline.tokenizer.eos_token
    if not found:
        return found_in("end_token", found, ready, f"every answer ends with the end token '{name}'")
    said = f"the answers of {counted(len(found), 'row', 'rows')} do not end with the end token '{name}'"
    return found_in(
        "end_token", found, ready, said, "the chat template must end a turn with it, or the model would never stop"
    )


def supervised_runs(labels: Sequence[int]) -> Iterator[list[int]]:
    """Yield each run of supervised tokens of a row."""
    run: list[int] = []
    for label in (*labels, MASKED):
        if label != MASKED:
            run.append(label)
        elif run:
            yield run
            run = []


def beginning(ready: Ready) -> Check:
    """Check that no row begins with two tokens of beginning: a chat template may write one, and the tokenizer another."""
    begin, end = ready.outline.tokenizer.bos_token_id, ready.outline.tokenizer.eos_token_id
    if begin in (None, end):
        return Check(name="beginning", outcome="passed", said="the tokenizer has no token of beginning of its own")
    found = [
        (side, place)
        for side, encoded in ready.encoded.items()
        for place, ids in enumerate(encoded.input_ids)
        if ids[:2] == [begin, begin]
    ]
    name = ready.outline.tokenizer.bos_token
    said = (
        f"{counted(len(found), 'row begins', 'rows begin')} with '{name}' twice"
        if found
        else f"no row begins with '{name}' twice"
    )
    return found_in(
        "beginning", found, ready, said, "leave it out of the chat template or of the prompt" if found else ""
    )


def padding(ready: Ready) -> Check:
    """Check that padding is not the end token: who masks the one masks the other, and the end is never learned.

    A base whose padding is its end token, or that has none, has been given another; what it came with is told.
    """
    tokenizer = ready.outline.tokenizer
    if tokenizer.pad_token_id == tokenizer.eos_token_id:
        return Check(
            name="padding", outcome="failed", said=f"'{tokenizer.pad_token}' is padding and the end token too",
            hint="use a base whose tokenizer has a pad token of its own",
        )  # fmt: skip
    said = f"padding is '{tokenizer.pad_token}', the end token is '{tokenizer.eos_token}'"
    came = tokenizer.init_kwargs.get("pad_token")
    if came is None:
        said += "; the base came without padding, and was given this"
    elif str(came) != tokenizer.pad_token:
        said += f"; the base came with its end token '{came}' as padding, and was given another"
    return Check(name="padding", outcome="passed", said=said)


def truncation(ready: Ready) -> Check:
    """Check that few rows are longer than `train.max_length`: a cut row loses its beginning, and may lose its answer."""
    settings = settings_of(ready.recipe)
    found = [(side, place) for side, encoded in ready.encoded.items() for place in encoded.lost]
    if not found:
        return Check(name="truncation", outcome="passed", said=f"no row is longer than {settings.max_length:,} tokens")
    worst = max(
        encoded.counts.cut / encoded.counts.rows for side, encoded in ready.encoded.items() if encoded.input_ids
    )
    outcome: Outcome = "failed" if worst > settings.maximum_truncated else "warned"
    lost = sum(encoded.counts.cut_tokens for encoded in ready.encoded.values())
    without = sum(len(set(encoded.left_out) & set(encoded.lost)) for encoded in ready.encoded.values())
    rows = sum(len(encoded.input_ids) for encoded in ready.encoded.values())
    said = (
        f"{len(found):,} of {rows:,} rows {'is' if len(found) == 1 else 'are'} longer than train.max_length, "
        f"{settings.max_length:,} tokens; in all {counted(lost, 'token', 'tokens')} at the beginning are lost "
        f"({counted(without, 'row loses its', 'rows lose their')} whole answer)"
    )
    over = (
        f"; more than train.maximum_truncated, {settings.maximum_truncated:g}, of a side" if outcome == "failed" else ""
    )
    hint = f"raise train.max_length, or drop long rows with {{step: length}}{over}"
    return found_in("truncation", found, ready, said, hint, outcome=outcome)


def rendering(ready: Ready) -> Check:
    """Check that prediction reads the tokens that training puts before an answer: else it is asked what it never saw."""
    maximum = settings_of(ready.recipe).max_length
    found, seen = [], 0
    for side, encoded in ready.encoded.items():
        head = ready.rows[side].head(RENDERED)
        questions = encode_questions(head, ready.recipe, ready.outline.tokenizer, maximum)
        for place, question in enumerate(questions):
            runs = _starts_of_answers(encoded.labels[place])
            if place in encoded.lost or not runs:
                continue
            seen += 1
            if question != encoded.input_ids[place][: runs[-1]]:
                found.append((side, place))
    if not found:
        said = f"of {seen:,} rows prediction reads the very tokens that training puts before the answer"
        return Check(name="rendering", outcome="passed", said=said)
    outcome: Outcome = "warned" if len(found) <= LARGEST_SHARE * seen else "failed"
    said = f"of {len(found):,} of {seen:,} rows prediction reads other tokens before the answer than training does"
    hint = "let the prompt end where a token ends: with a line break, or a blank before the answer"
    return found_in("rendering", found, ready, said, hint, outcome=outcome)


def _starts_of_answers(labels: Sequence[int]) -> list[int]:
    return [
        place for place, label in enumerate(labels) if label != MASKED and (not place or labels[place - 1] == MASKED)
    ]


def special_tokens(ready: Ready) -> Check:
    """Check that no turn of a conversation writes a special token: a template passes it on, and the text could end its turn."""
    task = ready.recipe.task
    if not isinstance(task, Chat):
        said = "special tokens that a text writes are read as plain letters"
        return Check(name="special_tokens", outcome="passed", said=said)
    words = list(ready.outline.tokenizer.all_special_tokens)
    found = [
        (side, place)
        for side, frame in ready.rows.items()
        for place, turns in enumerate(conversations(frame, task))
        if any(word in turn["content"] for turn in turns for word in words)
    ]
    if not found:
        return Check(
            name="special_tokens", outcome="passed", said="no turn writes one of the tokenizer's special tokens"
        )
    write = counted(len(found), "conversation writes", "conversations write")
    said = f"{write} a special token of the tokenizer ({', '.join(words[:5])} …) in a turn"
    hint = "drop or rewrite them: such a text can end a turn or speak as another"
    return found_in("special_tokens", found, ready, said, hint)


def unknown_tokens(ready: Ready) -> Check:
    """Check that the tokenizer knows the writing of the rows: what it does not know is one and the same token, whatever it was."""
    unknown = ready.outline.tokenizer.unk_token_id
    of_bytes = unknown == ready.outline.tokenizer.eos_token_id  # as GPT-2's, which knows every byte
    if unknown is None or of_bytes:
        return Check(name="unknown_tokens", outcome="passed", said="the tokenizer knows every text")
    ids = ready.encoded["train"].input_ids
    count, tokens = sum(row.count(unknown) for row in ids), sum(map(len, ids))
    found = [("train", place) for place, row in enumerate(ids) if unknown in row]
    outcome: Outcome = "warned" if count > LARGEST_SHARE * tokens else "passed"
    hint = "use a base that was trained on such texts" if outcome == "warned" else ""
    return found_in(
        "unknown_tokens",
        found,
        ready,
        f"{count:,} of {tokens:,} tokens are unknown to the tokenizer",
        hint,
        outcome=outcome,
    )
