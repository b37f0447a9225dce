"""Repetition inside a text: of characters and of words."""

from typing import ClassVar, Literal

import numpy as np
import numpy.typing as npt
import polars as pl
from pydantic import Field

from curate.kernels import KERNELS
from curate.kernels.repetition import repeated_characters, repeated_shares
from curate.kernels.text import Encoded, measured
from curate.kernels.units import word_hashes
from curate.steps.base import Context, Filter, OfText, Rule


class _Repetition(OfText, Filter):
    """The share of repeated n-grams must not exceed `max`."""

    packages: ClassVar[tuple[str, ...]] = KERNELS
    thresholds: ClassVar[tuple[str, ...]] = ("max",)
    size: int = Field(default=10, ge=1, le=100)
    max: float = Field(default=0.3, ge=0, le=1)


def _repeated_share(text: pl.Expr, size: int, *, words: bool) -> pl.Expr:
    """Return repeated n-grams / n-grams of characters or words; 0 where there are fewer of them than `size`."""

    def share(texts: Encoded) -> npt.NDArray[np.float64]:
        return repeated_shares(word_hashes(texts, visible=True), size) if words else repeated_characters(texts, size)

    return measured(text, share)


class CharacterRepetition(_Repetition):
    """Drops texts in which more than `max` of the character n-grams (`size` characters) are repeats of another one."""

    step: Literal["character_repetition"] = "character_repetition"
    version: ClassVar[int] = 2

    def rules(self, context: Context) -> tuple[Rule, ...]:
        """Return the rule on the share of repeated character n-grams; 0 for texts shorter than `size`."""
        share = _repeated_share(context.text, self.size, words=False)
        return (Rule("repeated_characters", share, maximum=self.max, above="repeated_characters"),)


class WordRepetition(_Repetition):
    """Drops texts in which more than `max` of the word n-grams (`size` words, case folded) are repeats of another one."""

    step: Literal["word_repetition"] = "word_repetition"
    version: ClassVar[int] = 2
    size: int = Field(default=5, ge=1, le=100)

    def rules(self, context: Context) -> tuple[Rule, ...]:
        """Return the rule on the share of repeated word n-grams; 0 for texts of fewer words than `size`."""
        share = _repeated_share(context.text.str.to_lowercase(), self.size, words=True)
        return (Rule("repeated_words", share, maximum=self.max, above="repeated_words"),)
