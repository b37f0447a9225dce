"""Parquet and Arrow: files whose columns have types, read a slice at a time."""

from collections.abc import Iterator
from pathlib import Path

import polars as pl
import polars.selectors as cs

from curate.errors import Mistake, UserError
from curate.files import scan_parquet
from curate.readers.rejects import INDEX, check_names

_STREAM = b"\xff\xff\xff\xff"
"""The first bytes of an Arrow stream; an Arrow file begins with the word ARROW1."""
_SAMPLE = 1000
"""So many rows tell how wide a row is."""


def read_columnar(path: Path, kind: str, chunk_bytes: int) -> Iterator[tuple[int, pl.DataFrame]]:
    """Yield `number, rows` of each slice; categories are text and arrays are lists, as in the other formats.

    An Arrow stream (what `save_to_disk` of the library datasets writes, a few hundred megabytes a file) is read whole.
    """
    try:
        rows = scan_columnar(path, kind)
        check_names(rows.collect_schema(), path)
        plain = rows.with_columns(cs.categorical().cast(pl.String), cs.enum().cast(pl.String), cs.array().arr.to_list())
        sample = plain.head(_SAMPLE).collect()
        height = max(1, int(chunk_bytes * sample.height / max(sample.estimated_size(), 1)))
        done = 0
        for number, batch in enumerate(plain.collect_batches(chunk_size=height, maintain_order=True)):
            index = pl.int_range(done + 1, done + 1 + batch.height, dtype=pl.Int64).alias(INDEX)
            yield number, batch.select(index, pl.all())
            done += batch.height
        if not done:
            yield 0, sample.with_row_index(INDEX, offset=1).with_columns(pl.col(INDEX).cast(pl.Int64))
    except (pl.exceptions.PolarsError, OSError) as error:
        raise unreadable(path, kind, error) from error


def scan_columnar(path: Path, kind: str) -> pl.LazyFrame:
    """Return a parquet or Arrow file as a lazy frame; brackets and stars in its path are letters."""
    if kind == "parquet":
        return scan_parquet(path)
    with path.open("rb") as file:
        is_stream = file.read(4) == _STREAM
    if is_stream:
        with path.open("rb", buffering=0) as file:
            return pl.read_ipc_stream(file).lazy()
    return pl.scan_ipc(path, glob=False)


def unreadable(path: Path, kind: str, error: Exception) -> UserError:
    """Return the mistake of a file that is not what its ending says."""
    what = f"cannot be read as {kind} ({(str(error).splitlines() or [''])[0]})"
    return UserError(Mistake(str(path), what, "fetch or write the file again"))
