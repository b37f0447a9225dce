"""IP addresses, version 4 and 6, verified by Python's ipaddress."""

import re
from collections.abc import Callable
from functools import partial
from ipaddress import IPv4Address, IPv6Address, ip_address

from curate.pii.spans import Span, without_overlaps

PRETEST = r"[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]|(?i)[0-9a-f]{0,4}:[0-9a-f]{0,4}:"

_FOUR = re.compile(r"(?<!\w)(?<!\d\.)[0-9]{1,3}(?:\.[0-9]{1,3}){3}(?!\w)(?!\.\d)")
_RUN = re.compile(r"[0-9A-Za-z:.]+")
_LABEL = re.compile(r"[0-9A-Za-z]*[G-Zg-z][0-9A-Za-z]*:")
_LONGEST = 80
"""Characters of a run that may be an address of version 6 with a label before it; an address has at most 45."""
_COLONS, _GROUPS = 2, 2


def finder(*, public_only: bool) -> Callable[[str], list[Span]]:
    """Return a function that finds addresses: all, or those that the Internet routes (IANA's special-purpose registries)."""
    return partial(_find, public_only=public_only)


def _find(text: str, *, public_only: bool) -> list[Span]:
    """Return where addresses stand.

    A version 6 address must have two groups and a digit, so that `::1` and `fee::bad` are not taken for one. A version
    number of four parts (`1.2.3.4`) cannot be told from an address.
    """
    four = [match.span() for match in _FOUR.finditer(text) if _stands(_address(match.group()), public_only=public_only)]
    six: list[Span] = []
    for match in _RUN.finditer(text):
        run, start = match.group(), match.start()
        if run.count(":") < _COLONS or len(run) > _LONGEST:
            continue
        label = _LABEL.match(run)
        if label:
            run, start = run[label.end() :], start + label.end()
        for candidate in (run.rstrip("."), run.rstrip(".:")):
            if _is_six(candidate) and _stands(_address(candidate), public_only=public_only):
                six.append((start, start + len(candidate)))
                break
    return sorted([*without_overlaps(four, six), *six])


def _is_six(text: str) -> bool:
    groups = [group for group in text.split(":") if group]
    return len(groups) >= _GROUPS and any(sign.isdigit() for sign in text)


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(text)
    except ValueError:
        return None


def _stands(address: IPv4Address | IPv6Address | None, *, public_only: bool) -> bool:
    return address is not None and (not public_only or (address.is_global and not address.is_multicast))
