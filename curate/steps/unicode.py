"""Repair of broken characters: mojibake, HTML entities, control characters, one normal form."""

from typing import ClassVar, Literal

import polars as pl
from pydantic import Field

from curate.repair import repair
from curate.steps.base import Rewrite
from curate.steps.some import rewrite_some

ENTITY = "&#?[0-9A-Za-z]{1,24};"
"""What ftfy may take for an HTML entity."""

PLAIN = r"\x20-\x7e\n\t"
QUOTES = r"\u2018-\u201a\u201c-\u201e"
ACCENTED = (
    r"\u00c0\u00c1\u00c4-\u00cd\u00cf\u00d1-\u00d6\u00d8-\u00f6\u00f8-\u0131\u0134-\u0148\u014a-\u0151\u0154-\u017e"
)
MARKS = (
    r"\u00a0-\u00a3\u00a5\u00a7\u00a9\u00ab\u00ad\u00ae\u00b0-\u00b3\u00b5-\u00b7\u00b9\u00bb-\u00bf\u00d7\u00f7"
    r"\u2013-\u2015\u2022\u2026\u2039\u203a\u20ac\u2116\u2122"
)
GREEK_OR_CYRILLIC = r"\u0391-\u03a1\u03a3-\u03a9\u03ac-\u03ce\u0401\u0410-\u044f\u0451"
OTHER = (
    r"\u05d0-\u05ea\u0621-\u063a\u0641-\u064a\u200d\u2600-\u27bf\u3001\u3002\u300c-\u300f\u3041-\u3096\u30a1-\u30fe"
    r"\u4e00-\u9fff\uac00-\ud7a3\ufe0f\U0001f300-\U0001faff"
)
RISKY = (
    f"[{MARKS}{QUOTES}][{ACCENTED}{MARKS}{QUOTES}]|[{ACCENTED}][{MARKS}{QUOTES}]"
    rf"|[[{ACCENTED}{GREEK_OR_CYRILLIC}]&&\p{{Ll}}][[{ACCENTED}]&&\p{{Lu}}]"
    f"|[{GREEK_OR_CYRILLIC}][{MARKS}{QUOTES}][{GREEK_OR_CYRILLIC}]"
)
"""Where ftfy may see mojibake in a text of the characters above.

Each of its patterns (`ftfy.badness.BADNESS_RE`) has a mark beside an accented letter or another mark, or a small letter before an
accented capital, or a mark between Greek or Cyrillic letters, or else one of Â, Ã, Î, Ð, Œ, œ or a character that is not above.
"""


class Unicode(Rewrite):
    """Repairs text with ftfy (mojibake, entities, control characters, curly quotes) and the debris `_x000D_` of spreadsheets."""

    step: Literal["unicode"] = "unicode"
    packages: ClassVar[tuple[str, ...]] = ("ftfy",)
    entities: bool = Field(default=True, description="turn &amp; into &")
    straight_quotes: bool = Field(default=False, description="turn curly quotes into straight ones")
    form: Literal["NFC", "NFKC"] = Field(default="NFC", description="the Unicode normal form")

    def rewrite(self, text: pl.Expr) -> pl.Expr:
        """Return the repaired text. `_x000D_` is how Excel writes a carriage return into XML (ECMA-376, 22.9.2.19)."""
        settings = {"unescape_html": self.entities, "uncurl_quotes": self.straight_quotes, "normalization": self.form}

        def repaired(texts: pl.Series) -> pl.Series:
            return pl.Series(repair(texts.to_list(), settings), dtype=pl.String)

        return rewrite_some(text.str.replace_all(r"_x000[dD]_", "\n"), self.may_change, repaired)

    def may_change(self, texts: pl.Series) -> pl.Series:
        """Return false for texts that ftfy surely leaves as they are: it takes up to a millisecond a text."""
        broken = texts.str.contains(f"[^{PLAIN}]")
        if self.form == "NFC":  # a text of other letters and marks is tested more closely
            quotes = "" if self.straight_quotes else QUOTES
            quiet = f"[^{PLAIN}{ACCENTED}{MARKS}{GREEK_OR_CYRILLIC}{OTHER}{quotes}]|{RISKY}"
            places = broken.arg_true()
            broken = broken.clone().scatter(places, texts.gather(places).str.contains(quiet))
        if self.entities:
            broken |= texts.str.contains(ENTITY)
        return broken
