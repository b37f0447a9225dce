"""The rows of sources as parts on disk, of one schema and of about one size, while they are read."""

from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from curate.dataset import PART_BYTES, PartWriter
from curate.files import read_parquet
from curate.reading import Part, Reading, common_schema, conform
from curate.rows import source_of


def write_rows(reading: Reading, folder: Path) -> tuple[int, pl.DataFrame]:
    """Read everything, write the rows as parts into `rows` of a folder, and return how many there are, and the quarantine."""
    quarantine: dict[str, pl.DataFrame] = {}
    with PartWriter(folder) as parts:
        writer = _Writer(parts, reading.recipe.name)
        for part in reading.parts():
            if part.number == 0:  # the first look at this source, or another one
                writer.forget(part.place)
            writer.add(part)
            quarantine[part.name] = part.quarantine
        writer.flush()
        writer.settle(reading.schema)
    return sum(written.height for written in writer.written), pl.concat(quarantine[name] for name in sorted(quarantine))


@dataclass(frozen=True)
class _Written:
    """One part on disk: the last source that it has rows of, and its columns."""

    path: Path
    last_place: int
    schema: pl.Schema
    height: int


@dataclass
class _Writer:
    parts: PartWriter
    name: str
    written: list[_Written] = field(default_factory=list)
    _waiting: list[tuple[int, pl.DataFrame]] = field(default_factory=list)
    _size: float = 0

    def add(self, part: Part) -> None:
        """Take a part of a source; write what waits if it is much."""
        self._waiting.append((part.place, part.rows))
        self._size += part.rows.estimated_size()
        if self._size >= PART_BYTES:
            self.flush()

    def flush(self) -> None:
        """Write what waits as one part; nothing where it has no rows and there is a part already."""
        frames = [frame for _place, frame in self._waiting]
        if not frames or (self.written and not any(frame.height for frame in frames)):
            return
        schema = common_schema([frame.schema for frame in frames], self.name)
        rows = pl.concat([conform(frame, schema) for frame in frames])
        path = self.parts.write("rows", len(self.written), [rows])
        self.written.append(_Written(path, self._waiting[-1][0], schema, rows.height))
        self._waiting, self._size = [], 0

    def forget(self, place: int) -> None:
        """Take out the rows of a source: it is read again, with other types."""
        self.parts.wait()
        while self._waiting and self._waiting[-1][0] == place:
            self._waiting.pop()
        while self.written and self.written[-1].last_place == place:
            path = self.written.pop().path
            earlier = read_parquet(path).filter(source_of(pl.col("row")) < place)
            path.unlink()
            self._waiting = [(place - 1, earlier), *self._waiting] if earlier.height else self._waiting

    def settle(self, schema: pl.Schema) -> None:
        """Write the parts again that have other columns than all sources together."""
        self.parts.wait()
        for place, part in enumerate(self.written):
            if part.schema != schema:
                self.parts.write("rows", place, [conform(read_parquet(part.path), schema)])
