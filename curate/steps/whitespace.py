"""White space: runs made one, ends cut."""

from typing import Literal

import polars as pl
from pydantic import Field

from curate.steps.base import Rewrite
from curate.steps.some import rewrite_some


class Whitespace(Rewrite):
    """Makes every run of blanks one blank and cuts the ends; line breaks become blanks unless `keep_lines`."""

    step: Literal["whitespace"] = "whitespace"
    keep_lines: bool = Field(default=False, description="keep line breaks (at most one empty line in a row)")

    def rewrite(self, text: pl.Expr) -> pl.Expr:
        """Return the text with white space made regular."""
        if not self.keep_lines:
            return rewrite_some(
                text,
                lambda texts: texts.str.contains(r"[^\S ]|  |^ | $"),
                lambda texts: texts.str.replace_all(r"\s+", " ").str.strip_chars(),
            )
        blanks = text.str.replace_all(r"\r\n?", "\n").str.replace_all(r"[^\S\n]+", " ").str.replace_all(r" ?\n ?", "\n")
        return blanks.str.replace_all(r"\n{3,}", "\n\n").str.strip_chars()
