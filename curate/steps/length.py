"""Length of a text in characters or words."""

from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from curate.steps.base import Context, Filter, OfText, Rule


class Length(OfText, Filter):
    """Keeps texts of `min` to `max` characters (Unicode code points) or words (runs without white space)."""

    step: Literal["length"] = "length"
    thresholds: ClassVar[tuple[str, ...]] = ("min", "max")
    min: int = Field(default=1, ge=0)
    max: int = Field(default=1_000_000, ge=1)
    unit: Literal["characters", "words"] = "characters"

    @model_validator(mode="after")
    def _range(self) -> Self:
        if self.min > self.max:
            raise ValueError(f"min {self.min} is above max {self.max}; no text could pass")
        return self

    def rules(self, context: Context) -> tuple[Rule, ...]:
        """Return the rule on the length; an absent text has length 0."""
        text = context.text
        length = text.str.len_chars() if self.unit == "characters" else text.str.count_matches(r"\S+")
        return (Rule(self.unit, length.fill_null(0), self.min, self.max, "too_short", "too_long"),)
