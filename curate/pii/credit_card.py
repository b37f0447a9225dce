"""Payment card numbers: the issuer's opening digits and lengths (ISO/IEC 7812), and Luhn's check digit."""

import re

from curate.pii.spans import Span

PRETEST = r"[0-9](?:[ -]?[0-9]){11}"

_RUN = re.compile(r"(?<!\w)(?<!\d[.,])[0-9](?:[ -]?[0-9]){11,}(?!\w)")
_GROUP = re.compile(r"(?<!\d)\d")
_ISSUERS: tuple[tuple[re.Pattern[str], tuple[int, ...]], ...] = tuple(
    (re.compile(opening), lengths)
    for opening, lengths in (
        (r"4", (19, 16, 13)),  # Visa
        (r"5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720", (16,)),  # Mastercard
        (r"3[47]", (15,)),  # American Express
        (r"6011|64[4-9]|65", (19, 18, 17, 16)),  # Discover
        (r"352[89]|35[3-8]", (19, 18, 17, 16)),  # JCB
        (r"30[0-5]|3095|3[689]", (19, 18, 17, 16, 15, 14)),  # Diners Club
        (r"62|81", (19, 18, 17, 16)),  # UnionPay
        (r"5018|5020|5038|5893|6304|6759|676[1-3]", (19, 18, 17, 16, 15, 14, 13, 12)),  # Maestro
    )
)


def find(text: str) -> list[Span]:
    """Return where card numbers stand, written in one run or in groups with single blanks or hyphens between them."""
    spans = []
    for run in _RUN.finditer(text):
        after = run.start()
        for group in _GROUP.finditer(run.group()):
            start = run.start() + group.start()
            end = _end(text, start, run.end()) if start >= after else None
            if end:
                spans.append((start, end))
                after = end
    return spans


def _end(text: str, start: int, limit: int) -> int | None:
    """Return where a card number that starts here ends; it must not end within a group of digits."""
    places = [place for place in range(start, min(limit, start + 40)) if text[place] != " " and text[place] != "-"]
    digits = "".join(text[place] for place in places)
    for opening, lengths in _ISSUERS:
        if opening.match(digits):
            for length in lengths:
                end = places[length - 1] + 1 if len(places) >= length else None
                if end and not text[end : end + 1].isdigit() and _luhn(digits[:length]):
                    return end
    return None


def _luhn(digits: str) -> bool:
    """Tell whether the sum of the digits, every second from the right doubled, ends in 0 (ISO/IEC 7812-1, annex B)."""
    doubled = [sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2]]
    return (sum(map(int, digits[-1::-2])) + sum(doubled)) % 10 == 0
