"""Row numbers: how a row is named, and how chance is drawn from its number.

A row number packs three things into one Int64, so that it sorts in reading order and never changes:
15 bits for the source (its place in the recipe), 40 bits for the line or index in it (from 1), 8 bits for the copy
(0 for a row that was read, 1 to 255 for the rows that were made from it).
"""

import re
from collections.abc import Sequence

import numpy as np
import polars as pl

INDEX_BITS = 40
COPY_BITS = 8
MAXIMUM_COPIES = (1 << COPY_BITS) - 1


def number(source: int, index: int, copy: int = 0) -> int:
    """Pack a row number: `source` from 0, `index` from 1 (a line or a position in the file), `copy` from 0."""
    return (source << (INDEX_BITS + COPY_BITS)) | (index << COPY_BITS) | copy


def numbers(source: int, index: pl.Expr) -> pl.Expr:
    """Pack row numbers for rows that were read from one source; `index` is an integer expression, from 1."""
    return pl.lit(number(source, 0), dtype=pl.Int64) + index.cast(pl.Int64) * (1 << COPY_BITS)


def numbers_by_name(source: pl.Expr, index: pl.Expr, sources: Sequence[str]) -> pl.Expr:
    """Pack row numbers for rows that were read from sources told by name; null for a name that is none of them."""
    first = {name: number(place, 0) for place, name in enumerate(sources)}
    return source.replace_strict(first, default=None, return_dtype=pl.Int64) + index.cast(pl.Int64) * (1 << COPY_BITS)


def source_of(row: pl.Expr) -> pl.Expr:
    """Return the place of each row's source in the recipe, from 0."""
    return row // (1 << (INDEX_BITS + COPY_BITS))


def index_of(row: pl.Expr) -> pl.Expr:
    """Return each row's line or index in its source, from 1."""
    return (row // (1 << COPY_BITS)) % (1 << INDEX_BITS)


def copy_of(row: pl.Expr) -> pl.Expr:
    """Return which copy each row is: 0 for a row that was read, from 1 for the rows made from it."""
    return row % (1 << COPY_BITS)


def root_of(row: pl.Expr) -> pl.Expr:
    """Return the number of the row that was read, for a row made from it or for itself."""
    return row - copy_of(row)


def name(row: int, sources: tuple[str, ...]) -> str:
    """Return the printed name of a row: `toxigen/1042`, or `toxigen/1042+1` for the first row made from it."""
    copy = row & MAXIMUM_COPIES
    index = (row >> COPY_BITS) & ((1 << INDEX_BITS) - 1)
    return f"{sources[row >> (INDEX_BITS + COPY_BITS)]}/{index}" + (f"+{copy}" if copy else "")


def source_names(row: pl.Expr, sources: Sequence[str]) -> pl.Expr:
    """Return the name of each row's source."""
    # by way of an enumeration, because replacing values would hold all rows where they should stream
    return source_of(row).cast(pl.UInt32).cat.to(pl.Enum(list(sources))).cast(pl.String)


def names(row: pl.Expr, sources: tuple[str, ...]) -> pl.Expr:
    """Return the printed names of rows, as `name` does for one; null stays null."""
    copy = copy_of(row)
    suffix = pl.when(copy > 0).then(pl.concat_str(pl.lit("+"), copy.cast(pl.String))).otherwise(pl.lit(""))
    return pl.concat_str(source_names(row, sources), pl.lit("/"), index_of(row).cast(pl.String), suffix)


def parse(text: str, sources: tuple[str, ...]) -> int | None:
    """Return the number of a printed row name, or None if it is not one of these sources' rows."""
    match = re.fullmatch(r"(.+)/(\d{1,12})(?:\+(\d{1,3}))?", text)
    if match is None or match[1] not in sources or int(match[3] or 0) > MAXIMUM_COPIES:
        return None
    return number(sources.index(match[1]), int(match[2]), int(match[3] or 0))


def draw(row: pl.Series, seed: int, purpose: str) -> pl.Series:
    """Return one UInt64 a row, uniform, from the row's number, the seed and a purpose alone (splitmix64).

    The same on every machine and thread count, and for a row whatever the other rows are. Source of the constants:
    Steele, Lea and Flood 2014, "Fast splittable pseudorandom number generators", figure 13 (the mix64 variant of Stafford).
    """
    salt = np.uint64(int.from_bytes(f"{seed}:{purpose}".encode()[-64:].rjust(64, b"\0"), "big") % (2**64 - 59))
    with np.errstate(over="ignore"):
        state = row.to_numpy().astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) + salt * np.uint64(0xD1342543DE82EF95)
        state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return pl.Series("draw", state ^ (state >> np.uint64(31)), dtype=pl.UInt64)
