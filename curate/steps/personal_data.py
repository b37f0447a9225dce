"""The settings that the two steps for personal data share."""

import sys
from typing import ClassVar, Literal, Self

from pydantic import Field, field_validator, model_validator

from curate.pii import named, phone
from curate.pii.kinds import NAMED, Kind, Word, kinds_of
from curate.steps.base import OfText

DEFAULT_KINDS: tuple[Word, ...] = ("email", "phone", "ip_address")


class PersonalData(OfText):
    """Which kinds of personal data a step looks for, and how."""

    packages: ClassVar[tuple[str, ...]] = ("phonenumbers", "presidio-analyzer", "spacy")
    kinds: tuple[Word, ...] = Field(
        default=DEFAULT_KINDS, min_length=1, description="person and location need Presidio"
    )
    region: str | None = Field(
        default=None, description="phone: the country (ISO 3166) whose national numbers are found too, for example US"
    )
    public_only: bool = Field(default=False, description="ip_address: leave private, loopback and documentation ranges")
    recognise: Literal["presidio"] | None = Field(default=None, description="add the kinds person and location")
    model: str | None = Field(
        default=None,
        description="person, location: the spaCy pipeline, a package or a folder; en_core_web_sm if left out",
    )

    @field_validator("region")
    @classmethod
    def _known(cls, region: str | None) -> str | None:
        if region is not None and region not in phone.regions():
            near = region.strip().upper()
            hint = (
                f"did you mean '{near}'?"
                if near in phone.regions()
                else "write the two letters of ISO 3166, for example GB"
            )
            raise ValueError(f"unknown region '{region}'; {hint}")
        return region

    @model_validator(mode="after")
    def _has_effect(self) -> Self:
        for setting, kinds in (("region", ("phone",)), ("public_only", ("ip_address",)), ("model", NAMED)):
            if getattr(self, setting) and not set(kinds) & set(self.words()):
                raise ValueError(f"{setting} has no effect without the kind {' or '.join(kinds)}; add it to kinds")
        return self

    def words(self) -> tuple[Word, ...]:
        """Return the kinds that are looked for."""
        return (*self.kinds, *NAMED) if self.recognise else self.kinds

    def wanted(self) -> tuple[Kind, ...]:
        """Return the kinds in their order, with how each is found."""
        return kinds_of(self.words(), region=self.region, public_only=self.public_only, model=self._pipeline())

    def _pipeline(self) -> str:
        return self.model or "en_core_web_sm"

    def _names(self) -> bool:
        return any(kind in NAMED for kind in self.words())

    def problems(self) -> tuple[str, ...]:
        """Return what must be installed for the kinds that are wanted."""
        return (*super().problems(), *(named.problems(self._pipeline()) if self._names() else ()))

    def made_with(self) -> tuple[str, ...]:
        """Return the pipeline that recognises names, and the Python whose list says which addresses are public."""
        pipeline = (named.version(self._pipeline()),) if self._names() else ()
        return (*super().made_with(), *pipeline, *((sys.version.split()[0],) if self.public_only else ()))
