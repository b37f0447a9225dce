"""Texts in other languages left out."""

from typing import ClassVar, Literal

import polars as pl
from pydantic import Field, field_validator

from curate.errors import did_you_mean
from curate.language import CODES, PACKAGES, identify
from curate.steps.base import Context, Filter, OfText, Rule

_TYPE = pl.Struct({"probability": pl.Float64, "detail": pl.String})
_TOO_SHORT = {"probability": 1.0, "detail": None}


class Language(OfText, Filter):
    """Keeps texts in an `allowed` language, by fastText's lid.176 (of 10 characters it tells 80 % right, of 20 95 %, of 50 99 %).

    The shares are of windows of sentences in fourteen languages (tests/benchmarks/language.py). The measurement is the
    probability that the text is in one of the allowed languages, and must be at least `min_confidence` (0.65 is FineWeb's
    limit); the ledger's detail says which language is the likeliest. Short and noisy texts lose most: of real English
    text messages with 20 letters or more 86 % are kept, of plain English statements 99 %. Only the first 10,000
    characters are looked at. A text of fewer than `min_characters` letters has too little to tell: with `short: keep` its
    probability counts as 1, with `short: drop` it goes for `too_short_to_tell`.
    """

    step: Literal["language"] = "language"
    packages: ClassVar[tuple[str, ...]] = PACKAGES
    thresholds: ClassVar[tuple[str, ...]] = ("min_confidence",)
    allowed: tuple[str, ...] = Field(min_length=1, description="codes of languages (ISO 639-1 where there is one)")
    min_confidence: float = Field(default=0.65, ge=0, le=1)
    min_characters: int = Field(default=20, ge=1, description="letters that a text needs for its language to be told")
    short: Literal["keep", "drop"] = Field(default="keep", description="what becomes of a text with fewer letters")

    @field_validator("allowed")
    @classmethod
    def _known(cls, allowed: tuple[str, ...]) -> tuple[str, ...]:
        unknown = [code for code in allowed if code not in CODES]
        if unknown:
            near = did_you_mean(unknown[0].lower(), CODES)
            hint = near if near.startswith("did") else "write codes of ISO 639-1, for example en or de"
            raise ValueError(f"unknown language '{unknown[0]}'; {hint}")
        return allowed

    def rules(self, context: Context) -> tuple[Rule, ...]:
        """Return the rule on the probability, and that on the number of letters, which is a limit only with `short: drop`."""

        def look(texts: pl.Series) -> pl.Series:
            # a Python loop, because the library is asked for one text at a time; short texts do not come here
            said = iter([self._said(found) for found in identify(texts.drop_nulls().to_list())])
            told = [_TOO_SHORT if absent else next(said) for absent in texts.is_null().to_list()]
            return pl.Series(texts.name, told, dtype=_TYPE)

        letters = context.text.str.count_matches(r"\p{L}").fill_null(0)
        long = pl.when(letters >= self.min_characters).then(context.text)
        looked = long.map_batches(look, return_dtype=_TYPE, is_elementwise=True)
        fewest = self.min_characters if self.short == "drop" else None
        return (
            Rule(
                "probability", looked, self.min_confidence, below="other_language", detail="detail", field="probability"
            ),
            Rule("letters", letters, minimum=fewest, below="too_short_to_tell"),
        )

    def _said(self, found: dict[str, float]) -> dict[str, object]:
        likeliest = next(iter(found), None)
        return {
            "probability": min(1.0, sum(found.get(code, 0.0) for code in dict.fromkeys(self.allowed))),
            "detail": likeliest and f"{likeliest} {found[likeliest]:.2f}",
        }
