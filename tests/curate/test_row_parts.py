"""Rows of many sources as parts on disk: the same rows as read at once, whatever the sizes and whatever types come late."""

import json

import polars as pl
import pytest

from curate.dataset import Dataset, PartWriter, parts_of
from curate.errors import UserError
from curate.read_rows import shown
from curate.readers.rejects import Rejects
from curate.reading import Reading, common_schema, conform, first_rows
from curate.recipe_file import parse_recipe
from curate.row_parts import write_rows
from curate.sources.look import read_sources


@pytest.fixture
def recipe(tmp_path):
    """Three sources: types that come late, columns of their own, lines that do not fit."""
    late = [{"text": f"t{i}", "label": "a", "v": [1] if i < 8 else "x"} for i in range(10)] + [
        {"text": 1, "label": "a"}
    ]
    (tmp_path / "a.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in [{"text": "first", "label": "b"}] * 5))
    (tmp_path / "late.jsonl").write_text("nope\n" + "".join(f"{json.dumps(row)}\n" for row in late))
    (tmp_path / "c.csv").write_text("text,label,n\n" + "words here,a,1\n" * 6 + "bad\n")
    return parse_recipe(
        "version: 1\nname: t\nsources: [{path: a.jsonl}, {path: late.jsonl}, {path: c.csv, types: {n: integer}}]\n"
        "task: {kind: classification, text: text, label: label}\ngroups: {g: {column: label}}\n", "r.yaml",
    )  # fmt: skip


@pytest.mark.parametrize("part_bytes", [1, 200, 64_000_000])
@pytest.mark.parametrize("chunk_bytes", [1, 100, 1 << 24])
def test_parts_are_what_is_read_at_once(tmp_path, monkeypatch, recipe, part_bytes, chunk_bytes):
    monkeypatch.setattr("curate.row_parts.PART_BYTES", part_bytes)
    reading = Reading(recipe, tmp_path, chunk_bytes=chunk_bytes)
    with PartWriter(tmp_path) as parts:
        height, rejected = write_rows(reading, parts)
    whole = read_sources(recipe, tmp_path)
    rows = Dataset.of_parts(tmp_path / "rows", as_read=True)
    every = shown(whole.rows, recipe.source_names)
    assert all(pl.read_parquet_schema(part) == every.schema for part in rows.parts)
    assert pl.concat(pl.read_parquet(part) for part in rows.parts).rows() == every.rows()
    assert rows.collect().equals(whole.rows)
    assert rows.scan().collect().equals(whole.rows)
    assert every["row_name"].to_list()[-1] == "c/7"
    assert height == whole.rows.height == 21
    quarantine = [pl.read_parquet(part) for part in parts_of(tmp_path / "quarantine")]
    assert pl.concat(quarantine).rows() == whole.quarantine.rows()
    assert rejected == whole.quarantine.height == 3
    assert reading.records() == whole.records
    assert [(record.rows, record.quarantined) for record in whole.records] == [(5, 0), (12, 2), (7, 1)]
    if part_bytes == chunk_bytes == 1:
        assert len(rows.parts) > 15
        assert [part.height for part in quarantine] == [1, 1, 1]


BAD = {"jsonl": '{"text": 1, "label": "a"}\nnope\n', "csv": "one field\na,b,c\n"}


@pytest.mark.parametrize(("kind", "first", "last"), [
    ("jsonl", "", '{"text": "t", "label": "a"}\n'),
    ("jsonl", '{"text": "t", "label": "a"}\n', ""),
    ("csv", "text,label\n", "t,a\n"),
])  # fmt: skip
def test_bad_lines_never_stand_in_memory_together(tmp_path, monkeypatch, kind, first, last):
    monkeypatch.setattr("curate.row_parts.PART_BYTES", 2_000)
    held = []
    frame = Rejects.frame
    monkeypatch.setattr(Rejects, "frame", lambda self: held.append(len(self.lines)) or frame(self))
    (tmp_path / f"a.{kind}").write_text(first + BAD[kind] * 1000 + last)
    source = f"[{{path: a.{kind}}}]"
    recipe = parse_recipe(
        f"version: 1\nname: t\nsources: {source}\ntask: {{kind: classification, text: text, label: label}}\n", "r.yaml"
    )
    with PartWriter(tmp_path) as writer:
        counts = write_rows(Reading(recipe, tmp_path, chunk_bytes=500), writer)
    assert counts == (1, 2000)
    parts = [pl.read_parquet(part) for part in parts_of(tmp_path / "quarantine")]
    assert max(part.height for part in parts) < 200
    assert max(held) < 100
    assert pl.concat(parts)["raw"].to_list() == BAD[kind].splitlines() * 1000


def test_the_first_rows_need_no_reading_to_the_end(tmp_path, recipe):
    with (tmp_path / "a.jsonl").open("a") as file:
        file.write("".join(json.dumps({"text": "x" * 1000, "label": "a"}) + "\n" for _ in range(2000)) + "nope\n")
    assert first_rows(recipe, tmp_path, None, 3)["text"].to_list() == ["first"] * 3
    (tmp_path / "late.jsonl").unlink()  # never opened
    assert first_rows(recipe, tmp_path, None, 5).height == 5
    remote = parse_recipe("version: 1\nname: t\nsources: [{path: 's3://b/a.csv'}]\ntask: {kind: chat}", "r.yaml")
    assert first_rows(remote, tmp_path, tmp_path, 5).shape == (0, 0)


def test_a_common_schema_holds_the_values_of_each():
    whole, parts = pl.DataFrame({"a": [1], "b": ["x"]}), pl.DataFrame({"a": [0.5], "c": [True]})
    schema = common_schema([whole.schema, parts.schema], "t")
    assert schema == {"a": pl.Float64, "b": pl.String, "c": pl.Boolean}
    assert conform(whole, schema).rows() == [(1.0, "x", None)]
    with pytest.raises(UserError, match=r"recipe 't': the sources hold a column with types that do not fit"):
        common_schema([pl.Schema({"a": pl.List(pl.Int64)}), pl.Schema({"a": pl.Struct({"x": pl.Int64})})], "t")


def test_a_column_named_like_ours_is_told_also_where_it_comes_late(tmp_path, recipe):
    lines = [{"text": "t", "label": "a"}] * 50 + [{"text": "t", "label": "a", "row_name": "x", "group_g": "y"}]
    (tmp_path / "late.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    with pytest.raises(UserError) as caught, PartWriter(tmp_path) as parts:
        write_rows(Reading(recipe, tmp_path, chunk_bytes=500), parts)
    assert [str(mistake) for mistake in caught.value.mistakes] == [
        f"late.jsonl: the column name '{name}' is ours; rename it: columns: {{{name}_: {name}}}"
        for name in ("row_name", "group_g")
    ]
