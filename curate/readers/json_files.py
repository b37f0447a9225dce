"""Json (a list of objects) and jsonl (an object a line)."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import polars as pl

from curate.errors import Mistake, UserError
from curate.readers.expected import Expected, misfit
from curate.readers.json_types import json_series
from curate.readers.rejects import INDEX, Rejects, check_names, decode, is_broken

Records = Iterator[tuple[int, dict[str, Any]]]
"""`line or position, object` of every element that is one."""


def json_lines(data: bytes, rejects: Rejects) -> Records:
    """Yield `line, object` of every line that is one."""
    for line, raw in enumerate(data.removeprefix(b"\xef\xbb\xbf").split(b"\n"), start=1):
        if not raw.strip():
            continue
        try:
            record = json.loads(raw.decode("utf-8"))
        except UnicodeDecodeError as error:
            rejects.add(line, "bad_utf8", f"byte {error.start} is not UTF-8", raw.decode("utf-8", "surrogateescape"))
        except (ValueError, RecursionError) as error:  # not JSON, a number of thousands of digits, or too deep
            rejects.add(line, "not_json", str(error), raw.decode("utf-8"))
        else:
            yield from _object(line, record, rejects)


def json_list(data: bytes, path: Path, rejects: Rejects) -> Records:
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
    except ValueError as error:
        hint = "write the number as text, or use one object a line, where it costs its own line alone"
        raise UserError(Mistake(str(path), f"cannot be read ({error})", hint)) from error
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


def _object(line: int, record: Any, rejects: Rejects) -> Records:
    try:
        shown = json.dumps(record, ensure_ascii=False)
    except RecursionError:  # the limit differs by a few levels from that of reading
        rejects.add(line, "not_json", "is nested too deeply", str(record)[:1000])
        return
    if not isinstance(record, dict):
        rejects.add(line, "not_an_object", f"is a {type(record).__name__}", shown)
    elif is_broken(shown):
        readable = shown.encode("utf-8", "backslashreplace").decode()
        rejects.add(line, "bad_utf8", "holds bytes or escapes that are not characters", readable)
    else:
        yield line, record


def from_records(records: Records, expected: Mapping[str, Expected], path: Path, rejects: Rejects) -> pl.DataFrame:
    """Make rows of objects; a key that an object lacks is null, and a value that is not as expected costs its row alone."""
    index, kept, names = [], [], dict[str, None]()
    for line, record in records:
        names |= dict.fromkeys(record)
        problem = misfit(record, expected)
        if problem:
            rejects.add(line, "wrong_type", problem, json.dumps(record, ensure_ascii=False))
        else:
            index.append(line)
            kept.append(record)
    if not names:
        first = "".join(f" ({reason} at {line}: {detail})" for _source, line, reason, detail, _raw in rejects.lines[:1])
        hint = "write one object a line in jsonl, or [{…}, {…}] in json"
        raise UserError(Mistake(str(path), f"holds no object with keys{first}", hint))
    check_names(names, path)
    columns = {name: json_series(name, [record.get(name) for record in kept], expected.get(name)) for name in names}
    return pl.DataFrame({INDEX: pl.Series(index, dtype=pl.Int64), **columns})
