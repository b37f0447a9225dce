"""Rows that were not compared with all rows with which they share a band: under which reason they are noted, and in words."""

UNFINISHED = "not_all_compared"
"""The reason code."""


def unfinished_in_words(rows: int) -> str:
    """Say of how many rows near-duplicates may have been overlooked: `12 rows share a band with more rows than are compared, …`."""
    said = "1 row shares" if rows == 1 else f"{rows:,} rows share"
    return f"{said} a band with more rows than are compared, and may have near-duplicates that were not found"
