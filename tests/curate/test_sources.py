"""Sources: found, read, fitted to the task; mistakes told before work starts."""

import json

import polars as pl
import pytest

from curate.errors import UserError
from curate.recipe_file import parse_recipe
from curate.rows import name
from curate.sources.look import read_sources, source_mistakes


def recipe(
    sources: str, task: str = "{kind: classification, text: text, label: label, labels: {a: x, b: y}}", more: str = ""
):
    return parse_recipe(f"version: 1\nname: t\nsources: {sources}\ntask: {task}\n{more}", "r.yaml")


def test_rows_that_do_not_fit_the_task_go_to_quarantine(tmp_path):
    rows = [
        {"text": "ok", "label": "a"},
        {"text": None, "label": "a"},
        {"text": "t", "label": " "},
        {"text": "t", "label": "c"},
        {"text": "t2", "label": "b"},
    ]
    (tmp_path / "d.json").write_text(json.dumps(rows))
    found = read_sources(recipe("[{path: d.json}]"), tmp_path)
    assert found.rows["text"].to_list() == ["ok", "t2"]
    assert found.quarantine.select("line", "reason").rows() == [
        (2, "missing_text"),
        (3, "missing_label"),
        (4, "unknown_label"),
    ]
    assert (found.records[0].rows, found.records[0].quarantined) == (5, 3)
    assert [name(row, ("d",)) for row in found.rows["row"]] == ["d/1", "d/5"]


def test_labels_that_are_whole_numbers_lose_their_point(tmp_path):
    (tmp_path / "d.jsonl").write_text('{"text": "t", "label": 1.0}\n{"text": "u", "label": 0}\n')
    found = read_sources(
        recipe("[{path: d.jsonl}]", "{kind: classification, text: text, label: label, labels: {0: x, 1: y}}"), tmp_path
    )
    assert found.rows["label"].to_list() == ["1", "0"]


def test_several_sources_share_columns(tmp_path):
    (tmp_path / "a.csv").write_text("text,label\none,a\n")
    (tmp_path / "b.csv").write_text("tweet,class,extra\ntwo,b,e\n")
    found = read_sources(recipe("[{path: a.csv}, {path: b.csv, columns: {text: tweet, label: class}}]"), tmp_path)
    assert found.rows.select("text", "label", "extra").rows() == [("one", "a", None), ("two", "b", "e")]


def test_instruction_and_chat_rows(tmp_path):
    (tmp_path / "i.json").write_text(json.dumps([{"q": "a", "c": None, "o": "x"}, {"q": "b", "c": "d", "o": None}]))
    found = read_sources(recipe("[{path: i.json}]", '{kind: instruction, prompt: "{q} {c}", completion: o}'), tmp_path)
    assert found.rows.select("q", "c", "o").rows() == [("a", "", "x")]
    good = [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "ho"}]
    (tmp_path / "c.json").write_text(
        json.dumps([{"messages": good}, {"messages": []}, {"messages": [{"role": "user", "content": None}]}])
    )
    chat = read_sources(recipe("[{path: c.json}]", "{kind: chat}"), tmp_path)
    assert chat.rows["messages"].to_list() == [good, []]
    assert chat.quarantine["reason"].to_list() == ["missing_text"]


def test_groups_become_lists_with_the_unknown_counted(tmp_path):
    rows = [
        {"text": "he ran", "label": "a", "g": ["x", "y"], "age": "30"},
        {"text": "it ran", "label": "b", "g": None, "age": ""},
        {"text": "t", "label": "a", "g": [], "age": "old"},
    ]
    (tmp_path / "d.json").write_text(json.dumps(rows))
    (tmp_path / "my.txt").write_text("men: he\n")
    groups = "groups:\n  target: {column: g}\n  gender: {terms: my.txt}\n  age: {column: age, bins: [25]}\n"
    found = read_sources(recipe("[{path: d.json}]", more=groups), tmp_path)
    assert found.rows.select(pl.col("^group_.*$")).rows() == [
        (["x", "y"], ["men"], ["≥ 25"]),
        (["unknown"], ["none mentioned"], ["unknown"]),
    ]
    assert found.quarantine["detail"].to_list() == ["age: not a number: old"]


def test_missing_files_and_columns_are_told_together_before_work_starts(tmp_path, monkeypatch):
    monkeypatch.delenv("FAIRLEAD_DATA", raising=False)
    (tmp_path / "a.csv").write_text("txt,label,row\none,a,1\n")
    sources = '[{path: a.csv}, {path: gone.csv, name: g, origin: "https://example.org"}]'
    found = [
        str(mistake) for mistake in source_mistakes(recipe(sources, more="groups: {g: {terms: nothing}}"), tmp_path)
    ]
    assert found[0] == "a.csv: has no column 'text'; did you mean 'txt'?"
    assert found[1].startswith("a.csv: the column name 'row' is ours")
    assert found[2].startswith("gone.csv: there is no such file; get it from https://example.org")
    assert found[3].startswith("groups.g: there is no term list 'nothing'; name one of age, disability")
    assert len(found) == 4


def test_the_data_folder_is_looked_at_second(tmp_path, monkeypatch):
    beside, shared = tmp_path / "beside", tmp_path / "shared"
    for folder, text in ((beside, "near"), (shared, "far")):
        folder.mkdir()
        (folder / "a.csv").write_text(f"text,label\n{text},a\n")
    monkeypatch.setenv("FAIRLEAD_DATA", str(shared))
    assert read_sources(recipe("[{path: a.csv}]"), beside).rows["text"].to_list() == ["near"]
    (beside / "a.csv").unlink()
    assert read_sources(recipe("[{path: a.csv}]"), beside).rows["text"].to_list() == ["far"]


def test_a_column_of_several_types_over_sources_is_a_clear_error(tmp_path):
    (tmp_path / "a.json").write_text('[{"text": "t", "label": "a", "v": [1]}]')
    (tmp_path / "b.json").write_text('[{"text": "t", "label": "a", "v": {"x": 1}}]')
    with pytest.raises(UserError, match="types that do not fit"):
        read_sources(recipe("[{path: a.json}, {path: b.json}]"), tmp_path)
