"""Json (a list of objects) and jsonl (an object a line) as frames of one schema."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from operator import itemgetter
from pathlib import Path
from typing import Any

import polars as pl

from curate.errors import Mistake, UserError
from curate.readers.expected import Expected, misfits
from curate.readers.file_bytes import file_bytes, line_chunks
from curate.readers.json_types import Shape, Target, join_fields, json_series, plain_turns, shape_of, target
from curate.readers.objects import json_lines, json_list
from curate.readers.rejects import INDEX, Rejects, check_names

Frames = Iterator[tuple[int, pl.DataFrame]]
"""`number, rows` of each chunk. A number that came before replaces what came under it."""


@dataclass(frozen=True)
class _Chunk:
    """Objects that fit what is expected of them, each with its line; the shapes of all columns that any object names."""

    index: Sequence[int]
    columns: Mapping[str, list[Any]]
    shapes: Mapping[str, Shape]
    has_misfits: bool

    @property
    def doubtful(self) -> bool:
        """Whether the slow parser may have read something in another way than the fast one did."""
        return self.has_misfits or any(shape.doubtful for shape in self.shapes.values())


def read_json_lines(path: Path, expected: Mapping[str, Expected], rejects: Rejects, chunk_bytes: int) -> Frames:
    """Read one object a line, a chunk at a time, with the types of what was read so far.

    Where a later chunk needs other types, or is the first that holds an object with keys, the rest is looked through for its
    types, and reading begins again at number 0.
    """
    stream = _chunks(path, expected, rejects, chunk_bytes)
    shapes: dict[str, Shape] = {}
    begun, number = False, 0
    for chunk in stream:
        before, shapes = shapes, join_fields(shapes, chunk.shapes)
        if begun and _targets(before, expected) != _targets(shapes, expected):
            break
        begun = True
        if shapes:
            check_names(shapes, path)
            yield number, _frame(chunk, shapes, expected)
            number += 1
        else:
            del rejects.lines[1:]  # the first says why the file is refused, if no chunk holds more
    else:
        _check_filled(shapes, path, rejects)
        return
    for chunk in stream:
        shapes = join_fields(shapes, chunk.shapes)
    check_names(shapes, path)
    rejects.clear()
    for number, chunk in enumerate(_chunks(path, expected, rejects, chunk_bytes)):
        yield number, _frame(chunk, shapes, expected)


def read_json_list(path: Path, expected: Mapping[str, Expected], rejects: Rejects) -> Frames:
    """Read a list of objects, whole: its end must be seen before its beginning can be believed."""
    found = list(json_list(file_bytes(path), path, rejects))
    records = dict(found)
    rejects.written = lambda line: json.dumps(records[line], ensure_ascii=False)
    chunk = _chunk(list(records), list(records.values()), expected, rejects)
    _check_filled(chunk.shapes, path, rejects)
    check_names(chunk.shapes, path)
    yield 0, _frame(chunk, chunk.shapes, expected)


def _chunks(path: Path, expected: Mapping[str, Expected], rejects: Rejects, chunk_bytes: int) -> Iterator[_Chunk]:
    first = 1
    for lines in line_chunks(path, chunk_bytes):
        before, start = len(rejects.lines), first

        def written(line: int, lines: list[bytes] = lines, start: int = start) -> str:
            return lines[line - start].decode("utf-8").removesuffix("\n").removesuffix("\r")

        rejects.written = written
        chunk = _chunk(*json_lines(lines, first, rejects, fast=True), expected, rejects)
        if chunk.doubtful:
            del rejects.lines[before:]
            chunk = _chunk(*json_lines(lines, first, rejects, fast=False), expected, rejects)
        yield chunk
        first += len(lines)


def _chunk(
    index: Sequence[int],
    records: list[dict[str, Any]],
    expected: Mapping[str, Expected],
    rejects: Rejects,
) -> _Chunk:
    """Return objects as a chunk."""
    names = dict.fromkeys(chain.from_iterable(records))
    columns = {name: _values(name, records) for name in names}
    odd = misfits(columns, expected)
    if odd:
        for place, problem in odd.items():
            rejects.add(index[place], "wrong_type", problem, rejects.raw_of({INDEX: index[place]}))
        index = [line for place, line in enumerate(index) if place not in odd]
        columns = {
            name: [value for place, value in enumerate(values) if place not in odd] for name, values in columns.items()
        }
    turns = [name for name in names if expected.get(name) == "turns"]
    columns |= {name: plain_turns(columns[name]) for name in turns}
    return _Chunk(index, columns, {name: shape_of(values) for name, values in columns.items()}, bool(odd))


def _values(name: str, records: list[dict[str, Any]]) -> list[Any]:
    """Return what each object has under a name, None where it has nothing."""
    try:
        return list(map(itemgetter(name), records))
    except KeyError:
        return [record.get(name) for record in records]


def _targets(shapes: Mapping[str, Shape], expected: Mapping[str, Expected]) -> dict[str, Target]:
    return {name: target(shape, expected.get(name)) for name, shape in shapes.items()}


def _frame(chunk: _Chunk, shapes: Mapping[str, Shape], expected: Mapping[str, Expected]) -> pl.DataFrame:
    nothing = [None] * len(chunk.index)
    columns = {
        name: json_series(name, chunk.columns.get(name, nothing), wanted)
        for name, wanted in _targets(shapes, expected).items()
    }
    return pl.DataFrame({INDEX: pl.Series(chunk.index, dtype=pl.Int64), **columns})


def _check_filled(shapes: Mapping[str, Shape], path: Path, rejects: Rejects) -> None:
    """Raise `UserError` for a file in which no object names anything, with the first thing that was wrong."""
    if not shapes:
        first = "".join(f" ({reason} at {line}: {detail})" for _source, line, reason, detail, _raw in rejects.lines[:1])
        hint = "write one object a line in jsonl, or [{…}, {…}] in json"
        raise UserError(Mistake(str(path), f"holds no object with keys{first}", hint))
