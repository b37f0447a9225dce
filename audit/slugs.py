"""Ids of measures: words joined by dots, stable, readable and easy to type."""

import re
from collections.abc import Iterable
from functools import cache

RESERVED = ("difference", "ratio", "rest", "best_case", "worst_case")
_SPOKEN = (("≥", " from "), ("<", " under "), (">", " over "), ("≤", " up to "), ("+", " plus "), ("%", " percent "))


def slug(text: str) -> str:
    """Return a word for an id: lower case, blanks as underscores, letters and digits of any script, hyphens."""
    for sign, word in _SPOKEN:
        text = text.replace(sign, word)
    bare = re.sub(r"[^\w-]+", "_", text.strip().lower()).strip("_")
    return f"{bare or 'blank'}_" if bare in RESERVED or not bare else bare


@cache
def slugs(names: tuple[str, ...]) -> dict[str, str]:
    """Return one word for each name, in order; a second name with the same word gets `-2`, a third `-3`."""
    found: dict[str, str] = {}
    for name in names:
        word, count = slug(name), sum(1 for other in found if slug(other) == slug(name))
        found[name] = f"{word}-{count + 1}" if count else word
    return found


def join(parts: Iterable[str | None]) -> str:
    """Join the parts of an id; absent parts are left out."""
    return ".".join(part for part in parts if part)
