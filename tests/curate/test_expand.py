"""Folders and patterns: a source for each file, in order, with names that lead back, and nothing that leads out."""

import gzip
import json

import polars as pl
import pytest
import zstandard

from curate import engine
from curate.errors import UserError
from curate.files import read_parquet
from curate.questions.explain import explain
from curate.recipe_file import load_recipe, parse_recipe
from curate.sources.expand import expand_sources, files_found
from curate.sources.look import read_sources, source_mistakes

LINE = '{"text": "a text of some words", "label": "a"}\n'
FRAME = pl.DataFrame({"text": ["one", "two"], "label": ["a", "b"]})


@pytest.fixture(autouse=True)
def _no_data_folder(monkeypatch):
    monkeypatch.delenv("FAIRLEAD_DATA", raising=False)


def recipe(sources, more=""):
    task = "{kind: classification, text: text, label: label}"
    return parse_recipe(f"version: 1\nname: t\nsources: {sources}\ntask: {task}\n{more}", "r.yaml")


def files(folder, *names):
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(LINE)


def found(folder, sources):
    """The names and paths of the sources of an expanded recipe; it must be its own expansion."""
    expanded = expand_sources(recipe(sources), folder)
    assert expand_sources(expanded, folder) == expanded
    return [(source.row_prefix, source.path) for source in expanded.sources]


def mistakes(folder, sources):
    with pytest.raises(UserError) as caught:
        expand_sources(recipe(sources), folder)
    return [str(mistake) for mistake in caught.value.mistakes]


def test_a_pattern_is_a_source_for_each_file_in_order(tmp_path):
    files(tmp_path, "d/b.jsonl", "d/a.jsonl", "d/in/c.jsonl", "d/.hidden.jsonl", "d/a.csv")
    assert found(tmp_path, "[{path: d/*.jsonl}]") == [("a", "d/a.jsonl"), ("b", "d/b.jsonl")]
    assert found(tmp_path, "[{path: 'd/**/*.jsonl', name: x}]") == [
        ("x.a", "d/a.jsonl"), ("x.b", "d/b.jsonl"), ("x.in.c", "d/in/c.jsonl"),
    ]  # fmt: skip
    assert found(tmp_path, "[{path: 'd/[b-z].jsonl', name: x}]") == [("x", "d/b.jsonl")]


def test_a_folder_is_a_source_for_each_file_of_its_one_format(tmp_path):
    files(tmp_path, "d/b.jsonl", "d/a b.jsonl", "d/a-b.jsonl", "d/README.md", "d/_SUCCESS", "d/_x/e.jsonl")
    names = [("d.a-b", "d/a b.jsonl"), ("d.a-b-2", "d/a-b.jsonl"), ("d.b", "d/b.jsonl")]
    assert found(tmp_path, "[{path: d}]") == found(tmp_path, "[{path: d/}]") == names
    files(tmp_path, "d/a.csv")
    assert mistakes(tmp_path, "[{path: d}]") == [
        "d: the folder holds files of several formats (csv, jsonl); add format: csv, or write a pattern: d/**/*.csv"
    ]
    assert found(tmp_path, "[{path: d, format: jsonl}]") == names
    files(tmp_path, "odd/part-1", "json/a.json")
    assert found(tmp_path, "[{path: odd, format: jsonl}, {path: json, format: jsonl}]") == [
        ("odd", "odd/part-1"), ("json", "json/a.json"),
    ]  # fmt: skip


def test_settings_are_kept_for_each_file(tmp_path):
    files(tmp_path, "d/a.jsonl", "d/b.jsonl")
    sources = "[{path: d/*.jsonl, split: train, licence: MIT, origin: there, types: {n: text}}]"
    for source in expand_sources(recipe(sources, "split: {published: true}"), tmp_path).sources:
        assert (source.split, source.licence, source.origin, source.types) == ("train", "MIT", "there", {"n": "text"})


def test_what_stands_for_nothing_says_where_it_was_looked_for(tmp_path, monkeypatch):
    monkeypatch.setenv("FAIRLEAD_DATA", "/elsewhere")
    (tmp_path / "empty").mkdir()
    assert mistakes(tmp_path, "[{path: no/*.csv, origin: there}, {path: gone}, {path: empty}]") == [
        f"no/*.csv: no file fits this pattern; get it from there, or see how it is written (looked in {tmp_path} and /elsewhere)",
        f"gone: there is no such file or folder; see how it is written (looked in {tmp_path} and /elsewhere)",
        "empty: the folder holds no file of a known format; name a file in it",
    ]
    assert [mistake.where for mistake in source_mistakes(recipe("[{path: no/*.csv}]"), tmp_path)] == ["no/*.csv"]


def test_nothing_leads_out_of_the_fixed_part(tmp_path):
    files(tmp_path, "d/in/a.jsonl", "out/b.jsonl")
    assert "leads out of its folder by '..'" in mistakes(tmp_path, "[{path: d/*/../../out/*.jsonl}]")[0]
    assert found(tmp_path / "d", "[{path: ../out/*.jsonl}]") == [("b", "../out/b.jsonl")]
    (tmp_path / "d" / "link.jsonl").symlink_to(tmp_path / "out" / "b.jsonl")
    for path in ("d/*.jsonl", "d"):
        assert "is a link that leads out to" in mistakes(tmp_path, f"[{{path: {path}}}]")[0]
    (tmp_path / "d" / "link.jsonl").unlink()
    (tmp_path / "d" / "far").symlink_to(tmp_path / "out")
    for path in ("'d/**/*.jsonl'", "d"):
        assert "is a link that leads out to" in mistakes(tmp_path, f"[{{path: {path}}}]")[0]


def test_links_that_a_pattern_cannot_reach_are_no_ones_mistake(tmp_path):
    files(tmp_path, "d/data1/in/a.jsonl", "d/notes/data1/b.jsonl", "d/data2/c.jsonl", "out/data1/x.jsonl")
    for name in ("far", "notes/far", "data1/.far"):
        (tmp_path / "d" / name).symlink_to(tmp_path / "out")
    assert [name for name, _path in found(tmp_path, "[{path: 'd/data*/**/*.jsonl'}]")] == ["data1.in.a", "data2.c"]
    (tmp_path / "d" / "data3").symlink_to(tmp_path / "out")
    [said] = mistakes(tmp_path, "[{path: 'd/data*/**/*.jsonl'}]")
    assert "/d/data3: is a link that leads out to " in said


def test_names_that_two_sources_share_are_told(tmp_path):
    files(tmp_path, "d/a.jsonl", "e/a.jsonl")
    assert mistakes(tmp_path, "[{path: d/*.jsonl}, {path: e/*.jsonl}]") == [
        "sources: two files are both called 'a'; give their sources names that differ: name: …"
    ]


def test_more_files_than_a_row_number_has_room_for(tmp_path, monkeypatch):
    monkeypatch.setattr("curate.sources.expand.MOST_SOURCES", 1)
    files(tmp_path, "d/a.jsonl", "d/b.jsonl")
    assert mistakes(tmp_path, "[{path: d}]") == [
        "sources: these are 2 files, and a run holds 1; join small files into larger ones"
    ]


def test_files_of_a_pattern_must_have_the_columns_and_a_known_format(tmp_path):
    files(tmp_path, "d/a.jsonl", "d/b.odd")
    (tmp_path / "d" / "c.jsonl").write_text('{"txt": 1}\n')
    assert "cannot tell the format of 'd/b.odd'" in mistakes(tmp_path, "[{path: d/*}]")[0]
    assert [str(mistake) for mistake in source_mistakes(recipe("[{path: d/*.jsonl}]"), tmp_path)] == [
        "d/c.jsonl: has no column 'text'; did you mean 'txt'?",
        "d/c.jsonl: has no column 'label'; known: txt",
    ]


def test_folders_named_key_and_value_become_columns(tmp_path):
    FRAME.with_columns(lang=pl.Series(["en", "de c"]), year=pl.Series([1, 2])).write_parquet(
        pl.PartitionBy(tmp_path / "d", key=["lang", "year"], include_key=False), mkdir=True
    )
    read = read_sources(expand_sources(recipe("[{path: d/, name: d, types: {year: integer}}]"), tmp_path), tmp_path)
    assert read.rows.select("text", "lang", "year").rows() == [("two", "de c", 2), ("one", "en", 1)]
    assert [record.name.split(".")[:3] for record in read.records] == [
        ["d", "lang-de-20c", "year-2"],
        ["d", "lang-en", "year-1"],
    ]
    assert source_mistakes(recipe("[{path: d}]", "groups: {g: {column: lang}}"), tmp_path) == []
    files(tmp_path, "e/lang=__HIVE_DEFAULT_PARTITION__/a.jsonl")
    read = read_sources(expand_sources(recipe("[{path: e}]", "groups: {g: {column: lang}}"), tmp_path), tmp_path)
    assert read.rows.select("lang", "group_g").rows() == [(None, ["unknown"])]


def test_a_data_set_as_save_to_disk_writes_it(tmp_path):
    for name in ("train/data-00000-of-00002", "train/data-00001-of-00002", "test/data-00000-of-00001"):
        (tmp_path / "d" / name).parent.mkdir(parents=True, exist_ok=True)
        FRAME.write_ipc_stream(tmp_path / "d" / f"{name}.arrow")
    for split, count in (("train", 2), ("test", 1)):
        names = [{"filename": f"data-{place:05}-of-{count:05}.arrow"} for place in range(count)]
        (tmp_path / "d" / split / "state.json").write_text(json.dumps({"_data_files": names}))
        (tmp_path / "d" / split / "dataset_info.json").write_text("{}")
    assert found(tmp_path, "[{path: d/train}]") == [
        (f"train.data-{place:05}-of-00002", f"d/train/data-{place:05}-of-00002.arrow") for place in range(2)
    ]
    (tmp_path / "d" / "dataset_dict.json").write_text('{"splits": ["train", "test"]}')
    expanded = expand_sources(recipe("[{path: d}]"), tmp_path)
    assert expanded.source_names[2] == "d.test.data-00000-of-00001"
    assert read_sources(expanded, tmp_path).rows["text"].to_list() == ["one", "two"] * 3
    (tmp_path / "d" / "test" / "state.json").write_text("[]")
    assert "does not say which files the data set has" in mistakes(tmp_path, "[{path: d}]")[0]
    (tmp_path / "d" / "test" / "data-00000-of-00001.arrow").unlink()
    (tmp_path / "d" / "test" / "state.json").write_text('{"_data_files": [{"filename": "data-00000-of-00001.arrow"}]}')
    assert "there is no such file; the data set names it" in mistakes(tmp_path, "[{path: d}]")[0]


@pytest.mark.parametrize("ending", ["csv", "tsv", "jsonl", "json"])
def test_packed_files_are_read_and_say_so_when_cut_off(tmp_path, ending):
    content = {"csv": "text,label\none,a\n", "tsv": "text\tlabel\none\ta\n", "jsonl": '{"text": "one", "label": "a"}\n',
               "json": '[{"text": "one", "label": "a"}]'}[ending].encode()  # fmt: skip
    compressor = zstandard.ZstdCompressor()
    packed = {"gz": gzip.compress(content), "zst": compressor.compress(content)}
    packed["zst"] += compressor.compress(b"")  # a file may have several frames
    for packing, data in packed.items():
        (tmp_path / f"a.{ending}.{packing}").write_bytes(data)
        (tmp_path / f"cut.{ending}.{packing}").write_bytes(
            packed["gz"][:-3] if packing == "gz" else compressor.compress(content)[:-3]
        )
        source = f"[{{path: a.{ending}.{packing}}}]"
        assert source_mistakes(recipe(source), tmp_path) == []
        assert read_sources(recipe(source), tmp_path).rows.select("text", "label").rows() == [("one", "a")]
        with pytest.raises(UserError, match=r"is not a whole (gzip|zstandard) file"):
            read_sources(recipe(f"[{{path: cut.{ending}.{packing}}}]"), tmp_path)
    (tmp_path / "no.csv.zst").write_bytes(b"not packed")
    with pytest.raises(UserError, match="is not a whole zstandard file"):
        read_sources(recipe("[{path: no.csv.zst}]"), tmp_path)
    with pytest.raises(UserError, match="parquet files are packed inside"):
        recipe("[{path: a.parquet.gz}]")


def test_a_run_over_a_pattern_names_the_real_file_and_line(tmp_path):
    files(tmp_path, "d/a.jsonl")
    (tmp_path / "d" / "b.jsonl.zst").write_bytes(zstandard.compress(f"nope\n{LINE.replace('some', 'other')}".encode()))
    (tmp_path / "r.yaml").write_text(
        "version: 1\nname: r\nsources: [{path: d/*.jsonl*, licence: MIT}]\ntask: {kind: classification, text: text, label: label}\n"
    )
    run = engine.curate(engine.prepare(load_recipe(tmp_path / "r.yaml"), tmp_path, tmp_path / "runs"))
    assert read_parquet(run.source)["text"].to_list() == ["a text of some words", "a text of other words"]
    assert explain(run, "b/2").source == "d/b.jsonl.zst, line 2"
    assert explain(run, "b/1").fate == "in quarantine: not_json"
    assert [(record.path, record.rows, record.licence) for record in run.read_manifest().sources] == [
        ("d/a.jsonl", 1, "MIT"), ("d/b.jsonl.zst", 2, "MIT"),
    ]  # fmt: skip
    assert load_recipe(run.recipe).source_names == ("a", "b")


def test_check_names_the_files_of_patterns_and_folders_alone(tmp_path):
    files(tmp_path, "one.jsonl", *(f"d/{number}.jsonl" for number in range(6)), "e/x.jsonl")
    told = files_found(
        recipe("[{path: one.jsonl, name: one}, {path: 'd/*.jsonl'}, {path: e, format: jsonl}]"), tmp_path
    )
    assert [found.in_words() for found in told] == [
        "d/*.jsonl: 6 files (d/0.jsonl, d/1.jsonl, …, d/5.jsonl)",
        "e: 1 file (e/x.jsonl)",
    ]
    assert told[0].files[3] == "d/3.jsonl"
