"""Rows whose text is of other columns than that of the older rows: alike is found only what holds the same."""

from collections.abc import Sequence

from curate.index_part import PartRecord


def other_text_in_words(text: Sequence[str], parts: Sequence[PartRecord]) -> str:
    """Say which parts hold the text of other columns than `text`; empty where all hold the same."""
    rows: dict[tuple[str, ...], int] = {}
    for part in parts:
        if part.text != tuple(text):
            rows[part.text] = rows.get(part.text, 0) + part.rows
    older = " and ".join(f"that of {count:,} older rows is {columns_in_words(other)}" for other, count in rows.items())
    if not older:
        return ""
    return f"the text compared is {columns_in_words(text)}, {older}: where these do not hold the same, nothing is found"


def columns_in_words(text: Sequence[str]) -> str:
    """Return the columns of a text, which are joined: `question + answer`."""
    return " + ".join(text)
