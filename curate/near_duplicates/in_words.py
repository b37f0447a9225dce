"""What a reader should know of a search for near-duplicates before relying on it, in words."""

from collections.abc import Sequence

from curate.index_part import PartRecord

UNFINISHED = "not_all_compared"
"""The reason under which rows are noted that were not compared with all rows with which they share a band."""


def unfinished_in_words(rows: int) -> str:
    """Say of how many rows near-duplicates may have been overlooked: `12 rows share a band with more rows than are compared, …`."""
    said = "1 row shares" if rows == 1 else f"{rows:,} rows share"
    return f"{said} a band with more rows than are compared, and may have near-duplicates that were not found"


def chained_in_words(step: str, rows: int, dropped: int) -> str:
    """Say how many of the rows that a step dropped for one that stays only a chain joins with it."""
    return (
        f"{rows:,} of {dropped:,} rows that {step} dropped for one that stays {'is' if rows == 1 else 'are'} not like it: only a "
        "chain of similar rows joins the two. With clusters: star no row goes for one that it is not like"
    )


def other_text_in_words(text: Sequence[str], parts: Sequence[PartRecord]) -> str:
    """Say of how many older rows the text is of other columns than `text`; empty where all are of the same."""
    rows: dict[tuple[str, ...], int] = {}
    for part in parts:
        if part.origin.text != tuple(text):
            rows[part.origin.text] = rows.get(part.origin.text, 0) + part.rows
    older = " and ".join(
        f"that of {count:,} older {'row' if count == 1 else 'rows'} is {columns_in_words(other)}"
        for other, count in rows.items()
    )
    if not older:
        return ""
    return f"the text compared is {columns_in_words(text)}, {older}: where these do not hold the same, copies are overlooked"


def columns_in_words(text: Sequence[str]) -> str:
    """Return the columns of a text, which are joined: `question + answer`."""
    return " + ".join(text)
