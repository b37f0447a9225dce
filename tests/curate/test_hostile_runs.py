"""Hostile run directories, systems and names: nothing half-written stays, and nothing is lost."""

import errno
import io
import json
import os
import platform
import subprocess
from pathlib import Path

import polars as pl
import pytest
from hostile import LINES, curate, write
from rich.console import Console
from typer.testing import CliRunner

from curate import cache, cli, engine
from curate.errors import Mistake, UserError, of_system
from curate.files import digest_file, disk_errors, temporary_of
from curate.questions.explain import explain
from curate.recipe_file import load_recipe
from curate.terminal.life import life
from curate.verify import verify


@pytest.fixture
def recipe(tmp_path) -> Path:
    more = "steps: [{step: whitespace}, {step: exact}]\nsplit: {}"
    return write(tmp_path, "[{path: a.csv}]", more=more, a__csv=f"text,label\n{LINES}bad\n")


def spoil_rows(folder: Path) -> None:
    data = bytearray((part_of(folder)).read_bytes())
    data[len(data) // 2] ^= 0xFF
    (part_of(folder)).write_bytes(data)


def part_of(folder: Path) -> Path:
    return min(folder.rglob("*.parquet"))


SPOILERS = {
    "flipped": spoil_rows,
    "cut": lambda folder: os.truncate(part_of(folder), 60),
    "lost": lambda folder: part_of(folder).unlink(),
    "marker": lambda folder: (folder / cache.MARKER).write_text("[1]"),
    "garbled": lambda folder: (folder / cache.MARKER).write_text("{"),
    "file": lambda folder: (folder.rename(folder.with_name("away")), folder.write_text("")),
}


@pytest.mark.parametrize("how", SPOILERS)
def test_a_damaged_stage_is_made_again(recipe, how):
    run = curate(recipe, 13)
    before = run.data("train").read_bytes()
    for folder in sorted(run.cache.iterdir()):
        SPOILERS[how](folder)
        if how == "file":
            break
    run.manifest.unlink()
    assert curate(recipe, 13).data("train").read_bytes() == before


@pytest.mark.parametrize("content", ["{garbled", "", "[]", '{"schema_version": 99}', '{"schema_version": 1}'])
def test_a_damaged_manifest_is_told_and_written_again(recipe, content):
    run = curate(recipe, 13)
    run.manifest.write_text(content)
    with pytest.raises(UserError, match="run the recipe again"):
        verify(run)
    curate(recipe, 13)


def test_what_a_killed_process_of_the_same_number_left_is_no_hindrance(recipe):
    prepared = engine.prepare(load_recipe(recipe), recipe.parent, recipe.parent / "runs")
    left = temporary_of(prepared.run.cache / prepared.stages[0].key[:32])
    left.mkdir(parents=True)
    (left / "steps.json").write_text("half")
    curate(recipe, 13)
    assert not left.exists()


def test_what_killed_processes_left_is_swept_also_where_nothing_is_to_be_done(recipe):
    run = curate(recipe, 13)
    ended = subprocess.Popen(["true"])
    ended.wait()
    left = [
        path.with_name(f".{path.name}.{platform.node()}.{ended.pid}")
        for path in (run.cache / "x", run.manifest, run.data("train"))
    ]
    for path in left:
        path.write_text("half")
    mine = temporary_of(run.manifest)
    mine.write_text("of a process that runs")
    curate(recipe, 13)
    assert [path.exists() for path in (*left, mine)] == [False, False, False, True]


def test_the_faster_of_two_processes_wins(tmp_path):
    folder = tmp_path / "stage"
    with cache.keeping(folder) as mine:
        (mine / "rows").write_text("same")
        theirs = folder
        theirs.mkdir()
        (theirs / "rows").write_text("same")
        (theirs / cache.MARKER).write_text(json.dumps({"rows": digest_file(theirs / "rows")}))
        number = theirs.stat().st_ino
    assert folder.stat().st_ino == number
    assert sorted(path.name for path in tmp_path.iterdir()) == ["stage"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the device that is always full is Linux's")
@pytest.mark.parametrize("sink", [pl.LazyFrame.sink_ndjson, pl.LazyFrame.sink_parquet])
def test_a_full_disk_is_the_systems_word(tmp_path, sink):
    with pytest.raises(OSError, match="No space left") as caught, disk_errors(tmp_path / "a"):
        sink(pl.LazyFrame({"a": range(100_000)}), "/dev/full")
    assert (caught.value.errno, caught.value.filename) == (errno.ENOSPC, str(tmp_path / "a"))
    assert "free some space" in str(of_system(caught.value))


def test_of_a_full_disk_told_without_a_number_and_of_other_errors(tmp_path):
    with pytest.raises(OSError, match="No space left") as caught, disk_errors(tmp_path / "a"):
        raise OSError("No space left on device")
    assert caught.value.errno == errno.ENOSPC
    mine = FileNotFoundError(errno.ENOENT, "no such file", "x")
    with pytest.raises(FileNotFoundError) as other, disk_errors(tmp_path / "a"):
        raise mine
    assert other.value is mine
    assert of_system(mine) is None


@pytest.mark.parametrize("runs", ["a.csv", "a.csv/x", "/dev/null"])
def test_runs_that_cannot_be_a_folder(recipe, runs, monkeypatch):
    monkeypatch.chdir(recipe.parent)
    done = CliRunner().invoke(cli.app, ["curate", "r.yaml", "--runs", runs])
    assert done.exit_code == 2
    assert "cannot be used (Not a directory)" in done.stderr


def test_an_interrupt_is_one_line(recipe, monkeypatch):
    def interrupted(*_arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(engine, "curate", interrupted)
    done = CliRunner().invoke(cli.app, ["curate", str(recipe), "--runs", str(recipe.parent / "runs")])
    assert done.exit_code == 130
    assert "run the same command again" in done.stderr


@pytest.mark.parametrize(("asked", "row"), [("a/2+0", "a/2"), ("a/002", "a/2"), ("a/14+0", "a/14")])
def test_a_row_is_found_by_any_spelling_of_its_name(recipe, asked, row):
    assert explain(curate(recipe, 13), asked).row == row


@pytest.mark.parametrize(
    "asked", ["", "a", "/", "a/", "/2", "a/0", "a/-1", "a/2+256", "a/2/3", "../a/2", "[b]/1", "a/2\n"]
)
def test_what_is_no_row_is_said(recipe, asked):
    with pytest.raises(UserError) as caught:
        explain(curate(recipe, 13), asked)
    assert "\n" not in str(caught.value)


def test_texts_cannot_steer_the_terminal(tmp_path):
    run = curate(write(tmp_path, '[{path: "a[b].csv"}]', **{"a[b]__csv": "text,label\n\x1b[31m[/x] red,a\n"}), 1)
    console = Console(width=80, file=io.StringIO(), force_terminal=True)
    console.print(life(explain(run, "a[b]/2")))
    shown_text = console.file.getvalue()
    assert "a[b]/2: kept" in shown_text
    assert r"\x1b[31m[/x] red" in shown_text
    assert str(Mistake("a\nb", "\x1b[0m")) == r"a\nb: \x1b[0m"
