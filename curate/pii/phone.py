"""Telephone numbers: by the national numbering plans of the library phonenumbers, and by the ways in which they are written."""

import re
from collections.abc import Callable
from functools import partial

from curate.pii.spans import Span, without_overlaps

# An opening +, 00 or a bracket; the North American 3-3-4; a leading 0 with blanks or hyphens. A bare run of digits is left to
# the numbering plan of the region.
_SHAPES = (
    r"(?:\+[1-9]\d{0,2}[ .\-/]?|\b00[1-9]\d{0,2}[ .\-/])(?:\(\d{1,4}\)[ .\-/]?)?\d{1,4}(?:[ .\-/]?\d{2,4}){1,4}\b"
    r"|(?:\b1[ .\-])?\(\d{2,4}\)[ .\-]?\d{3,4}[ .\-]?\d{3,4}\b"
    r"|\b(?:1[ .\-])?\d{3}[ .\-]\d{3}[ .\-]\d{4}\b"
    r"|\b0\d{1,4}[ .\-]\d{3,4}[ .\-]?\d{3,4}\b"
)
_SHAPE = re.compile(_SHAPES)
_FEWEST, _MOST = 8, 15
"""Digits of what only looks like a number (E.164 allows 15); `+2000` and `+1 500` are sums."""
_PLUS = r"[+\x{FF0B}][^\d\n]{0,4}\d"


def pretest(region: str | None) -> str:
    """Return what a text with a number must have: one of the shapes or a +; with a region, seven digits near each other."""
    return rf"{_SHAPES}|{_PLUS}" if region is None else r"\d(?:[^\d\n]{0,6}\d){6}"


def finder(region: str | None) -> Callable[[str], list[Span]]:
    """Return a function that finds numbers; national ones are read as `region` (ISO 3166) writes and assigns them."""
    return partial(_find, region=region)


def regions() -> tuple[str, ...]:
    """Return the regions whose numbering plans are known."""
    import phonenumbers

    return tuple(sorted(phonenumbers.SUPPORTED_REGIONS))


def _find(text: str, *, region: str | None) -> list[Span]:
    """Return where numbers stand: valid ones first, then what is written as one, so that one in a fictional exchange goes too."""
    valid = _valid(text, region) if region or "+" in text or "\uff0b" in text else []
    shaped = [match.span() for match in _SHAPE.finditer(text) if _FEWEST <= _digits(match.group()) <= _MOST]
    return sorted([*valid, *without_overlaps(shaped, valid)])


def _digits(number: str) -> int:
    digits = [sign for sign in number if sign.isdigit()]
    return len(digits) - (2 if number.startswith("00") else 0)


def _valid(text: str, region: str | None) -> list[Span]:
    import phonenumbers

    # it gives up after 65,535 tries by default, and what stands behind them in a long text would not be masked
    matcher = phonenumbers.PhoneNumberMatcher(text, region, phonenumbers.Leniency.VALID, max_tries=len(text) + 1)
    return [(match.start, match.end) for match in matcher]
