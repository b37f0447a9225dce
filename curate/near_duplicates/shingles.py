"""Shingles: the runs of words or of characters by which texts are compared, as hashes."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl

from curate.kernels import minhash
from curate.kernels.text import Units, encode
from curate.kernels.units import character_hashes, word_hashes

Unit = Literal["words", "characters"]


@dataclass(frozen=True)
class Shingling:
    """Runs of `size` words, or of `size` characters. Case makes no difference.

    Words are runs of letters, digits and marks; the signs of scripts that put no blanks between words (Chinese, Japanese, Thai,
    Lao, Khmer, Burmese) are a word each, so that their shingles are runs of signs. Characters are what is there, each run of
    blanks as one blank and none at the ends.
    """

    unit: Unit = "words"
    size: int = 3

    def of(self, texts: pl.Series) -> Units[np.uint64]:
        """Return a hash of each shingle of each text; one that is repeated is there again.

        A text with fewer units than `size` has one shingle, all of them: two short texts are near-duplicates only if their
        words are the same. A text without any has none and matches nothing. That two of k different shingles have the same
        hash has odds of about k² / 2⁶⁵: 10⁻¹³ for two texts of a thousand words.
        """
        lower = texts.str.to_lowercase()
        if self.unit == "words":
            units = word_hashes(encode(lower), signs=True)
        else:
            units = character_hashes(encode(lower.str.replace_all(r"\s+", " ").str.strip_chars()))
        counts = np.empty_like(units.counts)
        minhash.shingle_hashes(units.values, units.starts, units.counts, self.size, counts)
        return Units(units.values, units.starts, counts)
