"""Findings put out of sight: each becomes a mark that names its kind, until nothing more is found."""

import hashlib
import hmac
import os
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from curate.errors import Mistake, UserError
from curate.pii.kinds import ORDER, Kind, Word

SALT_VARIABLE = "FAIRLEAD_SALT"
SHORTEST_SALT = 16
"""Characters; a run holds a digest of the salt, from which a shorter one could be found by trying."""
_GOOD_SALT = "set it to a long secret, for example $(openssl rand -hex 32)"
_DIGITS = 8
_MARK = re.compile(rf"(\[(?:{'|'.join(word.upper() for word in ORDER)})(?::[0-9a-f]{{{_DIGITS}}})?\])")
_WITHOUT_CASE = ("email", "ip_address")
_WITHOUT_SIGNS = ("iban", "credit_card", "us_ssn", "phone")
_TYPE = pl.Struct({"text": pl.String, "kinds": pl.String, "counts": pl.String, "findings": pl.Int64})


@dataclass(frozen=True)
class Marker:
    """Names a finding: `[EMAIL]`, or with a salt `[EMAIL:9f86d081]`, the same for the same address however it is written."""

    salt: bytes | None = None

    def mark(self, word: Word, found: str) -> str:
        """Return what stands in the place of a finding."""
        if self.salt is None:
            return f"[{word.upper()}]"
        digest = hmac.new(self.salt, f"{word}:{_canonical(word, found)}".encode(), hashlib.sha256).hexdigest()
        return f"[{word.upper()}:{digest[:_DIGITS]}]"


def salt_problem() -> str:
    """Return what is wrong with the salt in the environment, as `what; what to do`; nothing if it will do."""
    salt = os.environ.get(SALT_VARIABLE, "")
    if not salt:
        return f"needs a salt and {SALT_VARIABLE} is not set; {_GOOD_SALT}"
    if len(salt) < SHORTEST_SALT:
        return f"{SALT_VARIABLE} has fewer than {SHORTEST_SALT} characters, and could be guessed from its digest; {_GOOD_SALT}"
    return ""


def salted() -> Marker:
    """Return a marker that hashes with the salt in the environment. Raises `UserError` where there is none, or a short one."""
    if problem := salt_problem():
        raise UserError(Mistake.of_problem("replace: hash", problem))
    return Marker(os.environ[SALT_VARIABLE].encode())


def salt_digest() -> str:
    """Return what may be told of the salt: a digest that changes with it, and from which no mark can be made."""
    salt = os.environ.get(SALT_VARIABLE, "")
    return hmac.new(salt.encode(), b"fairlead: which salt", hashlib.sha256).hexdigest()[:16]


def mask(text: str, kinds: Sequence[Kind], marker: Marker) -> tuple[str, Counter[Word]]:
    """Return the text with every finding replaced by its mark, and how many there were of each kind.

    It goes round until nothing is found, so that masking a masked text changes nothing: what stands between two marks may be
    a finding only once they are there. What looks like a mark is never searched.
    """
    counts: Counter[Word] = Counter()
    while True:
        before = text
        for kind in kinds:
            parts = _MARK.split(text)
            for place in range(0, len(parts), 2):  # every second part is a mark
                parts[place] = _mask_part(parts[place], kind, marker, counts)
            text = "".join(parts)
        if text == before:
            return text, counts


def masked(text: pl.Expr, kinds: Sequence[Kind], marker: Marker) -> pl.Expr:
    """Return a struct: the masked `text`, the `kinds` joined by `+`, their `counts` in words, the number of `findings`."""

    def each(texts: pl.Series) -> pl.Series:
        # a Python loop, because checksums and numbering plans are Python; only texts that may hold something come here
        said = [None if value is None else _said(*mask(value, kinds, marker)) for value in texts]
        return pl.Series(texts.name, said, dtype=_TYPE)

    possible = pl.any_horizontal(text.str.contains(kind.pretest) for kind in kinds)
    found = pl.when(possible).then(text).map_batches(each, return_dtype=_TYPE, is_elementwise=True)
    nothing = pl.struct(
        text=text,
        kinds=pl.lit(None, dtype=pl.String),
        counts=pl.lit(None, dtype=pl.String),
        findings=pl.lit(0, dtype=pl.Int64),
    )
    return pl.when(possible).then(found).otherwise(nothing)


def without_marks(text: pl.Expr) -> pl.Expr:
    """Return a text with a blank in the place of each mark: what is counted of a text must not count what was put out of sight."""
    return text.str.replace_all(_MARK.pattern, " ")


def _said(text: str, counts: Counter[Word]) -> dict[str, object]:
    present = [word for word in ORDER if counts[word]]
    return {
        "text": text,
        "kinds": "+".join(present) or None,
        "counts": ", ".join(f"{word} {counts[word]}" for word in present) or None,
        "findings": counts.total(),
    }


def _mask_part(text: str, kind: Kind, marker: Marker, counts: Counter[Word]) -> str:
    pieces, last = [], 0
    for start, end in kind.find(text):
        pieces += [text[last:start], marker.mark(kind.word, text[start:end])]
        counts[kind.word] += 1
        last = end
    return "".join([*pieces, text[last:]])


def _canonical(word: Word, found: str) -> str:
    """Return a finding in the one way of writing by which it is hashed."""
    if word in _WITHOUT_CASE:
        return found.casefold()
    if word in _WITHOUT_SIGNS:
        return re.sub(r"[^0-9A-Za-z]", "", found).upper()
    return found
