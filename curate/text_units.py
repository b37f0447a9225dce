"""What a line, a paragraph and a word of a text are, for every step that counts them: one definition, as Polars expressions.

A line ends at a carriage return, a line feed, or both; blanks at its ends are no part of it, and a line of blanks alone is none.
A paragraph is a run of lines without a line of blanks between them. A word is a run of characters that are not white space.
"""

import polars as pl

LINE_START = r"(?mR)^\s*"
"""Begins a pattern that is found at most once a line, at its first character that is not blank."""
LINE_END = r"[^\S\r\n]*$"
"""Ends a pattern that begins with `(?mR)` and is found at the end of a line."""


def count_lines(text: pl.Expr) -> pl.Expr:
    """Return the number of lines."""
    return text.str.count_matches(r"(?R)\S.*")


def lines(text: pl.Expr) -> pl.Expr:
    """Return the list of lines."""
    return _cut(text.str.replace_all(r"\r\n?", "\n"), "\n")


def paragraphs(text: pl.Expr) -> pl.Expr:
    """Return the list of paragraphs."""
    return _cut(text.str.replace_all(r"\r\n?", "\n").str.replace_all(r"\n\s*\n", "\n\n"), "\n\n")


def _cut(text: pl.Expr, mark: str) -> pl.Expr:
    parts = text.str.split(mark).list.eval(pl.element().str.strip_chars())
    return parts.list.eval(pl.element().filter(pl.element() != ""))


def count_words(text: pl.Expr) -> pl.Expr:
    """Return the number of words."""
    return text.str.count_matches(r"\S+")


def characters_of(parts: pl.Expr) -> pl.Expr:
    """Return the number of characters (code points) in a list of texts together."""
    return parts.list.eval(pl.element().str.len_chars()).list.sum()


def share(part: pl.Expr, whole: pl.Expr) -> pl.Expr:
    """Return part / whole; 0 where the whole is nothing."""
    return pl.when(whole > 0).then(part / whole).otherwise(0.0)
