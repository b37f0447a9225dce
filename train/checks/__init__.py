"""The checks before training: each looks at rows as tokens, tokenizer and settings, and says in one sentence what it found."""

from collections.abc import Callable

from train.certificate import Check
from train.checks.labels import labels, labels_apart
from train.checks.leaks import leaks
from train.checks.rows import conflicts, duplicates
from train.checks.settings import learning_rate, packing, precision, schedule
from train.checks.tokens import (
    answers,
    beginning,
    end_token,
    padding,
    rendering,
    special_tokens,
    truncation,
    unknown_tokens,
)
from train.checks.validation import validation
from train.job import Ready


def all_checks(ready: Ready) -> tuple[Check, ...]:
    """Return what every check found, in the order of a certificate."""
    checks: tuple[Callable[[Ready], Check], ...] = (
        *(answers, end_token, beginning, padding, truncation, rendering, special_tokens, unknown_tokens),
        *(labels, labels_apart, conflicts, duplicates, leaks),
        *(validation, schedule, learning_rate, precision, packing),
    )
    return tuple(check(ready) for check in checks)
