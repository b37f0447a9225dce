"""Gopher's quality filter (Rae et al. 2021, arXiv 2112.11446, appendix A.1.1, "Quality Filtering")."""

from typing import ClassVar, Literal

import polars as pl
from pydantic import Field

from curate.steps.base import Context, Filter, OfText, Rule
from curate.text_units import LINE_END, LINE_START, count_lines, count_words, share

_ELLIPSIS = r"(?:\.{3,}|…)"


class GopherQuality(OfText, Filter):
    r"""Gopher's rules on words, symbols, lines and stop words (Rae and others 2021, A.1.1); each limit is the paper's.

    The paper does not say what counts as what; here: a word is a run without white space, so punctuation belongs to it
    (dolma, NeMo Curator; datatrove asks a tokenizer and leaves out words of punctuation alone). Lines of blanks do not count.
    An ellipsis is `…` or a run of three or more dots, counted once (dolma counts `…` alone). A bullet is one of `bullets` at
    the start of a line, blanks aside (datatrove: `•` and `-`, dolma: `*` and `-`). A letter is `\p{L}`. Stop words are
    whole words, whatever their case, each counted once, as the paper asks for two *of* them (datatrove counts "the the" as two).
    """

    step: Literal["gopher_quality"] = "gopher_quality"
    thresholds: ClassVar[tuple[str, ...]] = (
        "min_words",
        "max_words",
        "min_mean_word_length",
        "max_mean_word_length",
        "max_hash_ratio",
        "max_ellipsis_ratio",
        "max_bullet_lines",
        "max_ellipsis_lines",
        "min_alphabetic_words",
        "min_stop_words",
    )
    # A.1.1: "any document that does not contain between 50 and 100,000 words"
    min_words: int = Field(default=50, ge=0)
    max_words: int = Field(default=100_000, ge=0)
    # A.1.1: "or whose mean word length is outside the range of 3 to 10 characters"
    min_mean_word_length: float = Field(default=3, ge=0)
    max_mean_word_length: float = Field(default=10, ge=0)
    # A.1.1: "a symbol-to-word ratio greater than 0.1 for either the hash symbol or the ellipsis"
    max_hash_ratio: float = Field(default=0.1, ge=0, description="# to words")
    max_ellipsis_ratio: float = Field(default=0.1, ge=0, description="ellipses to words")
    # A.1.1: "more than 90% of lines starting with a bullet point, or more than 30% ending with an ellipsis"
    max_bullet_lines: float = Field(default=0.9, ge=0, le=1)
    max_ellipsis_lines: float = Field(default=0.3, ge=0, le=1)
    # A.1.1: "that 80% of words in a document contain at least one alphabetic character"
    min_alphabetic_words: float = Field(default=0.8, ge=0, le=1)
    # A.1.1: "at least two of the following English words: the, be, to, of, and, that, have, with"
    min_stop_words: int = Field(default=2, ge=0)
    stop_words: tuple[str, ...] = Field(default=("the", "be", "to", "of", "and", "that", "have", "with"), min_length=1)
    bullets: tuple[str, ...] = Field(default=("•", "-", "*"), min_length=1)

    def rules(self, context: Context) -> tuple[Rule, ...]:
        """Return the rules in the paper's order. A text without words measures 0 everywhere."""
        text = context.text.fill_null("")
        words, lines = count_words(text), count_lines(text)
        visible = text.str.len_chars() - text.str.count_matches(r"\s")
        bullets = text.str.count_matches(f"{LINE_START}(?:{_any_of(self.bullets)})")
        cut_off = text.str.count_matches(f"(?mR){_ELLIPSIS}{LINE_END}")
        stop_words = text.str.to_lowercase().str.extract_all(rf"\b(?:{_any_of(self.stop_words)})\b").list.n_unique()
        ratio = {
            "length": share(visible, words),
            "hash": share(text.str.count_matches("#"), words),
            "ellipsis": share(text.str.count_matches(_ELLIPSIS), words),
            "alphabetic": share(text.str.count_matches(r"\p{L}\S*"), words),
        }
        low, high = self.min_mean_word_length, self.max_mean_word_length
        return (
            Rule("words", words, self.min_words, self.max_words, "few_words", "many_words"),
            Rule("mean_word_length", ratio["length"], low, high, "short_words", "long_words"),
            Rule("hash_ratio", ratio["hash"], maximum=self.max_hash_ratio, above="many_hashes"),
            Rule("ellipsis_ratio", ratio["ellipsis"], maximum=self.max_ellipsis_ratio, above="many_ellipses"),
            Rule("bullet_lines", share(bullets, lines), maximum=self.max_bullet_lines, above="bullet_lines"),
            Rule("ellipsis_lines", share(cut_off, lines), maximum=self.max_ellipsis_lines, above="ellipsis_lines"),
            Rule("alphabetic_words", ratio["alphabetic"], self.min_alphabetic_words, below="few_alphabetic_words"),
            Rule("stop_words", stop_words, self.min_stop_words, below="few_stop_words"),
        )


def _any_of(parts: tuple[str, ...]) -> str:
    return "|".join(pl.escape_regex(part) for part in parts)
