"""Copies with some words swapped, left out or replaced by synonyms."""

from collections.abc import Callable
from typing import ClassVar, Literal

import polars as pl
from pydantic import Field

from curate.augment.guards import NoiseGuards
from curate.augment.nlpaug_wrap import Action, noise_problem, noisy
from curate.kernels import KERNELS
from curate.rows import draw
from curate.steps.copying import Copying


class WordNoise(Copying):
    """Adds a copy of a share of the rows in which nlpaug swapped neighbours, deleted words or put synonyms (Wei and Zou 2019).

    `strength` is the share of the words of each line that are touched, at least one. A row's noise is drawn from its
    number and the seed, whatever the other rows are. Synonyms are WordNet's, for English.
    """

    step: Literal["word_noise"] = "word_noise"
    packages: ClassVar[tuple[str, ...]] = ("nlpaug", "nltk", *KERNELS)
    action: Action = "swap"
    strength: float = Field(default=0.1, gt=0, le=1, description="share of the words that are touched")
    guards: NoiseGuards = NoiseGuards()

    def problems(self) -> tuple[str, ...]:
        """Return the package, the data or the term lists that are missing."""
        problem = noise_problem(self.action)
        return (*super().problems(), *([problem] if problem else []))

    def made_by(self) -> str:
        """Return the library."""
        return "nlpaug"

    def purpose(self) -> str:
        """Return the step's word with the action."""
        return f"word_noise:{self.action}"

    def rewrite(self, texts: pl.DataFrame, seed: int, tick: Callable[[int], None]) -> list[str]:
        """Return the texts with noise, each seeded by its row and column."""
        seeds = pl.Series("seed", [0], dtype=pl.UInt64).new_from_index(0, texts.height)
        for column in texts["column"].unique().sort():
            drawn = draw(texts["row"], seed, f"{self.purpose()}:{column}")
            seeds = seeds.zip_with(texts["column"] != column, drawn)
        return noisy(texts["text"].to_list(), seeds.to_list(), self.action, self.strength, tick)
