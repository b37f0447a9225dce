"""The text by which copies are recognised."""

import polars as pl


def folded(text: pl.Expr) -> pl.Expr:
    """Return the text in lower case with every run of white space one blank and the ends cut."""
    return text.fill_null("").str.to_lowercase().str.replace_all(r"\s+", " ").str.strip_chars()
