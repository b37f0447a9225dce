"""FineWeb's own quality filters (Penedo et al. 2024, arXiv 2406.17557, section 3.6)."""

from math import inf, nextafter
from typing import ClassVar, Literal

import polars as pl
from pydantic import Field

from curate.steps.base import Context, Filter, OfText, Rule
from curate.text_units import LINE_END, characters_of, count_lines, count_words, lines, share


class FinewebQuality(OfText, Filter):
    """FineWeb's rules on punctuation, duplicated lines, short lines (Penedo and others 2024, section 3.6) and line breaks.

    Where the paper speaks its limits are the defaults; datatrove's code, which made the data set, differs in two places: it
    drops from 0.01 of characters in duplicated lines on (the paper: 0.1), and lines of exactly 30 characters are short in it
    (the paper: "shorter than 30"). The rule on line breaks stands in the code alone. A row at a limit of the first three
    goes, as in the paper (<=, >=). Lines of blanks do not count, and blanks at the ends of lines are ignored.
    The first of equal lines is not a duplicate. A word is a run without white space (datatrove asks a tokenizer).
    A rule is off at -1 (`min_punctuated_lines`), 2 (`max_short_lines`, `max_duplicate_line_characters`) or 1e9 (`max_line_breaks`).
    """

    step: Literal["fineweb_quality"] = "fineweb_quality"
    thresholds: ClassVar[tuple[str, ...]] = (
        "min_punctuated_lines",
        "max_short_lines",
        "max_duplicate_line_characters",
        "max_line_breaks",
    )
    # 3.6: "the fraction of lines ending with punctuation is <=0.12"
    min_punctuated_lines: float = Field(
        default=0.12, le=1, description="a row with this share goes, too; -1: none goes"
    )
    # 3.6: "the fraction of lines shorter than 30 characters is >=0.67"
    max_short_lines: float = Field(default=0.67, ge=0, description="a row with this share goes, too; 2: none goes")
    # 3.6: "the fraction of characters in duplicated lines is >=0.1"; datatrove's fineweb_quality_filter.py: 0.01
    max_duplicate_line_characters: float = Field(
        default=0.1, ge=0, description="a row with this share goes, too (2: none goes); datatrove's code has 0.01"
    )
    # not in the paper; datatrove's fineweb_quality_filter.py, new_line_ratio
    max_line_breaks: float = Field(default=0.3, ge=0, description="line breaks to words")
    short_line: int = Field(default=30, ge=1, description="a line of fewer characters is short")
    # datatrove's fineweb_quality_filter.py, stop_chars
    end_marks: tuple[str, ...] = Field(default=(".", "'", '"', "!", "?"), min_length=1)

    def rules(self, context: Context) -> tuple[Rule, ...]:
        """Return the rules in the order of datatrove's code. A text without lines has no punctuated one."""
        text = context.text.fill_null("")
        count, listed = count_lines(text), lines(text)
        marks = "|".join(pl.escape_regex(mark) for mark in self.end_marks)
        punctuated = text.str.count_matches(f"(?mR)(?:{marks}){LINE_END}")
        short = listed.list.eval(pl.element().str.len_chars() < self.short_line).list.sum()
        characters = characters_of(listed)
        repeated = characters - characters_of(listed.list.unique())
        breaks = text.str.count_matches(r"\r\n?|\n")
        least, most = nextafter(self.min_punctuated_lines, inf), nextafter(self.max_short_lines, -inf)
        copied = nextafter(self.max_duplicate_line_characters, -inf)
        return (
            Rule("punctuated_lines", share(punctuated, count), least, below="few_punctuated_lines"),
            Rule("short_lines", share(short, count), maximum=most, above="short_lines"),
            Rule("duplicate_line_characters", share(repeated, characters), None, copied, "", "duplicate_lines"),
            Rule(
                "line_breaks", share(breaks, count_words(text)), maximum=self.max_line_breaks, above="many_line_breaks"
            ),
        )
