"""Keys that stand twice in one object of a JSON text: readers take the one or the other, so that two people read two things."""

import json
from collections import Counter
from typing import Any


def repeated_keys(text: str | bytes) -> tuple[str, ...]:
    """Return every key that an object of a JSON text has more than once, sorted. Raises `ValueError` for what is no JSON."""
    found = set[str]()

    def note(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found.update(key for key, count in Counter(key for key, _value in pairs).items() if count > 1)
        return dict(pairs)

    json.loads(text, object_pairs_hook=note)
    return tuple(sorted(found))
