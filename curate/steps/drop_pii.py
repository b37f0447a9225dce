"""Rows with personal data left out. The ledger learns the kinds and how many, never what stood there."""

from typing import ClassVar, Literal

from pydantic import Field

from curate.pii.mask import Marker, masked
from curate.steps.base import Context, Filter, Rule
from curate.steps.personal_data import PersonalData


class DropPii(PersonalData, Filter):
    """Drops texts with more than `max` findings of personal data; the kinds are those of `mask_pii`."""

    step: Literal["drop_pii"] = "drop_pii"
    thresholds: ClassVar[tuple[str, ...]] = ("max",)
    max: int = Field(default=0, ge=0, description="so many findings may stand in a text that stays")

    def rules(self, context: Context) -> tuple[Rule, ...]:
        """Return the rule on the number of findings; an absent text has none."""
        found = masked(context.text.fill_null(""), self.wanted(), Marker())
        return (Rule("findings", found, maximum=self.max, above="personal_data", detail="counts", field="findings"),)
