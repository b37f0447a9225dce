"""Email addresses: the practical subset of RFC 5322 that WHATWG's HTML standard gives for input, in letters of any script."""

import re

from curate.pii.spans import Span

PRETEST = r"\S@[\p{L}\p{N}]"

_WORD = r"[^\W_]"
# at most 64 characters before the @ (RFC 5321, 4.5.3.1.1) and 63 a label (RFC 1035, 2.3.4); a top-level domain of letters
_PATTERN = re.compile(
    rf"{_WORD}[\w.!$%'*+^`{{|}}~-]{{0,63}}@(?:{_WORD}(?:(?:{_WORD}|-){{0,61}}{_WORD})?\.){{1,10}}[^\W\d_]{{2,63}}"
)


def find(text: str) -> list[Span]:
    """Return where email addresses stand; what a URL is made of (`/ ? = & #`) ends one, though the RFC would let it in.

    Not found: quoted local parts, IP literals after the @, `jo at example dot com`.
    """
    return [match.span() for match in _PATTERN.finditer(text)]
