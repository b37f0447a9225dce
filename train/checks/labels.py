"""Checks of the labels: every one stands on enough rows, and the tokenizer keeps the word of each apart from the others."""

from collections.abc import Mapping

import polars as pl

from curate.task import Classification
from train.certificate import Check
from train.checks.finding import found_in
from train.job import Ready
from train.prompts import label_words, prompts
from train.settings import settings_of
from train.tokens import MASKED, encode_pairs


def labels(ready: Ready) -> Check:
    """Check that every label that the model may answer stands on enough training rows."""
    task, minimum = ready.recipe.task, settings_of(ready.recipe).minimum_per_label
    if not isinstance(task, Classification):
        return Check(name="labels", outcome="passed", said="the task has no labels")
    counts = labels_of(ready, "train")
    few = {label: count for label, count in counts.items() if count < minimum}
    if few:
        said = f"too few training rows of {', '.join(f'{label} ({count:,})' for label, count in few.items())}"
        hint = f"add rows, take the label out of task.labels, or lower train.minimum_per_label from {minimum}"
        return found_in("labels", [], ready, said, hint, outcome="failed").model_copy(update={"count": len(few)})
    absent = [label for label, count in labels_of(ready, "validation").items() if not count]
    if absent and ready.rows["validation"].height:
        said = f"no validation row of {', '.join(absent)}: whether the model learns it cannot be seen"
        return Check(name="labels", outcome="warned", said=said, hint="write split: {stratify: [label]}")
    rarest = min(counts, key=lambda label: counts[label])
    return Check(
        name="labels", outcome="passed", said=f"the rarest label, {rarest}, stands on {counts[rarest]:,} training rows"
    )


def labels_of(ready: Ready, side: str) -> dict[str, int]:
    """Return how many rows of a side have each label of the task."""
    task = ready.recipe.task
    assert isinstance(task, Classification)
    found = dict(ready.rows[side][task.label].cast(pl.String).value_counts().iter_rows())
    return {label: found.get(label, 0) for label in task.labels}


def labels_apart(ready: Ready) -> Check:
    """Check that the tokenizer writes no two labels alike: such labels have the same score whatever is learned."""
    task, tokenizer = ready.recipe.task, ready.outline.tokenizer
    if not isinstance(task, Classification):
        return Check(name="labels_apart", outcome="passed", said="the task has no labels")
    written = written_labels(ready, task)
    unknown = tokenizer.unk_token_id
    strange = [label for label, tokens in written.items() if unknown in tokens]
    short = [label for label, tokens in written.items() if not tokens]
    found = [f"the words of {' and '.join(same)} are the same tokens" for same in _alike(written)]
    if strange:
        found.append(f"the tokenizer does not know the word of {', '.join(strange)}")
    if short:
        found.append(f"the word of {', '.join(short)} is longer than train.max_length, or nothing to the tokenizer")
    if not found:
        said = f"the words of the {len(written):,} labels are other tokens each, and the tokenizer knows them"
        return Check(name="labels_apart", outcome="passed", said=said)
    hint = "give such labels other words in task.labels, or use a base whose tokenizer keeps them apart"
    return Check(name="labels_apart", outcome="failed", said="; ".join(found), hint=hint)


def written_labels(ready: Ready, task: Classification) -> dict[str, tuple[int, ...]]:
    """Return the tokens of each label's word as prediction scores it after the first training row, without the end token."""
    words = label_words(task)
    asked = prompts(ready.rows["train"].head(1), task) * len(words)
    most = settings_of(ready.recipe).max_length
    encoded = encode_pairs(ready.outline.tokenizer, asked, list(words.values()), most)
    learned = [[token for token in labels if token != MASKED] for labels in encoded.labels]
    return {label: tuple(tokens[:-1]) for label, tokens in zip(words, learned, strict=True)}


def _alike(written: Mapping[str, tuple[int, ...]]) -> list[list[str]]:
    """Return the labels that share their tokens, those of a kind together."""
    kinds: dict[tuple[int, ...], list[str]] = {}
    for label, tokens in written.items():
        if tokens:
            kinds.setdefault(tokens, []).append(label)
    return [labels for labels in kinds.values() if len(labels) > 1]
