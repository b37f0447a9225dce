"""Gopher's repetition filter (Rae et al. 2021, arXiv 2112.11446, appendix A.1.1, "Repetition Removal", and Table A1)."""

from typing import ClassVar, Literal

import numpy as np
import polars as pl
from pydantic import Field

from curate.kernels import KERNELS
from curate.kernels.ngram_characters import ngram_shares
from curate.kernels.text import encode, lengths, slices
from curate.steps.base import Context, Filter, OfText, Rule
from curate.text_units import characters_of, lines, paragraphs, share

_TOPS = (2, 3, 4)
_REPEATS = (5, 6, 7, 8, 9, 10)
_LIMITS = (
    "max_duplicate_lines",
    "max_duplicate_paragraphs",
    "max_duplicate_line_characters",
    "max_duplicate_paragraph_characters",
    *(f"max_top_{size}gram" for size in _TOPS),
    *(f"max_duplicate_{size}gram" for size in _REPEATS),
)


class GopherRepetition(OfText, Filter):
    """Gopher's limits on repeated lines, paragraphs and word n-grams (Rae and others 2021, Table A1); each limit is the paper's.

    The paper does not say what counts as what; here: lines of blanks do not count, and paragraphs are runs of lines between
    them. Of equal lines, paragraphs or n-grams the first is not a duplicate (as in datatrove and NeMo Curator; dolma counts
    it). Case and punctuation matter, and a word is a run without white space (dolma; datatrove asks a tokenizer). Shares of
    n-grams are of the characters in words (dolma; datatrove counts blanks, too), each character counted once
    however many n-grams overlap in it, as the paper asks. An n-gram found once is no repetition (datatrove: even then the top
    one counts, so that short texts go); of n-grams found equally often the one with most characters is the top one.
    """

    step: Literal["gopher_repetition"] = "gopher_repetition"
    packages: ClassVar[tuple[str, ...]] = KERNELS
    thresholds: ClassVar[tuple[str, ...]] = _LIMITS
    # Table A1, in its order: "the limit value above which" a document is removed
    max_duplicate_lines: float = Field(default=0.30, ge=0, le=1, description="of lines")
    max_duplicate_paragraphs: float = Field(default=0.30, ge=0, le=1, description="of paragraphs")
    max_duplicate_line_characters: float = Field(default=0.20, ge=0, le=1, description="of characters in lines")
    max_duplicate_paragraph_characters: float = Field(default=0.20, ge=0, le=1, description="of those in paragraphs")
    max_top_2gram: float = Field(default=0.20, ge=0, le=1, description="of characters in words")
    max_top_3gram: float = Field(default=0.18, ge=0, le=1, description="of characters in words")
    max_top_4gram: float = Field(default=0.16, ge=0, le=1, description="of characters in words")
    max_duplicate_5gram: float = Field(default=0.15, ge=0, le=1, description="of characters in words")
    max_duplicate_6gram: float = Field(default=0.14, ge=0, le=1, description="of characters in words")
    max_duplicate_7gram: float = Field(default=0.13, ge=0, le=1, description="of characters in words")
    max_duplicate_8gram: float = Field(default=0.12, ge=0, le=1, description="of characters in words")
    max_duplicate_9gram: float = Field(default=0.11, ge=0, le=1, description="of characters in words")
    max_duplicate_10gram: float = Field(default=0.10, ge=0, le=1, description="of characters in words")

    def rules(self, context: Context) -> tuple[Rule, ...]:
        """Return the rules in the table's order; the reason is the setting's name without `max_`."""
        text = context.text.fill_null("")
        listed, blocks, grams = lines(text), paragraphs(text), _ngram_shares(text)
        measures = (
            _repeated(listed.list.n_unique(), listed.list.len()),
            _repeated(blocks.list.n_unique(), blocks.list.len()),
            _repeated(characters_of(listed.list.unique()), characters_of(listed)),
            _repeated(characters_of(blocks.list.unique()), characters_of(blocks)),
            *(grams for _ in _LIMITS[4:]),
        )
        names = [limit.removeprefix("max_") for limit in _LIMITS]
        fields = (*(None for _ in _LIMITS[:4]), *names[4:])
        return tuple(
            Rule(name, measure, maximum=getattr(self, limit), above=name, field=field)
            for name, limit, measure, field in zip(names, _LIMITS, measures, fields, strict=True)
        )


def _repeated(different: pl.Expr, together: pl.Expr) -> pl.Expr:
    return share(together - different, together)


def _ngram_shares(text: pl.Expr) -> pl.Expr:
    """Return a struct of the shares of characters in the top and in repeated n-grams."""
    names = [name.removeprefix("max_") for name in _LIMITS[4:]]

    def measure(texts: pl.Series) -> pl.Series:
        parts = [np.empty((len(names), 0))]
        for first, last in slices(lengths(texts)):
            tops, repeats = ngram_shares(encode(texts[first:last]), _TOPS, _REPEATS)
            parts.append(np.stack([*tops, *repeats]))
        shares = pl.DataFrame(dict(zip(names, np.concatenate(parts, axis=1), strict=True)))
        return shares.to_struct(texts.name)

    kind = pl.Struct(dict.fromkeys(names, pl.Float64))
    return text.map_batches(measure, return_dtype=kind, is_elementwise=True)
