"""The kinds of personal data, in the order in which they are looked for."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from curate.pii import (
    credit_card,
    crypto_wallet,
    email_address,
    iban,
    ip_address,
    named,
    phone,
    url_credentials,
    us_ssn,
)
from curate.pii.spans import Span

Word = Literal[
    "url_credentials",
    "email",
    "crypto_wallet",
    "iban",
    "credit_card",
    "us_ssn",
    "ip_address",
    "phone",
    "person",
    "location",
]
"""Where two kinds overlap the earlier one wins: from what is surest of itself (a checksum) to what looks like much else.

`https://jo:secret@example.com` holds credentials, no email address; sixteen digits with a right check digit are a card.
"""
ORDER: tuple[Word, ...] = get_args(Word)
NAMED: tuple[Word, ...] = ("person", "location")


@dataclass(frozen=True)
class Kind:
    """`pretest` is a Rust regular expression that every text with a finding meets; what `find` returns does not overlap."""

    word: Word
    pretest: str
    find: Callable[[str], Sequence[Span]]


def kinds_of(
    words: Sequence[Word], *, region: str | None = None, public_only: bool = False, model: str = ""
) -> tuple[Kind, ...]:
    """Return some kinds in their order. `model` is the spaCy pipeline that recognises persons and places."""
    known = {
        "url_credentials": lambda: Kind("url_credentials", url_credentials.PRETEST, url_credentials.find),
        "email": lambda: Kind("email", email_address.PRETEST, email_address.find),
        "crypto_wallet": lambda: Kind("crypto_wallet", crypto_wallet.PRETEST, crypto_wallet.find),
        "iban": lambda: Kind("iban", iban.PRETEST, iban.find),
        "credit_card": lambda: Kind("credit_card", credit_card.PRETEST, credit_card.find),
        "us_ssn": lambda: Kind("us_ssn", us_ssn.PRETEST, us_ssn.find),
        "ip_address": lambda: Kind("ip_address", ip_address.PRETEST, ip_address.finder(public_only=public_only)),
        "phone": lambda: Kind("phone", phone.pretest(region), phone.finder(region)),
        "person": lambda: Kind("person", named.PRETEST, named.finder("PERSON", model)),
        "location": lambda: Kind("location", named.PRETEST, named.finder("LOCATION", model)),
    }
    return tuple(known[word]() for word in ORDER if word in words)
