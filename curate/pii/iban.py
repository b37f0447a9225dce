"""International bank account numbers: the country's length (SWIFT's IBAN registry) and the remainder by 97 (ISO 13616)."""

import re

from curate.pii.spans import Span

PRETEST = r"(?i)[a-z]{2}[0-9]{2}(?:[ -]?[0-9a-z]){11}"

_START = re.compile(r"(?<![0-9A-Za-z])[A-Za-z]{2}[0-9]{2}(?=[ -]?[0-9A-Za-z])")
_LENGTHS = {
    15: "NO",
    16: "BE",
    18: "DK FI FK FO GL NL SD",
    19: "MK SI",
    20: "AT BA EE KZ LT LU MN XK",
    21: "CH CR HR LI LV",
    22: "BG BH DE GB GE IE ME RS VA",
    23: "AE GI IL IQ OM SO TL",
    24: "AD CZ ES MD PK RO SA SE SK TN VG",
    25: "LY PT ST",
    26: "IS TR",
    27: "BI DJ FR GR IT MC MR SM",
    28: "AL AZ BY CY DO GT HN HU LB NI PL SV",
    29: "BR EG PS QA UA",
    30: "JO KW MU YE",
    31: "MT SC",
    32: "LC",
    33: "RU",
}
_LENGTH = {country: length for length, countries in _LENGTHS.items() for country in countries.split()}


def find(text: str) -> list[Span]:
    """Return where IBANs stand, in capitals or not, in one run or in groups with single blanks or hyphens between them."""
    spans: list[Span] = []
    for match in _START.finditer(text):
        end = _end(text, match.start())
        if end and (not spans or match.start() >= spans[-1][1]):
            spans.append((match.start(), end))
    return spans


def _end(text: str, start: int) -> int | None:
    length = _LENGTH.get(text[start : start + 2].upper(), 0)
    signs = ""
    for place in range(start, len(text)):
        if len(signs) == length:
            return place if not _is_sign(text[place]) and _checks(signs) else None
        if _is_sign(text[place]):
            signs += text[place].upper()
        elif text[place] not in " -" or not _is_sign(text[place + 1 : place + 2]):
            return None
    return len(text) if length and len(signs) == length and _checks(signs) else None


def _is_sign(sign: str) -> bool:
    return sign.isascii() and sign.isalnum()


def _checks(signs: str) -> bool:
    return int("".join(str(int(sign, 36)) for sign in signs[4:] + signs[:4])) % 97 == 1
