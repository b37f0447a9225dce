"""Masks for personal data: email addresses, telephone numbers, IP addresses. The ledger learns the kind, never the secret."""

from typing import ClassVar, Literal

import polars as pl
from pydantic import Field

from curate.steps.base import Rewrite

Kind = Literal["email", "phone", "ip_address"]

# Rust regular expressions, tried in this order, so that an address inside an e-mail is not taken for something else.
# email: the practical subset of RFC 5322 that WHATWG's HTML standard gives for <input type=email>, with a top-level domain,
# and letters of any script (RFC 6531).
# ip_address: IPv4 dotted quads of 0-255 (RFC 791) and IPv6 of at least three groups or with "::" (RFC 4291).
# phone: 8 to 15 digits (E.164 allows 15) with an opening +, 00 or a bracket; the North American 3-3-4; a leading 0 with
# blanks or hyphens. Bare digits without a leading 0, and short local numbers, look like any other number and are left.
_OCTET = r"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"
PATTERNS: dict[Kind, str] = {
    "email": r"[\p{L}\p{N}][\p{L}\p{N}.!#$%&'*+/=?^_`{|}~-]*@(?:[\p{L}\p{N}](?:[\p{L}\p{N}-]*[\p{L}\p{N}])?\.)+\p{L}{2,}",
    "ip_address": (
        rf"\b(?:{_OCTET}\.){{3}}{_OCTET}\b"
        r"|(?i)\b(?:[0-9a-f]{1,4}:){7}[0-9a-f]{1,4}\b"
        r"|(?i)\b(?:[0-9a-f]{1,4}:){1,6}(?::[0-9a-f]{1,4}){1,6}\b"
    ),
    "phone": (
        r"(?:\+|\b00)[1-9]\d{0,2}[ .\-/]?(?:\(\d{1,4}\)[ .\-/]?)?\d{1,4}(?:[ .\-/]?\d{2,4}){1,4}\b"
        r"|\(\d{2,4}\)[ .\-]?\d{3,4}[ .\-]?\d{3,4}\b"
        r"|\b\d{3}[ .\-]\d{3}[ .\-]\d{4}\b"
        r"|\b0\d{1,4}[ .\-]\d{3,4}[ .\-]?\d{3,4}\b"
        r"|\b0\d{9,10}\b"
    ),
}


class MaskPii(Rewrite):
    """Puts `[EMAIL]`, `[PHONE]` or `[IP_ADDRESS]` in the place of personal data."""

    step: Literal["mask_pii"] = "mask_pii"
    secret: ClassVar[bool] = True
    kinds: tuple[Kind, ...] = Field(default=("email", "phone", "ip_address"), min_length=1)

    def _ordered(self) -> tuple[Kind, ...]:
        return tuple(kind for kind in PATTERNS if kind in self.kinds)

    def rewrite(self, text: pl.Expr) -> pl.Expr:
        """Return the text with each kind masked by its name."""
        for kind in self._ordered():
            text = text.str.replace_all(PATTERNS[kind], f"[{kind.upper()}]")
        return text

    def reason(self, text: pl.Expr) -> pl.Expr:
        """Return the kinds that were found, joined by `+`."""
        found = []
        for kind in self._ordered():
            found.append(pl.when(text.str.contains(PATTERNS[kind])).then(pl.lit(kind)))
            text = text.str.replace_all(PATTERNS[kind], f"[{kind.upper()}]")
        return pl.concat_str(found, separator="+", ignore_nulls=True)
