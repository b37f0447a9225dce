"""Reading in chunks: together the chunks are the whole file, whatever their size and whatever types come later."""

import json

import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from curate.errors import UserError
from curate.readers.json_types import DEPTH
from curate.readers.objects import json_lines
from curate.readers.read import read_chunks, read_file
from curate.readers.rejects import INDEX, Rejects
from curate.source_settings import FileSource

WHOLE = 1 << 24
SIZES = st.integers(1, 40)


def chunks(path, size, labels=None, expected=None, **settings):
    """The last chunk of every number, in order; they must have one schema."""
    source = FileSource(path=path.name, labels=labels and labels.name, **settings)
    found = {chunk.number: chunk for chunk in read_chunks(source, path, labels, expected, size)}
    assert list(found) == sorted(found)
    assert len({tuple(chunk.rows.schema.items()) for chunk in found.values()}) == 1
    return list(found.values())


def attempt(*args, **settings):
    try:
        return chunks(*args, **settings), ""
    except UserError as error:
        return [], str(error)


def same(path, size, labels=None, expected=None, **settings):
    """Check that chunks of a few bytes are what one large chunk is; return how many there were, and the whole."""
    whole, error = attempt(path, WHOLE, labels, expected, **settings)
    parts, other_error = attempt(path, size, labels, expected, **settings)
    assert error == other_error
    if error:
        return 0, None
    [whole] = whole
    rows, quarantine = pl.concat([part.rows for part in parts]), pl.concat([part.quarantine for part in parts])
    assert rows.schema == whole.rows.schema
    assert repr(rows.rows()) == repr(whole.rows.rows())  # not-a-number is not itself
    assert quarantine.rows() == whole.quarantine.rows()
    return len(parts), whole


SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.sampled_from([0, 1, -7, 2**53, 2**53 + 1, 2**63 - 1, 2**63, 2**64, -(2**63) - 1, 10**25, -(10**25)]),
    st.sampled_from([0.5, -0.0, 1e16, 1e300, float(2**70), float("nan"), float("inf")]),
    st.sampled_from(["", "t", "12", "\u2028", "\r", "\x00", "é😀"]),
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.one_of(st.lists(inner, max_size=2), st.dictionaries(st.sampled_from("xy"), inner)), max_leaves=3
)  # fmt: skip
OBJECTS = st.dictionaries(st.sampled_from(["a", "b", "text", "g"]), VALUES, max_size=3)
LINES = st.one_of(
    st.tuples(OBJECTS, st.booleans()).map(lambda pair: json.dumps(pair[0], ensure_ascii=pair[1]).encode()),
    st.sampled_from([b"", b"  ", b"[1]", b"nope", b'{"a": "\xff"}', b'{"a": "\\ud800"}', b'{"a": 1, "a": 2}', b'{"a": -0}\r', b"3"]),
    st.sampled_from([b'{"a": 1e999}', b'{"a": 123456789012345678901}', b'{"deep": ' + b"[" * 990 + b"]" * 990 + b"}"]),
)  # fmt: skip
EXPECTED = st.sampled_from([{}, {"text": "text", "g": "groups"}, {"g": "turns"}])


def reference(values, depth=DEPTH):
    """The type of a column by its definition: over all values at once."""
    filled = [value for value in values if value is not None]
    kinds = {type(value) for value in filled}
    simple = {frozenset(): pl.Null(), frozenset({str}): pl.String(), frozenset({bool}): pl.Boolean()}
    if frozenset(kinds) in simple:
        return simple[frozenset(kinds)]
    if kinds == {int}:
        return pl.Int64() if all(-(2**63) <= value < 2**63 for value in filled) else None
    if kinds <= {int, float}:
        return pl.Float64() if all(isinstance(value, float) or abs(value) <= 2**53 for value in filled) else None
    if depth and kinds == {list}:
        inner = reference([part for value in filled for part in value], depth - 1)
        return inner if inner is None else pl.List(inner)
    if depth and kinds == {dict} and any(filled):
        names = dict.fromkeys(name for value in filled for name in value)
        fields = {name: reference([value.get(name) for value in filled], depth - 1) for name in names}
        return None if None in fields.values() else pl.Struct(fields)
    return None


@given(st.lists(LINES, max_size=8), SIZES, EXPECTED)
@example([b'{"a": 1}', b'{"a": 0.5}', b'{"a": "x"}'], 1, {})
@example([b"nope", b'{"a": 1}', b"[1]"], 1, {})
@example([b'{"a": [1]}', b'{"a": [0.5], "b": {"x": 1}}', b'{"b": {"y": [true]}}'], 1, {})
def test_jsonl_in_chunks_is_the_whole(tmp_path_factory, lines, size, expected):
    path = tmp_path_factory.mktemp("f") / "a.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + b"\n".join(lines))
    same(path, size, expected=expected)


@given(st.lists(OBJECTS, min_size=1, max_size=6), SIZES)
def test_types_are_those_of_all_values(tmp_path_factory, objects, size):
    path = tmp_path_factory.mktemp("f") / "a.jsonl"
    path.write_text("\n".join(map(json.dumps, objects)))
    names = dict.fromkeys(name for record in objects for name in record)
    if not names:
        return
    wanted = {name: reference([record.get(name) for record in objects]) for name in names}
    found = chunks(path, size)[0].rows.schema
    assert dict(found) == {INDEX: pl.Int64(), **{name: kind or pl.String() for name, kind in wanted.items()}}


@given(st.lists(LINES, max_size=6))
def test_the_fast_parser_says_what_the_standard_library_says(lines):
    fast, slow = Rejects("a"), Rejects("a")
    found, wanted = json_lines(lines, 1, fast, fast=True), json_lines(lines, 1, slow, fast=False)
    large = any(b"123456789012345678901" in line or b"e999" in line or b"[[" in line for line in lines)
    if not large and all(abs(number) < 2**63 for number in numbers(wanted[1])):
        assert (list(found[0]), repr(found[1]), fast.lines) == (wanted[0], repr(wanted[1]), slow.lines)


def numbers(value):
    if isinstance(value, (list, dict)):
        inner = value.values() if isinstance(value, dict) else value
        return [number for part in inner for number in numbers(part)]
    return [value] if type(value) in (int, float) else []


CSV = st.text(st.sampled_from('ab,"\r\n\té\0\u2028'), max_size=60).map(str.encode)


@given(CSV, st.sampled_from([b"", b"\xff", b"\xef\xbb\xbf"]), SIZES, st.booleans(), st.booleans())
def test_csv_in_chunks_is_the_whole(tmp_path_factory, content, odd, size, header, quotes):  # noqa: PLR0917  (given by name)
    path = tmp_path_factory.mktemp("f") / "a.csv"
    path.write_bytes((b"x,y\n" if header else b"") + odd + content)
    same(path, size, header=header, quotes=quotes, columns=() if header else ("x", "y"))


@given(st.lists(st.sampled_from(["a", "", "b\r", "\u2028", "é"]), max_size=9), st.booleans(), SIZES, st.integers(-1, 1))
def test_pairs_in_chunks_are_the_whole(tmp_path_factory, texts, ends, size, more):
    folder = tmp_path_factory.mktemp("f")
    (folder / "t.txt").write_bytes("\n".join(texts).encode() + b"\n" * ends)
    (folder / "l.txt").write_bytes(b"x\n" * max(0, len(texts) + more))
    same(folder / "t.txt", size, folder / "l.txt")


@pytest.mark.parametrize(("name", "write"), [
    ("a.parquet", pl.DataFrame.write_parquet), ("a.arrow", pl.DataFrame.write_ipc), ("a.feather", pl.DataFrame.write_ipc_stream),
])  # fmt: skip
def test_columnar_files_in_chunks_are_the_whole(tmp_path, name, write):
    frame = pl.DataFrame({"text": [f"t{i}" for i in range(100)], "c": pl.Series(["x", "y"] * 50, dtype=pl.Categorical)})
    write(frame, tmp_path / name)
    count, whole = same(tmp_path / name, 40)
    assert count > 5
    assert whole.rows.rows() == [(i + 1, f"t{i}", "xy"[i % 2]) for i in range(100)]
    write(frame.clear(), tmp_path / name)
    assert chunks(tmp_path / name, 200)[0].rows.schema == whole.rows.schema


def test_a_type_that_comes_late_reads_the_file_again_and_replaces_the_chunks(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text('{"v": 1}\nnope\n{"v": 2}\n{"v": "x", "w": 1}\n')
    numbers = [chunk.number for chunk in read_chunks(FileSource(path="a.jsonl"), path, None, None, 1)]
    assert numbers == [0, 1, 2, 0, 1, 2, 3]
    parts = chunks(path, 1)
    assert [part.rows.rows() for part in parts] == [[(1, "1", None)], [], [(3, "2", None)], [(4, "x", 1)]]
    assert [part.quarantine.height for part in parts] == [0, 1, 0, 0]


def test_a_quote_that_is_never_closed_costs_its_line_alone_in_chunks_too(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("x,y\n" + '"open,1\n' + "a,b\n" * 50)
    parts = chunks(path, 8)
    assert sum(part.rows.height for part in parts) == 50
    assert [row for part in parts for row in part.quarantine.select("line", "reason").rows()] == [(2, "does_not_parse")]


def test_a_line_longer_than_a_chunk_is_one_line(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps({"t": "x" * 10_000_000}) + '\n{"t": "y"}\n')
    assert read_file(FileSource(path="a.jsonl"), path, None).rows["t"].str.len_chars().to_list() == [10_000_000, 1]
    assert len(chunks(path, 100)) == 2


def test_a_record_may_not_fill_the_memory(tmp_path, monkeypatch):
    monkeypatch.setattr("curate.readers.separated.LARGEST_FIELD", 100)
    path = tmp_path / "a.csv"
    path.write_text('x,y\n"never closed,1\n' + "some words,b\n" * 50)
    for size in (8, WHOLE):
        found = chunks(path, size)
        assert sum(part.rows.height for part in found) == 50
        quarantine = pl.concat([part.quarantine for part in found])
        assert quarantine.select("line", "detail").rows() == [(2, "field larger than field limit (100)")]


@pytest.mark.parametrize("name", ["a.arrow", "a.ipc", "a.feather"])
@pytest.mark.parametrize("content", [b"", b"ARROW1\0\0 cut", b"\xff\xff\xff\xff cut"])
def test_damaged_arrow_files_say_so(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UserError, match="cannot be read as arrow"):
        read_file(FileSource(path=name), tmp_path / name, None)


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n"])
def test_a_line_may_be_as_long_as_the_limit(tmp_path, monkeypatch, mark, end):
    monkeypatch.setattr("curate.readers.file_bytes.LONGEST_LINE", 200)
    path = tmp_path / "a.jsonl"
    for more, told in ((0, ""), (1, f"{path}: holds a line of more than 200 bytes")):
        line = json.dumps({"text": "x" * (200 - len(mark) - len('{"text": ""}') + more)}).encode()
        path.write_bytes(mark + line + end)
        assert attempt(path, 8)[1].partition("; see ")[0] == told
    path.write_bytes(mark + b'{"text": "a"}\n' + line + end)
    assert bool(attempt(path, 8)[1]) == (not mark)


def test_a_line_may_not_fill_the_memory(tmp_path, monkeypatch):
    monkeypatch.setattr("curate.readers.file_bytes.LONGEST_LINE", 20_000)
    for name, line in (("a.jsonl", json.dumps({"text": "x" * 21_000})), ("a.csv", "x," + "y" * 30_000)):
        path = tmp_path / name
        path.write_text(f'{{"text": "a"}}\n{line}\n' if name == "a.jsonl" else f"text,label\n{line}\n")
        found, error = attempt(path, 8)
        assert found == []
        assert error.startswith(f"{path}: holds a line of more than 20,000 bytes; see ")
        path.write_text(path.read_text().replace("x" * 20_000, "").replace("y" * 20_000, ""))
        assert attempt(path, 8)[1] == ""


def test_blank_lines_are_no_records_and_no_large_chunks(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("x,y\n" + "\n" * 5_000 + "a,b\n" + "\n" * 5_000 + "c,d\n")
    count, whole = same(path, 1_600)
    assert count >= 100
    assert whole.rows.rows() == [(5_002, "a", "b"), (10_003, "c", "d")]
