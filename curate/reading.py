"""Every source of a recipe read, numbered, fitted to the task and grouped, part by part; what does not fit goes to quarantine."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from curate import rows as row_numbers
from curate.errors import Mistake, UserError
from curate.fit import expected_columns, fit_task, where_of
from curate.groups import group_column, membership
from curate.manifest import SourceRecord
from curate.readers.peek import DEMO_COLUMNS, peek_columns
from curate.readers.read import CHUNK_BYTES, read_chunks
from curate.readers.rejects import INDEX, QUARANTINE_SCHEMA, Read, Rejects
from curate.recipe import Recipe
from curate.shown import shown
from curate.source_settings import DemoSource, FileSource, Source
from curate.sources.find import is_here, lexicon_paths, source_digest, source_paths
from curate.sources.shapes import Taken, taken_for
from curate.task import Classification, whole_text

HEAD_BYTES = 1 << 20
"""The size of a chunk where the first rows are enough."""
_LEADING = ("row", "parent")


@dataclass(frozen=True)
class Part:
    """Rows of a source in their order, and what of it went to quarantine.

    A part whose name came before replaces the earlier one: the file was read again with a type that holds a later value.
    """

    place: int
    number: int
    rows: pl.DataFrame
    quarantine: pl.DataFrame

    @property
    def name(self) -> str:
        """The part's name; names sort in the order of sources and lines."""
        return f"{self.place:05}-{self.number:06}"


@dataclass
class Reading:
    """The sources of a recipe while they are read. What the properties say is whole when `parts` came to its end.

    `recipe` has a source for each file (`expand_sources`); `fetched` is the folder with the copies of remote files, and
    `skip_absent` leaves out what is not fetched yet.
    """

    recipe: Recipe
    folder: Path
    fetched: Path | None = None
    chunk_bytes: int = CHUNK_BYTES
    skip_absent: bool = False
    planted: pl.DataFrame | None = None
    _schemas: dict[str, pl.Schema] = field(default_factory=dict)
    _counts: dict[str, tuple[int, int, int]] = field(default_factory=dict)
    _taken_for: dict[int, Taken] = field(default_factory=dict)
    _left_out: dict[int, set[str]] = field(default_factory=dict)

    def parts(self, most: Sequence[int] | None = None) -> Iterator[Part]:
        """Yield the parts in the order of sources and lines; every source has at least one.

        With `most` a source is left after the part that brings it to so many rows.
        """
        for place, source in enumerate(self.recipe.sources):
            count, taken = 0, self._taken(source)
            if taken is not None:
                self._taken_for[place] = taken
            for read in self._chunks(place, source, taken):
                rejects = Rejects(source.row_prefix, read.written)
                rows = self._fitted(place, source, taken, read.rows, rejects)
                quarantine = pl.concat([read.quarantine, rejects.frame()]).sort("line", maintain_order=True)
                part = Part(place, read.number, rows, quarantine)
                self._schemas[part.name] = rows.schema
                self._counts[part.name] = (place, rows.height + quarantine.height, quarantine.height)
                yield part
                count = rows.height if read.number == 0 else count + rows.height
                if most is not None and count >= most[place]:
                    break

    @property
    def schema(self) -> pl.Schema:
        """The columns of all sources together, with types that hold the values of each. Raises `UserError` if there are none."""
        return common_schema(self._schemas.values(), self.recipe.name)

    def records(self, digests: Sequence[str] | None = None) -> tuple[SourceRecord, ...]:
        """Return a record a source; `digests` are those of the sources, if they are known already."""
        known = digests or [source_digest(source, self.folder, self.fetched) for source in self.recipe.sources]
        rows, quarantined = Counter[int](), Counter[int]()
        for place, read, rejected in self._counts.values():
            rows[place] += read
            quarantined[place] += rejected
        return tuple(
            SourceRecord(
                name=source.row_prefix,
                path=source.path if isinstance(source, FileSource) else f"demo:{source.demo}",
                sha256=known[place],
                rows=rows[place],
                quarantined=quarantined[place],
                origin=source.origin,
                licence=source.licence,
                shape=self._taken_for[place].shape if place in self._taken_for else None,
                left_out=tuple(sorted(self._left_out.get(place, ()))),
            )
            for place, source in enumerate(self.recipe.sources)
        )

    def _taken(self, source: Source) -> Taken | None:
        """Return what a source is taken for, told from the beginning of its file."""
        if isinstance(self.recipe.task, Classification):
            return None
        if isinstance(source, DemoSource):
            return taken_for(self.recipe.task, source, where_of(source), DEMO_COLUMNS)
        if self.skip_absent and not is_here(source, self.folder, self.fetched):
            return None
        path, _labels = source_paths(source, self.folder, self.fetched)
        with _named(source, path):
            return taken_for(self.recipe.task, source, where_of(source), peek_columns(source, path))

    def _chunks(self, place: int, source: Source, taken: Taken | None) -> Iterator[Read]:
        if isinstance(source, DemoSource):
            from curate import demo  # noqa: PLC0415

            made, truth = demo.generate(source.rows, source.seed)
            self.planted = _number_planted(truth, place)
            index = pl.int_range(1, pl.len() + 1, dtype=pl.Int64).alias(INDEX)
            return iter([Read(made.select(index, pl.all()), pl.DataFrame(schema=QUARANTINE_SCHEMA))])
        if self.skip_absent and not is_here(source, self.folder, self.fetched):
            return iter([])
        path, labels = source_paths(source, self.folder, self.fetched)
        chunks = read_chunks(source, path, labels, expected_columns(self.recipe, taken), self.chunk_bytes)
        return _all_named(source, path, chunks)

    def _fitted(
        self, place: int, source: Source, taken: Taken | None, rows: pl.DataFrame, rejects: Rejects
    ) -> pl.DataFrame:
        fitted = fit_task(
            rows, self.recipe, source, rejects, taken=taken, left_out=self._left_out.setdefault(place, set())
        )
        numbered = fitted.with_columns(
            row_numbers.numbers(place, pl.col(INDEX)).alias("row"), pl.lit(None, dtype=pl.Int64).alias("parent")
        ).drop(INDEX)
        if source.split:
            numbered = numbered.with_columns(pl.lit(source.split).alias("side"))
        text, lexicons = whole_text(self.recipe.task), lexicon_paths(self.recipe, self.folder)
        grouped = numbered.with_columns(
            membership(
                group, text, numbered.schema.get(getattr(group, "column", ""), pl.String()), lexicons.get(attribute)
            ).alias(group_column(attribute))
            for attribute, group in self.recipe.groups.items()
        )
        return grouped.select(*_LEADING, pl.exclude(_LEADING))


def first_rows(recipe: Recipe, folder: Path, fetched: Path | None, count: int) -> pl.DataFrame:
    """Return the first rows of a recipe's sources, as many as there are without fetching; no columns where there are none."""
    found = _heads(Reading(recipe, folder, fetched, HEAD_BYTES, skip_absent=True), None, count)
    return found.head(count)


def first_rows_of_each(recipe: Recipe, folder: Path, fetched: Path | None, counts: Sequence[int]) -> pl.DataFrame:
    """Return so many first rows of each source, as many as there are without fetching."""
    found = _heads(Reading(recipe, folder, fetched, HEAD_BYTES, skip_absent=True), counts, None)
    if not found.width:  # nothing is here yet
        return found
    most = pl.DataFrame({"source": range(len(counts)), "most": counts}, schema={"source": pl.Int64, "most": pl.Int64})
    numbered = found.with_columns(__source=row_numbers.source_of(pl.col("row")).cast(pl.Int64))
    kept = numbered.join(most, left_on="__source", right_on="source", how="left", maintain_order="left")
    return kept.filter(pl.int_range(pl.len()).over("__source") < pl.col("most")).drop("__source", "most")


def _heads(reading: Reading, counts: Sequence[int] | None, total: int | None) -> pl.DataFrame:
    frames: dict[str, pl.DataFrame] = {}
    for part in reading.parts(counts):
        if part.number == 0:  # another look at this source
            frames = {name: frame for name, frame in frames.items() if not name.startswith(f"{part.place:05}-")}
        frames[part.name] = part.rows
        if total is not None and sum(frame.height for frame in frames.values()) >= total:
            break
    schema = common_schema([frame.schema for frame in frames.values()], reading.recipe.name) if frames else pl.Schema()
    return pl.concat([conform(frame, schema) for frame in frames.values()] or [pl.DataFrame()])


def common_schema(schemas: Iterable[pl.Schema], name: str) -> pl.Schema:
    """Return the columns of some frames together, each with the type that holds its values in all of them.

    Raises `UserError` for a column whose types do not fit; `name` is the recipe's.
    """
    distinct = list(dict.fromkeys(tuple(schema.items()) for schema in schemas))
    try:
        return pl.concat([pl.DataFrame(schema=dict(one)) for one in distinct], how="diagonal_relaxed").schema
    except pl.exceptions.PolarsError as error:
        raise _unlike(error, f"recipe '{name}'") from error


def conform(rows: pl.DataFrame, schema: pl.Schema) -> pl.DataFrame:
    """Return rows with the columns and types of a common schema; a column that they lack is null.

    Raises `UserError` for values that a type cannot hold.
    """
    if rows.schema == schema:
        return rows
    texts = [name for name, kind in rows.schema.items() if schema[name] == pl.String and _needs_words(kind)]
    plain = rows.with_columns(shown(pl.col(name), rows.schema[name]).alias(name) for name in texts)
    try:
        return pl.concat([pl.DataFrame(schema=schema), plain], how="diagonal_relaxed").cast(schema)
    except pl.exceptions.PolarsError as error:
        raise _unlike(error, "sources") from error


def _needs_words(kind: pl.DataType) -> bool:
    """Return whether Polars does not turn values of a type into text by itself."""
    return isinstance(kind, pl.List | pl.Array | pl.Struct) or kind in (pl.Duration, pl.Binary)


def _unlike(error: Exception, where: str) -> UserError:
    what = f"the sources hold a column with types that do not fit ({(str(error).splitlines() or [''])[0]})"
    return UserError(Mistake(where, what, "declare it in the sources: types: {column: text}"))


@contextmanager
def _named(source: FileSource, copy: Path) -> Iterator[None]:
    """Tell what is wrong with a fetched copy of its address."""
    try:
        yield
    except UserError as error:
        if not source.is_remote:
            raise
        raise UserError(
            [Mistake(found.where.replace(str(copy), source.path), found.what, found.hint) for found in error.mistakes]
        ) from error


def _all_named(source: FileSource, copy: Path, chunks: Iterator[Read]) -> Iterator[Read]:
    with _named(source, copy):
        yield from chunks


def _number_planted(truth: pl.DataFrame, place: int) -> pl.DataFrame:
    return truth.with_columns(
        row_numbers.numbers(place, pl.col("index")).alias("row"),
        row_numbers.numbers(place, pl.col("of")).alias("of"),
    ).select("row", "fault", "of", "detail")
