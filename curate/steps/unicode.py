"""Repair of broken characters: mojibake, HTML entities, control characters, one normal form."""

from typing import ClassVar, Literal

import polars as pl
from pydantic import Field

from curate.steps.base import Rewrite


class Unicode(Rewrite):
    """Repairs text with ftfy (mojibake, entities, control characters, curly quotes) and the debris `_x000D_` of spreadsheets."""

    step: Literal["unicode"] = "unicode"
    packages: ClassVar[tuple[str, ...]] = ("ftfy",)
    entities: bool = Field(default=True, description="turn &amp; into &")
    straight_quotes: bool = Field(default=False, description="turn curly quotes into straight ones")
    form: Literal["NFC", "NFKC"] = Field(default="NFC", description="the Unicode normal form")

    def rewrite(self, text: pl.Expr) -> pl.Expr:
        """Return the repaired text. `_x000D_` is how Excel writes a carriage return into XML (ECMA-376, 22.9.2.19)."""
        from ftfy import TextFixerConfig, fix_text

        config = TextFixerConfig(
            unescape_html=self.entities,
            uncurl_quotes=self.straight_quotes,
            normalization=self.form,
            explain=False,
        )

        def repair(texts: pl.Series) -> pl.Series:
            # a Python loop, because ftfy is Python; most texts are plain ASCII without "&" and need no repair
            return pl.Series(
                texts.name,
                [value if value is None else fix_text(value, config) for value in texts],
                dtype=pl.String,
            )

        debris = text.str.replace_all(r"_x000[dD]_", "\n")
        plain = debris.str.contains(r"^[\x20-\x25\x27-\x7e\n\t]*$")
        return (
            pl.when(plain | text.is_null())
            .then(debris)
            .otherwise(debris.map_batches(repair, return_dtype=pl.String, is_elementwise=True))
        )
