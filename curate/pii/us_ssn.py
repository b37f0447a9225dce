"""Social security numbers of the United States, less what the Social Security Administration never gave out."""

import re

from curate.pii.spans import Span

PRETEST = r"(?i)[0-9]{3}[- ][0-9]{2}[- ][0-9]{4}|\bssn\b|social security"

_NUMBER = r"(?P<area>[0-9]{3})(?P<between>[- ]?)(?P<group>[0-9]{2})(?P=between)(?P<serial>[0-9]{4})"
_GROUPED = re.compile(rf"(?<![\w-])(?=[0-9]{{3}}[- ]){_NUMBER}(?![\w-])")
_NAMED = re.compile(
    rf"(?i)\b(?:ssn|social security(?: number| no\.?)?)(?: is|:|=| ?\#)?\s{{0,3}}(?P<number>{_NUMBER})(?!\w)"
)
_VOID = ("078051120", "219099999")
"""Numbers that stood in advertisements ("Social Security cards issued by Woolworth", SSA history)."""


def find(text: str) -> list[Span]:
    """Return where numbers stand: in groups of 3, 2 and 4 with the same blank or hyphen, or nine digits after their name."""
    grouped = [match.span() for match in _GROUPED.finditer(text) if _given(match)]
    named = [match.span("number") for match in _NAMED.finditer(text) if _given(match)]
    return sorted({*grouped, *named})


def _given(match: re.Match[str]) -> bool:
    """Tell whether a number can exist: no area 000, 666 or from 900, no group 00, no serial 0000 (SSA, POMS RM 10201.035)."""
    area, group, serial = match["area"], match["group"], match["serial"]
    possible = area not in ("000", "666") and area < "900" and group != "00" and serial != "0000"
    return possible and area + group + serial not in _VOID
