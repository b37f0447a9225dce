"""The cache listed and pruned, and used by several processes at once."""

import json
import os
import platform
import subprocess
import sys
import time
from pathlib import Path

import pytest
from asked_runs import curate, write

from curate import cache
from curate.cache_tools import list_cache, prune_cache
from curate.errors import UserError
from curate.verify import verify

STAGES = [
    "read",
    "whitespace + length + letter_share",
    "decide length + letter_share",
    "exact",
    "length-2",
    "decide length-2",
]


@pytest.fixture
def recipe(tmp_path) -> Path:
    return write(tmp_path)


def names(stages):
    return sorted(stage.name for stage in stages)


def test_what_is_listed(recipe):
    one = curate(recipe)
    two = curate(recipe, "steps.4.min=1")
    stages = {stage.key: stage for stage in list_cache(one.path.parent)}
    assert names(stages.values()) == sorted([*STAGES, "decide length-2"])
    read = next(stage for stage in stages.values() if stage.name == "read")
    assert (read.kind, read.runs) == ("read", tuple(sorted((one.path.name, two.path.name))))
    assert read.bytes == sum(file.stat().st_size for file in (one.cache / read.key).rglob("*") if file.is_file())
    assert {stage.runs for stage in stages.values() if stage.name == "decide length-2"} == {
        (one.path.name,),
        (two.path.name,),
    }
    assert {stage.in_use_by for stage in stages.values()} == {None}


def test_what_is_spared(recipe):
    one, two = curate(recipe), curate(recipe, "steps.1.min=11")
    (two.path / "manifest.json").unlink()
    runs = one.path.parent
    pruned = prune_cache(runs, keep_used=True, dry_run=True)
    assert names(pruned.removed) == sorted(STAGES[2:])
    assert len(list_cache(runs)) == 10, "a dry run removes nothing"
    assert prune_cache(runs, keep_used=True, older_than="1h").removed == ()
    assert names(prune_cache(runs, keep_used=True).removed) == sorted(STAGES[2:])
    assert names(list_cache(runs)) == sorted(STAGES)


def test_age_counts_from_the_last_use(recipe):
    run = curate(recipe)
    old = time.time() - 8 * 86_400
    for stage in list_cache(run.path.parent):
        os.utime(run.cache / stage.key / cache.MARKER, (old, old))
    curate(recipe, "steps.4.min=1")  # uses all but the last
    assert names(prune_cache(run.path.parent, older_than="7d").removed) == ["decide length-2"]


def test_runs_stay_whole_and_are_made_again(recipe):
    run = curate(recipe)
    before = run.data("all").read_bytes()
    assert len(prune_cache(run.path.parent, everything=True).removed) == 6
    assert list_cache(run.path.parent) == ()
    verify(run)
    run.manifest.unlink()
    assert curate(recipe).data("all").read_bytes() == before


def test_stages_in_use_are_left(recipe):
    run = curate(recipe)
    read = next(stage for stage in list_cache(run.path.parent) if stage.name == "read")
    mark = run.cache / f".using.elsewhere.{os.getpid()}"
    mark.write_text(json.dumps([read.key]))
    pruned = prune_cache(run.path.parent, everything=True)
    assert [(stage.name, stage.in_use_by) for stage in pruned.in_use] == [("read", f"elsewhere.{os.getpid()}")]
    mark.rename(run.cache / f".using.{platform.node()}.4194305")  # no process has this number
    assert names(prune_cache(run.path.parent, everything=True).removed) == ["read"]
    assert list(run.cache.iterdir()) == []


def test_nothing_but_stages_is_removed(recipe):
    run = curate(recipe)
    (run.cache / "notes").mkdir()
    (run.cache / "notes" / "mine.txt").write_text("mine")
    prune_cache(run.path.parent, everything=True)
    assert (run.cache / "notes" / "mine.txt").read_text() == "mine"


@pytest.mark.parametrize(
    ("asked", "what"),
    [
        ({}, "is not told what to remove"),
        ({"everything": True, "keep_used": True}, "to remove everything and to spare something"),
        ({"older_than": "7days"}, "'7days' is not an age"),
    ],
)
def test_what_prune_is_not_told(recipe, asked, what):
    with pytest.raises(UserError, match=what):
        prune_cache(curate(recipe).path.parent, **asked)


def test_no_runs_and_no_cache(tmp_path):
    assert list_cache(tmp_path) == ()
    with pytest.raises(UserError, match="there is no such folder"):
        list_cache(tmp_path / "none")


def start(recipe: Path) -> subprocess.Popen:
    command = [sys.executable, "-m", "curate", "curate", str(recipe), "--runs", str(recipe.parent / "runs"), "--json"]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_two_runs_of_one_recipe_at_once_while_a_third_prunes(tmp_path):
    rows = [(f"a text with the number {i} and {i * 7919}", "ab"[i % 2], "red") for i in range(20_000)]
    recipe = write(tmp_path, rows=rows)
    alone = curate(write(tmp_path / "alone", rows=rows))
    processes = [start(recipe), start(recipe)]
    removed, spared = 0, 0
    while any(process.poll() is None for process in processes):
        if (tmp_path / "runs").is_dir():
            pruned = prune_cache(tmp_path / "runs", everything=True)
            removed, spared = removed + len(pruned.removed), spared + len(pruned.in_use)
        time.sleep(0.01)
    said = [process.communicate() for process in processes]
    assert [process.returncode for process in processes] == [0, 0], said
    assert spared > 0, "prune met the stages of the runs in progress"
    (run,) = (path for path in (tmp_path / "runs").iterdir() if path.name != ".cache")
    assert (run / "data" / "all.parquet").read_bytes() == alone.data("all").read_bytes()
    assert (run / "ledger.parquet").read_bytes() == alone.ledger.read_bytes()
    assert list((tmp_path / "runs" / ".cache").glob(".*")) == [], "nothing half-written or claimed stays"
