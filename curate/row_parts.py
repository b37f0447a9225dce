"""The rows of sources and their quarantine as parts on disk, each of one schema and of about one size, while they are read."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from curate.dataset import PART_BYTES, PartWriter
from curate.files import read_parquet
from curate.read_rows import shown, worked_on
from curate.reading import Reading, common_schema, conform
from curate.rows import source_of


def write_rows(reading: Reading, parts: PartWriter) -> tuple[int, int]:
    """Read everything, begin to write it as parts of `rows` and `quarantine`, and return how many rows are in each."""
    name, prefixes = reading.recipe.name, reading.recipe.source_names
    kept = _Rows(parts, name, "rows", lambda place: source_of(pl.col("row")) < place, sources=prefixes)
    rejected = _Writer(parts, name, "quarantine", lambda place: pl.col("source").is_in(list(prefixes[:place])))
    for part in reading.parts():
        if part.number == 0:  # the first look at this source, or another one
            kept.forget(part.place)
            rejected.forget(part.place)
        kept.add(part.place, part.rows)
        rejected.add(part.place, part.quarantine)
    kept.flush()
    rejected.flush()
    kept.settle(reading.schema)
    return kept.height, rejected.height


@dataclass(frozen=True)
class _Written:
    """One part on disk: the last source that it has rows of, and its columns."""

    path: Path
    last_place: int
    schema: pl.Schema
    height: int


@dataclass
class _Writer:
    """Writes frames as parts of the folder `of`; `before` tells the rows of the sources before one."""

    parts: PartWriter
    name: str
    of: str
    before: Callable[[int], pl.Expr]
    written: list[_Written] = field(default_factory=list)
    _waiting: list[tuple[int, pl.DataFrame]] = field(default_factory=list)
    _size: float = 0

    @property
    def height(self) -> int:
        """The rows that were written."""
        return sum(written.height for written in self.written)

    def add(self, place: int, frame: pl.DataFrame) -> None:
        """Take rows of a source; write what waits if it is much."""
        self._waiting.append((place, frame))
        self._size += frame.estimated_size()
        if self._size >= PART_BYTES:
            self.flush()

    def flush(self) -> None:
        """Write what waits as one part; nothing where it has no rows and there is a part already."""
        frames = [frame for _place, frame in self._waiting]
        if not frames or (self.written and not any(frame.height for frame in frames)):
            return
        schema = common_schema([frame.schema for frame in frames], self.name)
        rows = pl.concat([conform(frame, schema) for frame in frames])
        path = self.parts.write(self.of, len(self.written), [self.as_shown(rows)])
        self.written.append(_Written(path, self._waiting[-1][0], schema, rows.height))
        self._waiting, self._size = [], 0

    def forget(self, place: int) -> None:
        """Take out the rows of a source: it is read again, with other types."""
        self.parts.wait()
        while self._waiting and self._waiting[-1][0] == place:
            self._waiting.pop()
        while self.written and self.written[-1].last_place == place:
            path = self.written.pop().path
            earlier = self.as_read(read_parquet(path)).filter(self.before(place))
            path.unlink()
            self._waiting = [(place - 1, earlier), *self._waiting] if earlier.height else self._waiting

    def settle(self, schema: pl.Schema) -> None:
        """Write the parts again that have other columns than all sources together."""
        others = [(place, part) for place, part in enumerate(self.written) if part.schema != schema]
        if others:
            self.parts.wait()
        for place, part in others:
            rows = conform(self.as_read(read_parquet(part.path)), schema)
            self.parts.write(self.of, place, [self.as_shown(rows)])

    def as_shown(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Return a frame as it is written."""
        return rows

    def as_read(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Return a frame that was written as it was before."""
        return rows


@dataclass
class _Rows(_Writer):
    """Writes rows in the form in which the run shows them."""

    sources: tuple[str, ...] = ()

    def as_shown(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Return rows as the run shows them."""
        return shown(rows, self.sources)

    def as_read(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Return rows as they were read."""
        return worked_on(rows)
