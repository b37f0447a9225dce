"""Credentials in URLs: `user:password@` before the host, and tokens, keys and passwords in the query."""

import re

from curate.pii.spans import Span

PRETEST = r"(?i)://[^\s/?#]*@|[?&;#][a-z0-9_.-]*(?:token|key|secret|pass|pwd|auth|signature|sig|session)[a-z0-9_.-]*="

_USER = re.compile(
    r"""(?i)\b[a-z][a-z0-9+.-]{1,20}://([^\s/?\#@:<>"'{}]*:[^\s/?\#<>"'{}]+|[a-z0-9_.-]{20,})@(?=[^\s@])""",
    re.VERBOSE,
)
_NAMES = (
    r"access[_-]?token|refresh[_-]?token|id[_-]?token|auth[_-]?token|token|api[_-]?key|access[_-]?key|secret[_-]?key|"
    r"client[_-]?secret|secret|password|passwd|pwd|auth|signature|sig|session[_-]?id|x-amz-signature|x-amz-security-token"
)
_QUERY = re.compile(
    rf"""(?i)[?&;\#](?:(?:{_NAMES})=([^\s&\#;"'<>{{}}]+)|key=([^\s&\#;"'<>{{}}]{{16,}}))""",
    re.VERBOSE,
)
_AFTER = ".,:;!?)]"
"""What ends a sentence or a bracket rather than a value."""


def find(text: str) -> list[Span]:
    """Return where credentials stand, without the URL around them. A name without a password counts from 20 characters."""
    spans = [match.span(1) for match in _USER.finditer(text)]
    for match in _QUERY.finditer(text):
        start, end = match.span(match.lastindex or 0)
        end -= len(text[start:end]) - len(text[start:end].rstrip(_AFTER))
        if end > start:
            spans.append((start, end))
    return sorted(spans)
