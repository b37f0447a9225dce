"""Exports: sharded files whose rows are the run's, and a folder that `datasets` opens."""

import resource
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from hostile import CLASSIFY, curate, write

from curate.errors import UserError
from curate.export import export
from curate.split import read_certificate
from curate.store import RunDirectory
from curate.terminal import curated

MORE = "groups: {gender: {terms: gender}}\nsteps: [{step: whitespace}, {step: exact}]\nsplit: {}\ntrain_steps: [{step: balance, by: [label], to: largest}]"
LINES = "".join(f"she has number {i}  word{i * 7},{'aab'[i % 3]}\n" for i in range(30))


@pytest.fixture
def run(tmp_path) -> RunDirectory:
    source = "[{path: a.csv, licence: MIT, origin: here}]"
    return curate(write(tmp_path, source, CLASSIFY, MORE, a__csv=f"text,label\n{LINES}"), 30)


def test_shards_together_are_the_rows_of_the_run(run, tmp_path):
    files = export(run, tmp_path / "out", "parquet", rows_per_file=9)
    train = sorted(path for path in files if path.name.startswith("train-"))
    rows = pl.read_parquet(run.data("train"))
    assert [path.name for path in train] == [
        f"train-{place:05}-of-{len(train):05}.parquet" for place in range(len(train))
    ]
    assert len(train) == -(-rows.height // 9)
    written = pl.concat(pl.read_parquet(path) for path in train)
    assert written.columns == ["row", "parent", "source", "text", "label"]
    assert written["row"].to_list() == rows["row_name"].to_list()
    copies = written.filter(pl.col("parent").is_not_null())
    assert copies.height > 0
    assert (copies["row"].str.split("+").list.first() == copies["parent"]).all()


def test_a_made_row_names_its_parent_where_the_parent_is_gone(tmp_path):
    more = "train_steps: [{step: balance, by: [label], to: largest}, {step: sample, rows: 12}]"
    lines = "".join(f"number {i}  word{i * 7},{'aaab'[i % 4]}\n" for i in range(32))
    found = curate(
        write(tmp_path, "[{path: a.csv}]", CLASSIFY, f"split: {{}}\n{more}", a__csv=f"text,label\n{lines}"), 32
    )
    (train,) = [path for path in export(found, tmp_path / "out", "parquet") if path.name.startswith("train-")]
    made = pl.read_parquet(train).filter(pl.col("row").str.contains("+", literal=True))
    assert made["parent"].to_list() == made["row"].str.split("+").list.first().to_list()
    assert set(made["parent"]) - set(pl.read_parquet(train)["row"])


def test_jsonl_and_groups(run, tmp_path):
    (path,) = [path for path in export(run, tmp_path / "out", "jsonl", groups=True) if path.name.startswith("test-")]
    written = pl.read_ndjson(path)
    assert written["group_gender"].to_list() == pl.read_parquet(run.data("test"))["group_gender"].to_list()


def test_nothing_is_overwritten(run, tmp_path):
    (tmp_path / "there").mkdir()
    with pytest.raises(UserError, match="nothing is overwritten"):
        export(run, tmp_path / "there", "parquet")


@pytest.mark.parametrize("form", ["parquet", "jsonl"])
def test_a_file_that_the_system_refuses_is_told_and_leaves_nothing(run, tmp_path, form):
    done = subprocess.run(
        [sys.executable, "-m", "curate", "export", str(run.path), str(tmp_path / "out"), "--as", form],
        capture_output=True,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (300, 300)),
    )
    assert done.returncode == 2
    assert "cannot be used (File too large)" in done.stderr.replace("\n", " ")
    assert "Traceback" not in done.stderr
    assert not list(tmp_path.glob("*out*"))


def test_datasets_opens_the_folder_and_the_card_tells_what_was_done(run, tmp_path, monkeypatch):
    datasets = pytest.importorskip("datasets")
    folder = tmp_path / "out"
    done = subprocess.run(
        [sys.executable, "-m", "curate", "export", str(run.path), str(folder), "--rows-per-file", "9"],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    monkeypatch.setenv("HF_DATASETS_CACHE", str(tmp_path / "cache"))
    found = datasets.load_dataset(str(folder), cache_dir=str(tmp_path / "cache"))
    for side in ("train", "validation", "test"):
        assert found[side].num_rows == pl.read_parquet(run.data(side)).height
    card = (folder / "README.md").read_text()
    assert "license: mit" in card
    assert "the card needs an audit of these files by this fairlead: auditing first" in " ".join(done.stderr.split())
    assert "30 rows came in" in card.replace("\u202f", " ").replace("\u00a0", " ")
    assert "| a | here | MIT | a.csv | 30 | 0 |" in card
    assert "balance" in (folder / "audit.md").read_text()
    assert (folder / "recipe.yaml").read_bytes() == run.recipe.read_bytes()
    again = subprocess.run([*done.args[:-3], str(tmp_path / "again")], capture_output=True, text=True)
    assert (again.returncode, again.stderr) == (0, "")
    assert "Picture" not in card
    assert "trace" not in card.lower()
    assert "report.html" not in card
    assert f"{len(files_of(folder))} files" in " ".join(done.stdout.split())


def files_of(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_an_export_whose_card_cannot_be_made_leaves_nothing_and_a_second_try_works(run, tmp_path):
    (run.path / "report").write_text("in the way of the audit's folder")
    command = [sys.executable, "-m", "curate", "export", str(run.path), str(tmp_path / "out")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 2
    assert "cannot be used" in done.stderr
    assert not list(tmp_path.glob("*out*"))
    (run.path / "report").unlink()
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"README.md", "audit.md", "data", "recipe.yaml"}


def test_the_summary_tells_the_sizes_of_the_sides_and_files_without_rows(tmp_path):
    more = "split: {test: 0.2, validation: 0}"
    files = {"a__csv": f"text,label\n{LINES}", "b__csv": "text,label\n"}
    run = curate(write(tmp_path, "[{path: a.csv}, {path: b.csv}]", CLASSIFY, more, **files), 30)
    said = [part.plain for part in curated(run, None).renderables[1:]]
    rows = read_certificate(run.certificate).rows
    assert said[:2] == [
        "no row was read from b.csv",
        f"split: train {rows['train']}, validation 0, test {rows['test']} rows",
    ]
    nothing = curate(write(tmp_path, "[{path: b.csv}]", CLASSIFY, more, **files), 0)
    assert [part.plain for part in curated(nothing, None).renderables[1:]] == ["no row was read from b.csv"]


def test_a_side_without_rows_is_left_out_and_a_run_without_rows_is_told(tmp_path):
    more = "split: {test: 0.2, validation: 0}"
    run = curate(write(tmp_path, "[{path: a.csv}]", CLASSIFY, more, a__csv=f"text,label\n{LINES}"), 30)
    assert {path.name.split("-")[0] for path in export(run, tmp_path / "out", "datasets")} == {"train", "test"}
    nothing = curate(write(tmp_path, "[{path: a.csv}]", CLASSIFY, "steps: [{step: length, min: 999}]"), 30)
    with pytest.raises(UserError, match="has no row left to export"):
        export(nothing, tmp_path / "none", "datasets")
    assert not list(tmp_path.glob("*none*"))
    assert "no row is left: length took the last" in "".join(
        part.plain for part in curated(nothing, None).renderables[1:]
    )
