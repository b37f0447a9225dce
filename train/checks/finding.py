"""What a check of rows found, as the certificate tells it."""

from collections.abc import Sequence

from curate import rows as row_numbers
from train.certificate import NAMED_ROWS, Check, CheckName, Outcome
from train.job import Ready
from train.settings import settings_of

LARGEST_SHARE = 0.01
"""A finding in at most this share is a warning where the model can be trained in spite of it."""


def counted(number: int, one: str, many: str) -> str:
    """Write a number with what follows it, of one or of many."""
    return f"{number:,} {one if number == 1 else many}"


def found_in(
    name: CheckName,
    found: Sequence[tuple[str, int]],
    ready: Ready,
    said: str,
    hint: str = "",
    *,
    outcome: Outcome | None = None,
) -> Check:
    """Return a check that is about rows; without an `outcome` it fails where there are some, unless the recipe accepts that."""
    numbers = [int(ready.rows[side]["row"][place]) for side, place in found[:NAMED_ROWS]]
    sources = ready.recipe.source_names
    ended = outcome or ("failed" if found else "passed")
    if ended == "failed" and name in settings_of(ready.recipe).accept:
        ended = "accepted"
    named = tuple(row_numbers.name(number, sources) for number in numbers)
    return Check(name=name, outcome=ended, said=said, hint=hint, count=len(found), rows=named)
