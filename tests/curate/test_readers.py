"""Readers: every format, and everything that does not parse in quarantine with its line."""

import gzip
import json

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.errors import UserError
from curate.readers.count import count_in_file
from curate.readers.peek import peek_columns
from curate.readers.read import read_file
from curate.readers.rejects import INDEX
from curate.source_settings import FileSource


def read(tmp_path, name, content, labels=None, **settings):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    labels_path = None
    if labels is not None:
        labels_path = tmp_path / "labels.txt"
        labels_path.write_text(labels)
        settings["labels"] = "labels.txt"
    return read_file(FileSource(path=name, **settings), path, labels_path)


def reasons(found):
    return found.quarantine.select("line", "reason").rows()


def test_csv_numbers_rows_by_the_line_they_begin_on(tmp_path):
    found = read(tmp_path, "a.csv", '\ufefftext,label\n"two\nlines",x\n\nplain,y\n')
    assert found.rows.rows() == [(2, "two\nlines", "x"), (5, "plain", "y")]
    assert found.quarantine.is_empty()


def test_csv_lines_that_do_not_parse_cost_themselves_alone(tmp_path):
    content = b'text,label\ngood,x\nonly one\na,b,c\n"open quote,y\nalso good,z\nbad \xff byte,x\n"a"b,x\nlast,x\n'
    found = read(tmp_path, "a.csv", content)
    assert found.rows["text"].to_list() == ["good", "also good", "last"]
    assert reasons(found) == [
        (3, "wrong_field_count"),
        (4, "wrong_field_count"),
        (5, "does_not_parse"),
        (7, "bad_utf8"),
        (8, "does_not_parse"),
    ]
    assert found.quarantine.filter(pl.col("line") == 7)["raw"].item() == "bad \\xff byte,x"


def test_tsv_without_header_and_with_quotes_as_text(tmp_path):
    found = read(
        tmp_path, "a.tsv", 'ham\tHe said "hi\nspam\t"free\n', header=False, columns=("label", "text"), quotes=False
    )
    assert found.rows.rows() == [(1, "ham", 'He said "hi'), (2, "spam", '"free')]


@pytest.mark.parametrize(("content", "what"), [("", "is empty"), ("a,b,a\n1,2,3\n", "names 'a' twice")])
def test_csv_headers_that_cannot_be_used(tmp_path, content, what):
    with pytest.raises(UserError, match=what):
        read(tmp_path, "a.csv", content)


def test_jsonl_and_gz(tmp_path):
    lines = [
        b'{"text": "a", "n": 1}',
        b"not json",
        b"[1]",
        b'{"text": "\xff"}',
        b"",
        b'{"text": "b\xe2\x80\xa8c"}',
        b'{"text": "\\ud800"}',
    ]
    for name, content in (("a.jsonl", b"\n".join(lines)), ("a.jsonl.gz", gzip.compress(b"\n".join(lines)))):
        found = read(tmp_path, name, content)
        assert found.rows.rows() == [(1, "a", 1), (6, "b\u2028c", None)]
        assert reasons(found) == [(2, "not_json"), (3, "not_an_object"), (4, "bad_utf8"), (7, "bad_utf8")]
    with pytest.raises(UserError, match="is not a whole gzip file"):
        read(tmp_path, "b.jsonl.gz", gzip.compress(b"\n".join(lines))[:-12])


def test_json_list(tmp_path):
    found = read(tmp_path, "a.json", json.dumps([{"text": "a", "g": ["x"]}, 3, {"text": "b", "g": []}]))
    assert found.rows.rows() == [(1, "a", ["x"]), (3, "b", [])]
    assert reasons(found) == [(2, "not_an_object")]
    with pytest.raises(UserError, match=r"a\.json:2: is not JSON"):
        read(tmp_path, "a.json", '[{"text": "a"},\n nope]')
    with pytest.raises(UserError, match="does not hold a list"):
        read(tmp_path, "a.json", '{"text": "a"}')


@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz"])
def test_lines_of_jsonl_are_told_alike_whatever_ends_them(tmp_path, name):
    lines = ['{"text": "a"}', "", '{"text": "cut off', "[1]", "nope", '{"text": "b"}']

    def told(text):
        found = read(tmp_path, name, gzip.compress(text) if name.endswith(".gz") else text)
        return found.rows.rows(), found.quarantine.drop("source").rows()

    plain = told("\n".join(lines).encode())
    assert plain[0] == [(1, "a"), (6, "b")]
    assert [row[0] for row in plain[1]] == [3, 4, 5]
    assert told("\r\n".join(lines).encode()) == plain
    assert told(b"\xef\xbb\xbf" + "\n".join([*lines, ""]).encode()) == plain


def test_values_of_changing_type_become_json_text(tmp_path):
    rows = [{"v": 1}, {"v": "x"}, {"v": {"a": [1, None]}}, {"v": None}]
    found = read(tmp_path, "a.json", json.dumps(rows))
    assert found.rows["v"].to_list() == ["1", "x", '{"a": [1, null]}', None]
    assert read(tmp_path, "b.json", json.dumps([{"v": 2**70}, {"v": 1}])).rows["v"].to_list() == [str(2**70), "1"]
    assert read(tmp_path, "c.json", json.dumps([{"v": 1}, {"v": 1.5}])).rows["v"].to_list() == [1.0, 1.5]


def test_a_pair_of_files_ends_lines_with_line_feeds_alone(tmp_path):
    found = read(tmp_path, "t.txt", "one\u2028still one\ntwo\r\n", labels="0\n1\n")
    assert found.rows.rows() == [(1, "one\u2028still one", "0"), (2, "two", "1")]
    with pytest.raises(UserError, match=r"has 2 lines, and .* has 1"):
        read(tmp_path, "t.txt", "one\ntwo\n", labels="0\n")


def test_parquet(tmp_path):
    pl.DataFrame({"text": ["a"], "n": [1.5]}).write_parquet(tmp_path / "a.parquet")
    found = read_file(FileSource(path="a.parquet"), tmp_path / "a.parquet", None)
    assert found.rows.rows() == [(1, "a", 1.5)]
    (tmp_path / "b.parquet").write_bytes(b"PAR1 no")
    with pytest.raises(UserError, match="cannot be read as parquet"):
        read_file(FileSource(path="b.parquet"), tmp_path / "b.parquet", None)


def test_declared_types_and_their_quarantine(tmp_path):
    content = "n,f,b\n1.0,2.5,yes\n+7,,no\nx,1,true\n1.5,1,1\n3,abc,0\n4,1,maybe\n"
    found = read(tmp_path, "a.csv", content, types={"n": "integer", "f": "number", "b": "boolean"})
    assert found.rows.rows() == [(2, 1, 2.5, True), (3, 7, None, False)]
    assert [(line, reason) for line, reason in reasons(found)] == [
        (4, "wrong_type"),
        (5, "wrong_type"),
        (6, "wrong_type"),
        (7, "wrong_type"),
    ]
    with pytest.raises(UserError, match="has no column 'm'"):
        read(tmp_path, "a.csv", content, types={"m": "integer"})


def test_columns_can_be_renamed(tmp_path):
    assert read(tmp_path, "a.csv", "tweet,class\nx,1\n", columns={"text": "tweet"}).rows.columns == [
        INDEX,
        "text",
        "class",
    ]
    with pytest.raises(UserError, match="has no column 'tweat'; did you mean 'tweet'"):
        read(tmp_path, "a.csv", "tweet,class\nx,1\n", columns={"text": "tweat"})


@given(st.binary(max_size=300))
def test_no_bytes_make_a_reader_fail_without_saying_so(tmp_path_factory, content):
    folder = tmp_path_factory.mktemp("fuzz")
    for name in ("a.csv", "a.tsv", "a.json", "a.jsonl", "a.parquet", "a.jsonl.gz"):
        try:
            found = read(folder, name, content)
        except UserError:
            continue
        assert found.rows[INDEX].n_unique() == found.rows.height


def test_peek(tmp_path):
    for name, content, expected in (
        ("a.csv", "x,y\n1,2\n", {"x": (), "y": ()}),
        ("a.jsonl", 'bad\n{"x": 1}\n{"y": 2}\n', {"x": (), "y": ()}),
        (
            "a.json",
            '[{"x": {"z": 1}}, {"y": [1, {"b": 2, "a": 1}]}, {"y": [{"c": 1}]}]',
            {"x": (), "y": ("b", "a", "c")},
        ),
    ):
        (tmp_path / name).write_text(content)
        assert peek_columns(FileSource(path=name), tmp_path / name) == expected


@pytest.mark.parametrize(("sign", "setting"), [(";", ";"), ("|", "|"), ("\t", "\t")])
def test_another_separator(tmp_path, sign, setting):
    (tmp_path / "a.csv").write_text(f'text{sign}label\n"a{sign} b, c"{sign}x\nd{sign}y\n')
    source = FileSource(path="a.csv", separator=setting)
    assert read_file(source, tmp_path / "a.csv", None).rows.drop("__index").rows() == [
        (f"a{sign} b, c", "x"),
        ("d", "y"),
    ]
    assert count_in_file(source, tmp_path / "a.csv") == 2
    assert peek_columns(source, tmp_path / "a.csv").keys() == {"text", "label"}
