"""A batch of new texts held against an index: which old text each is like, and how alike the two truly are."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np
import polars as pl

from curate.near_duplicates.index import SignatureIndex, check_sound
from curate.near_duplicates.parts import Part, TextPart
from curate.near_duplicates.search import Search, candidates
from curate.progress import NO_TICK, Tick

HITS_SCHEMA = {"row": pl.String, "older_row": pl.String, "similarity": pl.Float64}


def match(
    index: SignatureIndex,
    frames: Callable[[], Iterable[pl.DataFrame]],
    search: Search,
    *,
    folder: Path | None = None,
    tick: Tick = NO_TICK,
) -> tuple[pl.DataFrame, pl.Series]:
    """Return `row, older_row, similarity` of the new rows (`name, text`) that are like one of an index, with the most similar.

    With them come the names of rows without a match that could not be compared with all (see `Pairs.unfinished`). Raises
    `UserError` for a damaged index: what was found in it may be wrong.
    """
    names = pl.concat([pl.Series("name", [], dtype=pl.String), *(frame["name"] for frame in frames())])
    older, height = len(index), len(index) + len(names)
    is_new = np.arange(height) >= older

    def parts() -> Iterator[Part]:
        yield from index.parts()
        yield from (TextPart(frame["text"], search.sketching) for frame in frames())

    with candidates(parts, height, search, older=older, folder=folder, tick=tick) as found:
        hits = found.matches(is_new, ~is_new)
    check_sound(index)
    named = {"row": names[hits.later - older], "older_row": index.names()[hits.earlier]}
    unfinished = names[hits.unfinished - older]
    return pl.DataFrame({**named, "similarity": hits.similarity}, schema=HITS_SCHEMA), unfinished
