"""Json (a list of objects) and jsonl (an object a line)."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl

from curate.errors import Mistake, UserError
from curate.readers.rejects import INDEX, Rejects, decode, is_broken

MAXIMUM_INTEGER = 2**63


def json_lines(data: bytes, rejects: Rejects) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield `line, object` of every line that is one."""
    for line, raw in enumerate(data.removeprefix(b"\xef\xbb\xbf").split(b"\n"), start=1):
        if not raw.strip():
            continue
        try:
            record = json.loads(raw.decode("utf-8"))
        except UnicodeDecodeError as error:
            rejects.add(line, "bad_utf8", f"byte {error.start} is not UTF-8", raw.decode("utf-8", "surrogateescape"))
        except (json.JSONDecodeError, RecursionError) as error:
            rejects.add(line, "not_json", str(error), raw.decode("utf-8"))
        else:
            yield from _object(line, record, rejects)


def json_list(data: bytes, path: Path, rejects: Rejects) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield `position, object` of every element that is one. Raises `UserError` if the file is not a list in JSON."""
    text = decode(data)
    try:
        content = json.loads(text)
    except json.JSONDecodeError as error:
        hint = "if there is one object a line, say format: jsonl"
        raise UserError(
            Mistake(f"{path}:{error.lineno}", f"is not JSON (column {error.colno}: {error.msg})", hint)
        ) from error
    except RecursionError as error:
        raise UserError(Mistake(str(path), "is nested too deeply", "a source is a list of flat objects")) from error
    if not isinstance(content, list):
        raise UserError(
            Mistake(
                str(path),
                "does not hold a list of objects",
                "write [{…}, {…}], or one object a line with format: jsonl",
            )
        )
    for index, record in enumerate(content, start=1):
        yield from _object(index, record, rejects)


def _object(line: int, record: Any, rejects: Rejects) -> Iterator[tuple[int, dict[str, Any]]]:
    if not isinstance(record, dict):
        rejects.add(line, "not_an_object", f"is a {type(record).__name__}", json.dumps(record, ensure_ascii=False))
    elif is_broken(shown := json.dumps(record, ensure_ascii=False)):
        rejects.add(
            line,
            "bad_utf8",
            "holds bytes or escapes that are not characters",
            shown.encode("utf-8", "backslashreplace").decode(),
        )
    else:
        yield line, record


def from_records(records: Iterator[tuple[int, dict[str, Any]]]) -> pl.DataFrame:
    """Make rows of objects; a key that an object lacks is null."""
    index, kept = [], []
    for line, record in records:
        index.append(line)
        kept.append(record)
    names = list(dict.fromkeys(name for record in kept for name in record))
    columns = {name: _series(name, [record.get(name) for record in kept]) for name in names}
    if INDEX in columns:
        columns[f"_{INDEX}"] = columns.pop(INDEX)
    return pl.DataFrame({INDEX: pl.Series(index, dtype=pl.Int64), **columns})


def _series(name: str, values: list[Any]) -> pl.Series:
    """Make rows of objects; a key that an object lacks is null."""
    """Make a column of one type; values of several types, or that no type holds, become JSON text (strings stay as they are)."""
    kinds = {type(value) for value in values if value is not None}
    try:
        fits = all(not isinstance(value, int) or -MAXIMUM_INTEGER <= value < MAXIMUM_INTEGER for value in values)
        if kinds <= {int} and fits:
            return pl.Series(name, values, dtype=pl.Int64)
        if kinds <= {int, float} and fits:
            return pl.Series(name, [None if value is None else float(value) for value in values], dtype=pl.Float64)
        if len(kinds) == 1 and fits:
            return pl.Series(name, values, strict=True)
    except (TypeError, OverflowError, pl.exceptions.PolarsError):
        pass
    texts = [
        value if value is None or isinstance(value, str) else json.dumps(value, ensure_ascii=False) for value in values
    ]
    return pl.Series(name, texts, dtype=pl.String)
