"""Where two contents differ that were to say the same: the places, what stands there, and what should; in a few words."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from audit.recomputed import same
from curate.errors import shortened

LONGEST = 160
"""Characters of a value that are told."""


class Absent:
    """What stands where nothing does."""


ABSENT = Absent()


@dataclass(frozen=True)
class Difference:
    """One place (the names and positions that lead to it), what is stored there, and what was found instead."""

    place: tuple[str, ...]
    stored: object
    found: object

    def __str__(self) -> str:
        """Say what differs: `value is 0.91, and computed again it is 0.9`."""
        name = ".".join(self.place) or "it"
        return f"{name} is {shown(self.stored)}, and computed again it is {shown(self.found)}"


def differences(stored: Any, found: Any, place: tuple[str, ...] = ()) -> Iterator[Difference]:
    """Yield every place where two contents of JSON differ; fractions are the same but for rounding, lists go by position."""
    match stored, found:
        case dict(), dict():
            for name in dict.fromkeys([*stored, *found]):
                yield from differences(stored.get(name, ABSENT), found.get(name, ABSENT), (*place, str(name)))
        case list(), list():
            for position, (one, other) in enumerate(zip_longest(stored, found, fillvalue=ABSENT)):
                yield from differences(one, other, (*place, str(position)))
        case _ if not _equal(stored, found):
            yield Difference(place, stored, found)


def _equal(stored: object, found: object) -> bool:
    if isinstance(stored, float) and isinstance(found, float):
        return same(stored, found)
    return type(stored) is type(found) and stored == found


def shown(value: object) -> str:
    """Return a value of JSON in a few words."""
    if isinstance(value, Absent):
        return "not there"
    return "undefined" if value is None else shortened(json.dumps(value, ensure_ascii=False, default=str), LONGEST)
