"""Masks for personal data. The ledger learns the kinds and how many, never what stood there."""

from typing import ClassVar, Literal

import polars as pl
from pydantic import Field

from curate.pii.mask import Marker, masked, salt_digest, salt_problem, salted
from curate.steps.base import Rewrite
from curate.steps.personal_data import PersonalData


class MaskPii(PersonalData, Rewrite):
    """Puts `[EMAIL]`, `[PHONE]`, `[IP_ADDRESS]` … in the place of personal data.

    The kinds are looked for in the order url_credentials, email, crypto_wallet, iban, credit_card, us_ssn, ip_address, phone,
    person, location; what is masked is not looked at again. Cards, IBANs, wallets and addresses are verified (check digits,
    lengths, ranges). Phone numbers are found as they are usually written, and international ones by their numbering plan;
    with `region` also national ones, and a bare run of digits only where it is a valid number there.
    `replace: hash` writes `[EMAIL:9f86d081]`, the same for the same address: HMAC-SHA-256 with the salt in the environment
    variable FAIRLEAD_SALT, cut to 32 bits, so that of 9,000 different addresses about one pair shares a mark.
    """

    step: Literal["mask_pii"] = "mask_pii"
    version: ClassVar[int] = 2
    secret: ClassVar[bool] = True
    replace: Literal["mask", "hash"] = Field(
        default="mask", description="hash: tell one address from another by a digest"
    )

    def problems(self) -> tuple[str, ...]:
        """Return what is missing: the salt, or what recognises names."""
        problem = salt_problem() if self.replace == "hash" else ""
        return (*super().problems(), *([problem] if problem else []))

    def made_with(self) -> tuple[str, ...]:
        """Return which salt, by a digest."""
        return (*super().made_with(), *((salt_digest(),) if self.replace == "hash" else ()))

    def told(self, text: pl.Expr) -> pl.Expr:
        """Return the masked text, the kinds joined by `+`, and their counts (`email 2, phone 1`)."""
        found = masked(text, self.wanted(), salted() if self.replace == "hash" else Marker()).struct
        return pl.struct(text=found.field("text"), reason=found.field("kinds"), detail=found.field("counts"))

    def rewrite(self, text: pl.Expr) -> pl.Expr:
        """Return the masked text."""
        return self.told(text).struct.field("text")

    def reason(self, text: pl.Expr) -> pl.Expr:
        """Return the kinds that were found, joined by `+`."""
        return self.told(text).struct.field("reason")

    def detail(self, text: pl.Expr) -> pl.Expr:
        """Return the kinds with their counts."""
        return self.told(text).struct.field("detail")
