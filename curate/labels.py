"""The labels of a classification, and which of them an answer names."""

from collections.abc import Iterable, Mapping

import polars as pl

from curate.errors import Mistake, UserError
from curate.task import Classification

MOST_ANSWERED = 100
"""Of more answers that no row truly has than these, a column is no column of labels."""


def known_labels(labels: pl.Series, task: Classification) -> tuple[str, ...]:
    """Return the labels: those that the task lists, then any others in the data."""
    found = labels.drop_nulls().unique().sort().to_list()
    return tuple(dict.fromkeys((*task.labels, *found, *task.positive)))


def with_answered(known: tuple[str, ...], answers: Iterable[str]) -> tuple[str, ...]:
    """Return the labels, then the answers that name none of them: a prediction that came with the data is a label.

    Raises `UserError` where these are so many that the column holds something else than labels.
    """
    found = list(known)
    for answer in sorted(set(answers)):
        if answer and read_answer(answer, found, {}) is None:
            found.append(answer)
        if len(found) - len(known) > MOST_ANSWERED:
            what = f"holds more than {MOST_ANSWERED} different answers that no row truly has, such as '{answer}'"
            hint = "name the column of predicted labels; how sure they are belongs in score"
            raise UserError(Mistake("task.prediction", what, hint))
    return tuple(found)


def read_answer(answer: str, labels: Iterable[str], words: Mapping[str, str]) -> str | None:
    """Return the label that an answer names: itself, its word, or the same number written otherwise (`1.0` for `1`)."""
    known = tuple(labels)
    if answer in known:
        return answer
    by_word = {word: label for label, word in words.items()}
    if answer in by_word:
        return by_word[answer]
    number = _number(answer)
    return next((label for label in known if number is not None and _number(label) == number), None)


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
