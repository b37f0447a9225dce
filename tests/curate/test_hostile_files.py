"""Hostile files: clear mistakes before work, or quarantine with line and reason; every row accounted for."""

import datetime as dt
import json

import polars as pl
import pytest
from hostile import CLASSIFY, LINES, curate, mistakes, quarantine, write

from curate.errors import UserError
from curate.files import read_parquet
from curate.groups import TermGroup, membership, read_lexicon
from curate.questions.explain import explain
from curate.readers.read import read_file
from curate.shown import shown
from curate.source_settings import FileSource

NAN = float("nan")

EVERY_STEP = """\
groups: {m: {terms: gender}}
steps: [{step: unicode}, {step: whitespace}, {step: length}, {step: letter_share}, {step: character_repetition},
  {step: word_repetition}, {step: where, sql: "length(text) > 0"}, {step: mask_pii}, {step: label_conflict}, {step: exact},
  {step: minhash}, {step: sample, share: 0.9}]
split: {stratify: [label, m]}
train_steps: [{step: balance, by: [label, m], to: largest}, {step: sample, rows: 30}]
"""


@pytest.mark.parametrize(
    "column", ["place", "copy", "root", "text__after", "other_row", "value", "reason", "size", "key"]
)
def test_columns_may_be_named_like_what_steps_work_with(tmp_path, column):
    lines = "".join(f"hello there number {i} word{i * 7},{'aab'[i % 3]},{i}\n" for i in range(12))
    more = "split: {test: 0, validation: 0}\ntrain_steps: [{step: balance, by: [label], to: largest}]"
    run = curate(write(tmp_path, "[{path: a.csv}]", more=more, a__csv=f"text,label,{column}\n{lines}"), 12)
    assert read_parquet(run.data("train")).height == 16


@pytest.mark.parametrize(
    ("header", "what"),
    [
        ("text,label,text", "the header names 'text' twice"),
        ("text,label,,column_3", "the header names 'column_3' twice"),
        ("text,label,__index", "the column name '__index' is ours"),
        ("text,label,__x", "the column name '__x' is ours"),
        ("te\0xt,label", r"did you mean 'te\x00xt'?"),
    ],
)
def test_bad_headers_are_found_before_work_starts(tmp_path, header, what):
    found = mistakes(write(tmp_path, "[{path: a.csv}]", a__csv=f"{header}\n1,2,3\n"))
    assert what in found[0]
    assert "\0" not in found[0]


@pytest.mark.parametrize("encoding", ["UTF-16", "UTF-32"])
def test_other_encodings_are_named(tmp_path, encoding):
    recipe = write(tmp_path, "[{path: a.csv}]", a__csv=f"text,label\n{LINES}".encode(encoding))
    assert mistakes(recipe)[0].endswith(f"is {encoding}; save the file as UTF-8")


def test_a_second_byte_order_mark_is_seen(tmp_path):
    recipe = write(tmp_path, "[{path: a.csv}]", a__csv=f"\ufeff\ufefftext,label\n{LINES}")
    assert mistakes(recipe)[0].endswith(r"has no column 'text'; did you mean '\ufefftext'?")


@pytest.mark.parametrize("end", ["\r", "\r\n", "\n"])
def test_lines_may_end_in_three_ways(tmp_path, end):
    curate(write(tmp_path, "[{path: a.csv}]", a__csv=f"text,label\n{LINES}".replace("\n", end)), 12)


@pytest.mark.parametrize("content", ["text,label\n", "text,label\n" + LINES])
def test_every_step_bears_that_nothing_is_left(tmp_path, content):
    more = EVERY_STEP.replace("steps: [", "steps: [{step: length, min: 1000}, ", 1)
    run = curate(write(tmp_path, "[{path: a.csv}]", more=more, a__csv=content), content.count("\n") - 1)
    assert read_parquet(run.data("train")).height == 0


@pytest.mark.parametrize("rows", [1, 12])
def test_every_step_bears_few_rows_of_one_label(tmp_path, rows):
    lines = "".join(f"{'she said ' * (i % 2)}something of her own number {i * i},a\n" for i in range(rows))
    curate(write(tmp_path, "[{path: a.csv}]", more=EVERY_STEP, a__csv="text,label\n" + lines), rows)


def test_a_broken_record_costs_no_second_look_at_the_lines_after_it(tmp_path):
    broken = b"text,label\n" + b'a"b,"x"y\n' * 60_000
    (tmp_path / "a.csv").write_bytes(broken)
    found = read_file(FileSource(path="a.csv"), tmp_path / "a.csv", None)
    assert (found.rows.height, found.quarantine.height) == (0, 60_000)


def test_a_text_of_thousands_of_copies_makes_no_millions_of_pairs(tmp_path):
    sources = "[{path: a.csv, split: train}, {path: b.csv, split: test}]"
    copies = "text,label\n" + "the same text again,a\n" * 8_000
    more = "split: {published: true, leaks: drop}"
    run = curate(write(tmp_path, sources, more=more, a__csv=copies, b__csv=copies), 16_000)
    assert read_parquet(run.data("train")).height == 0


def test_paths_with_brackets_and_stars_name_one_file(tmp_path):
    folder = tmp_path / "data [v2]*"
    folder.mkdir()
    for name, text in (("x[1]", "mine"), ("x1", "another")):
        pl.DataFrame({"text": [text], "label": ["a"]}).write_parquet(folder / f"{name}.parquet")
    run = curate(write(folder, '[{path: "x[1].parquet", name: x}]'), 1)
    assert read_parquet(run.source)["text"].to_list() == ["mine"]
    assert explain(run, "x/1").text_now == "mine"


def test_json_values_keep_their_numbers_or_become_text(tmp_path):
    rows = [
        {"text": "a", "label": "x", "list": [1], "big": 2**53 + 1, "deep": [[[[[[[[[[1]]]]]]]]]]},
        {"text": "b", "label": "y", "list": [1.5], "big": 0.5, "deep": 1},
    ]
    run = curate(write(tmp_path, "[{path: a.json}]", a__json=json.dumps(rows)), 2)
    found = read_parquet(run.source)
    assert found["list"].to_list() == [[1.0], [1.5]]
    assert found["big"].to_list() == ["9007199254740993", "0.5"]
    assert found["deep"].to_list() == ["[[[[[[[[[[1]]]]]]]]]]", "1"]


def test_deep_json_and_endless_numbers_cost_their_line_alone(tmp_path):
    lines = [
        '{"text": "ok", "label": "a", "m": ' + "[" * 500 + "]" * 500 + "}",
        '{"text": "t", "label": "a", "m": ' + "[" * 50_000 + "]" * 50_000 + "}",
        '{"text": "t", "label": "a", "m": ' + "9" * 5000 + "}",
    ]
    run = curate(write(tmp_path, "[{path: a.jsonl}]", a__jsonl="\n".join(lines)), 3)
    assert [line[:2] for line in quarantine(run)] == [(2, "not_json"), (3, "not_json")]


def test_one_odd_value_in_json_costs_its_own_row_alone(tmp_path):
    rows = [
        {"text": "a", "label": "x", "g": ["p", None, 3]},
        {"text": 1, "label": "x", "g": "p"},
        {"text": {"t": 1}, "label": "x", "g": None},
        {"text": "b", "label": "x", "g": {"p": 1}},
        {"text": "c", "label": "x", "g": "q"},
    ]
    run = curate(write(tmp_path, "[{path: a.json}]", more="groups: {g: {column: g}}", a__json=json.dumps(rows)), 5)
    assert quarantine(run) == [
        (2, "wrong_type", "text: a number where text was expected"),
        (3, "wrong_type", "text: an object where text was expected"),
        (4, "wrong_type", "g: an object where one value or a list of values was expected"),
    ]
    assert read_parquet(run.source)["group_g"].to_list() == [["p", "3"], ["q"]]


def test_one_odd_conversation_costs_its_own_row_alone(tmp_path):
    turns = [{"role": "user", "content": "hi", "calls": [1, "x"]}, {"role": "assistant", "content": "ho", "calls": {}}]
    rows = [{"messages": found} for found in (turns, "hi", [1], [{"role": "user", "content": 5}], [{"role": "user"}])]
    run = curate(write(tmp_path, "[{path: a.json}]", task="{kind: chat}", a__json=json.dumps(rows)), 5)
    assert [line[:2] for line in quarantine(run)] == [
        (2, "wrong_type"),
        (3, "wrong_type"),
        (4, "wrong_type"),
        (5, "missing_text"),
    ]


@pytest.mark.parametrize("content", ["[]", "[{}, {}]", '[{"text": "a", "label": "x"}]'])
def test_jsonl_without_objects_says_what_it_holds(tmp_path, content):
    recipe = write(tmp_path, "[{path: a.jsonl}]", a__jsonl=content)
    with pytest.raises(
        UserError, match=r"holds no object with keys \(not_an_object at 1: is a list and not an object\)"
    ):
        curate(recipe, 0)


VALUES = {
    "category": (pl.Series(["a", "b", None], dtype=pl.Categorical), ["a", "b", None]),
    "float": (pl.Series([1.0, 1.5, NAN]), ["1", "1.5", None]),
    "infinite": (pl.Series([float("inf"), 1e300, None]), ["inf", "1e+300", None]),
    "bytes": (pl.Series([b"a", b"\xff", None]), ["61", "ff", None]),
    "duration": (pl.Series([dt.timedelta(1), dt.timedelta(2), None]), ["1d", "2d", None]),
    "boolean": (pl.Series([True, False, None]), ["true", "false", None]),
    "list": (pl.Series([[1, 2], [3], None]), ["1+2", "3", None]),
    "lists": (pl.Series([[["a"]], [["b"], None], None]), ["a", "b", None]),
    "array": (pl.Series([[1, 2], [3, 4], None], dtype=pl.Array(pl.Int64, 2)), ["1+2", "3+4", None]),
    "struct": (pl.Series([{"b": b"\xff", "n": NAN}, {"b": b"", "n": 2.0}, None]), None),
}


@pytest.mark.parametrize("kind", VALUES)
def test_a_value_of_any_type_is_shown(kind):
    values, expected = VALUES[kind]
    found = pl.DataFrame({"v": values}).select(shown(pl.col("v"), values.dtype)).to_series().to_list()
    assert found == (expected or ['{"b":"ff","n":null}', '{"b":"","n":"2"}', None])


@pytest.mark.parametrize("kind", VALUES)
@pytest.mark.parametrize("use", ["text", "label", "prediction", "group", "bins", "key"])
def test_parquet_columns_of_any_type_are_used_or_go_to_quarantine(tmp_path, kind, use):
    texts = ["hello there my friend", "what is all this", "and more words now"]
    column = use if use in ("text", "label") else "v"
    columns = {"text": texts, "label": ["a", "b", "a"], column: VALUES[kind][0]}
    pl.DataFrame(columns).write_parquet(tmp_path / "a.parquet")
    more = {
        "group": "groups: {g: {column: v}}",
        "bins": "groups: {g: {column: v, bins: [1]}}",
        "key": "split: {key: v, stratify: [v]}\ntrain_steps: [{step: balance, by: [v]}]",
    }.get(use, "steps: [{step: exact}]")
    task = CLASSIFY.replace("}", ", prediction: v}") if use == "prediction" else CLASSIFY
    curate(write(tmp_path, "[{path: a.parquet}]", task=task, more=more), 3)


def test_what_is_not_a_number_is_in_no_bin(tmp_path):
    pl.DataFrame({"text": ["a", "b", "c"], "label": ["x"] * 3, "n": [NAN, 0.0, 2.0]}).write_parquet(
        tmp_path / "a.parquet"
    )
    run = curate(write(tmp_path, "[{path: a.parquet}]", more="groups: {g: {column: n, bins: [1]}}"), 3)
    assert read_parquet(run.source)["group_g"].to_list() == [["unknown"], ["< 1"], ["≥ 1"]]


def test_close_borders_keep_bins_apart(tmp_path):
    recipe = write(
        tmp_path,
        "[{path: a.csv}]",
        more="groups: {g: {column: n, bins: [1000000.1, 1000000.2]}}",
        a__csv="text,label,n\na,x,1\nb,x,1000000.15\nc,x,1000001\n",
    )
    found = read_parquet(curate(recipe, 3).source)["group_g"].to_list()
    assert found == [["< 1000000.1"], ["1000000.1 to < 1000000.2"], ["≥ 1000000.2"]]


NESTED = '{"text": "a", "label": "x", "one": {"n": 1}, "many": ["2020-01-01"]}\n'


@pytest.mark.parametrize(("step", "what"), [
    ("{step: exact, keep: [{highest: one}]}", "step 'exact': needs one value of each row, and the column 'one' holds objects"),
    ("{step: minhash, keep: [longest, {newest: many}]}", "step 'minhash': needs one value of each row, and the column 'many' holds lists"),
    ("{step: label_conflict, resolve: majority, votes: one}", "step 'label_conflict': needs one value of each row"),
    ("{step: label_conflict, resolve: newest, date: many}", "step 'label_conflict': needs one value of each row"),
    ("{step: date_window, column: many, earliest: 2019-01-01}", "step 'date_window': needs one value of each row"),
])  # fmt: skip
def test_lists_and_objects_where_one_value_is_needed_are_told_before_work_starts(tmp_path, step, what):
    [told] = mistakes(write(tmp_path, "[{path: a.jsonl}]", more=f"steps: [{step}]", a__jsonl=NESTED))
    assert told.startswith(what)


def test_lists_that_come_late_decide_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr("curate.reading.HEAD_BYTES", 200)
    late = NESTED.replace('{"n": 1}', "null") * 300 + NESTED.replace('"x"', '"y"')
    more = "steps: [{step: label_conflict, resolve: majority, votes: one}]"
    run = curate(write(tmp_path, "[{path: a.jsonl}]", more=more, a__jsonl=late), 301)
    assert read_parquet(run.data("all")).height == 0, "a tie of labels without votes"


@pytest.mark.parametrize("by", ["[one]", "[many]", "[one, many]"])
def test_lists_and_objects_make_cells_by_what_they_hold(tmp_path, by):
    other = NESTED.replace("1}", "2}").replace("2020", "2021")
    recipe = write(
        tmp_path, "[{path: a.jsonl}]", more=f"steps: [{{step: cap, by: {by}, rows: 2}}]", a__jsonl=(NESTED + other) * 5
    )
    assert read_parquet(curate(recipe, 10).data("all")).height == 4


@pytest.mark.parametrize(("name", "content", "raw"), [
    ("a.jsonl", '{"text": "a",  "n" :"many", "label":"x", "caf\\u00e9": 1.50}\r\n', None),
    ("a.jsonl", '{"n":1,"label":"x",  "text": [1, 2.0]}\n', None),
    ("a.csv", 'text,label,n\n"a, ""b""",x,  many\n', '"a, ""b""",x,  many'),
    ("a.csv", 'text,label,n\n"two\nlines",x,many\n', '"two\nlines",x,many'),
    ("a.csv", "n,text,label\r\nmany,a,x\r\n", "many,a,x"),
    ("a.tsv", "text\tlabel\tn\na\tx\tmany\n", "a\tx\tmany"),
    ("a.json", '[{"text": "a",  "label": "x", "n": "many"}]', '{"text": "a", "label": "x", "n": "many"}'),
])  # fmt: skip
def test_a_row_that_does_not_fit_is_kept_as_it_stands_in_the_file(tmp_path, name, content, raw):
    recipe = write(tmp_path, f"[{{path: {name}, types: {{n: integer}}}}]")
    (tmp_path / name).write_bytes(content.encode())
    found = read_parquet(curate(recipe, 1).quarantine)
    assert found["reason"].item() == "wrong_type"
    assert found["raw"].item() == (content.strip() if raw is None else raw)


def test_a_row_of_a_format_without_lines_is_kept_as_an_object_of_its_columns(tmp_path):
    recipe = write(tmp_path, "[{path: a.parquet, types: {n: integer}}]")
    pl.DataFrame({"text": ["a"], "label": ["x"], "n": ["many"]}).write_parquet(tmp_path / "a.parquet")
    assert json.loads(read_parquet(curate(recipe, 1).quarantine)["raw"].item()) == {
        "text": "a",
        "label": "x",
        "n": "many",
    }


# Term lists


def test_term_lists_that_cannot_be_read(tmp_path):
    path = tmp_path / "bytes.txt"
    path.write_bytes(b"men: \xff\n")
    with pytest.raises(UserError, match="cannot be read"):
        read_lexicon(path)


def test_hundreds_of_open_terms(tmp_path):
    path = tmp_path / "open.txt"
    path.write_text("many: " + ", ".join(f"term{i}word*" for i in range(3000)) + "\none: c*, d\n")
    texts = pl.DataFrame({"t": ["TERM2999words", "a cat", "dd", "d."]})
    found = texts.select(membership(TermGroup(terms="open.txt"), pl.col("t"), pl.String(), path))
    assert found.to_series().to_list() == [["many"], ["one"], ["none mentioned"], ["one"]]
