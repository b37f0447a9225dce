"""JSON text as objects, by the standard library or, where that gives the same, by a faster one; what is none is rejected."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import NoneType
from typing import Any

import orjson

from curate.errors import Mistake, UserError
from curate.readers.file_bytes import reading
from curate.readers.rejects import Rejects, decode, is_broken

_WHOLE_BYTES = 1 << 20
_CUT_OFF = "the file seems to be cut off; fetch or write it again"
_KINDS = {NoneType: "null", bool: "true or false", int: "a number", float: "a number", str: "a text", list: "a list"}
_LIST = "a json file is one list, [{…}, {…}], a jsonl file one object a line"


def json_lines(
    lines: list[bytes], first: int, rejects: Rejects, *, fast: bool
) -> tuple[Sequence[int], list[dict[str, Any]]]:
    """Return the lines (from `first`) that are objects, and the objects. The standard library says what an object is.

    The fast parser differs from it in two things that the caller must look for: a whole number that does not fit into 64 bits
    becomes a float, and nesting may be some levels deeper. What the fast parser refuses the standard library is asked about.
    """
    if fast:
        try:
            records = list(map(orjson.loads, lines))
        except orjson.JSONDecodeError:
            pass
        else:
            if set(map(type, records)) <= {dict}:
                return range(first, first + len(lines)), records
    index: list[int] = []
    found: list[dict[str, Any]] = []
    for line, ended in enumerate(lines, start=first):  # a chunk with a line that is not an object, or of doubt
        raw = ended.removesuffix(b"\n").removesuffix(b"\r")
        if raw.strip() and (record := _object_in(raw, line, rejects, fast=fast)) is not None:
            index.append(line)
            found.append(record)
    return index, found


def _object_in(raw: bytes, line: int, rejects: Rejects, *, fast: bool) -> dict[str, Any] | None:
    if fast:
        try:
            record = orjson.loads(raw)
        except orjson.JSONDecodeError:
            pass
        else:
            if type(record) is dict:
                return record
    try:
        record = json.loads(raw.decode("utf-8"))
    except UnicodeDecodeError as error:
        rejects.add(line, "bad_utf8", f"byte {error.start} is not UTF-8", raw.decode("utf-8", "surrogateescape"))
    except (ValueError, RecursionError) as error:  # not JSON, a number of thousands of digits, or too deep
        rejects.add(line, "not_json", str(error), raw.decode("utf-8"))
    else:
        return next((found for _line, found in _object(line, record, rejects, raw.decode("utf-8"))), None)
    return None


def check_json_list(path: Path) -> None:
    """Raise `UserError` if a file is not a list in JSON: a small one is read whole, of a larger one both ends are looked at."""
    with reading(path) as file:
        head = file.read(_WHOLE_BYTES)
        end = head
        while piece := file.read(_WHOLE_BYTES):
            end = piece.rstrip() or end
    if end is head:
        for _element in json_list(head, path, Rejects("")):
            pass
    elif not decode(head).lstrip().startswith("["):
        raise UserError(_no_list(path, decode(head)))
    elif not end.endswith(b"]"):
        raise UserError(Mistake(str(path), "is not JSON (its list has no end)", _CUT_OFF))


def json_list(data: bytes, path: Path, rejects: Rejects) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield `position, object` of every element that is one. Raises `UserError` if the file is not a list in JSON."""
    text = decode(data)
    try:
        content = json.loads(text)
    except json.JSONDecodeError as error:
        if _is_lines(text):
            hint = "if there is one object a line, say format: jsonl"
        else:
            at_end = error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated")
            hint = _CUT_OFF if at_end else f"mend the file there: {_LIST}"
        raise UserError(
            Mistake(f"{path}:{error.lineno}", f"is not JSON (column {error.colno}: {error.msg})", hint)
        ) from error
    except RecursionError as error:
        raise UserError(Mistake(str(path), "is nested too deeply", "a source is a list of flat objects")) from error
    except ValueError as error:
        hint = "write the number as text, or use one object a line, where it costs its own line alone"
        raise UserError(Mistake(str(path), f"cannot be read ({error})", hint)) from error
    if not isinstance(content, list):
        raise UserError(_no_list(path, text))
    for index, record in enumerate(content, start=1):
        yield from _object(index, record, rejects)


def _no_list(path: Path, text: str) -> Mistake:
    hint = "if there is one object a line, say format: jsonl" if _is_lines(text) else _LIST
    return Mistake(str(path), "does not hold a list of objects", hint)


def _is_lines(text: str) -> bool:
    """Return whether a text and its second line begin as objects do."""
    first, _end, rest = text.lstrip().partition("\n")
    return first.startswith("{") and rest.lstrip().startswith("{")


def _object(
    line: int, record: Any, rejects: Rejects, written: str | None = None
) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield a value with its line if it is an object; `written` is the text that it was read from, where it is known."""
    try:
        shown = json.dumps(record, ensure_ascii=False)
    except RecursionError:  # the limit differs by a few levels from that of reading
        rejects.add(line, "not_json", "is nested too deeply", written or str(record)[:1000])
        return
    if not isinstance(record, dict):
        rejects.add(line, "not_an_object", f"is {_KINDS[type(record)]} and not an object", written or shown)
    elif is_broken(shown):
        readable = written or shown.encode("utf-8", "backslashreplace").decode()
        rejects.add(line, "bad_utf8", "holds bytes or escapes that are not characters", readable)
    else:
        yield line, record
