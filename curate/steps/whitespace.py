"""White space: runs made one, ends cut."""

from functools import reduce
from operator import or_
from typing import Literal

import polars as pl
from pydantic import Field

from curate.steps.base import Rewrite
from curate.steps.some import rewrite_some

_BEYOND_ASCII = (
    ["\u0085", "\u00a0"],
    ["\u1680", "\u3000"],
    [*map(chr, range(0x2000, 0x200B)), "\u2028", "\u2029", "\u202f", "\u205f"],
)
"""The other white space (Unicode's White_Space, Polars' `\\s`). Each part has one or two first bytes: a quick search."""


class Whitespace(Rewrite):
    """Makes every run of blanks one blank and cuts the ends; line breaks become blanks unless `keep_lines`."""

    step: Literal["whitespace"] = "whitespace"
    keep_lines: bool = Field(default=False, description="keep line breaks (at most one empty line in a row)")

    def rewrite(self, text: pl.Expr) -> pl.Expr:
        """Return the text with white space made regular."""
        if not self.keep_lines:
            # what is searched for stands in few places, and so is found many times as fast as all of `\s`
            plain = text.str.replace_all(r"[\t-\r]", " ").str.replace_all(r"  +", " ")
            return rewrite_some(
                plain,
                lambda texts: reduce(or_, (texts.str.contains_any(part) for part in _BEYOND_ASCII)),
                lambda texts: texts.str.replace_all(r"[^\S ]\s*| \s+", " "),
            ).str.strip_chars()
        blanks = text.str.replace_all(r"\r\n?", "\n").str.replace_all(r"[^\S\n]+", " ").str.replace_all(r" ?\n ?", "\n")
        return blanks.str.replace_all(r"\n{3,}", "\n\n").str.strip_chars()
