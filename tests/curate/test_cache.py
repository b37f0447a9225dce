"""The cache listed and pruned, and used by several processes at once."""

import json
import os
import platform
import shutil
import subprocess
import sys
import time
from io import StringIO
from pathlib import Path

import pytest
from asked_runs import curate, write
from rich.console import Console

from curate import cache
from curate.cache_tools import list_cache, prune_cache
from curate.errors import UserError
from curate.store import RunDirectory
from curate.terminal.cache import MOST_ROWS, cache_list, pruned
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
    files = [file for file in (one.cache / read.key).rglob("*") if file.is_file()]
    alone = [file for file in files if file.parent.name != "rows"]
    assert 0 < len(alone) < len(files), "the rows as read stand in the run too, and take no room of the cache"
    assert read.bytes == sum(file.stat().st_size for file in alone)
    assert {stage.runs for stage in stages.values() if stage.name == "decide length-2"} == {
        (one.path.name,),
        (two.path.name,),
    }
    assert {stage.in_use_by for stage in stages.values()} == {None}


def test_what_is_spared(recipe):
    one, two = curate(recipe), curate(recipe, "steps.1.min=11")
    (two.path / "manifest.json").unlink()
    runs = one.path.parent
    would_go = prune_cache(runs, keep_used=True, dry_run=True)
    assert names(would_go.removed) == sorted(STAGES[2:])
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
    found = prune_cache(run.path.parent, everything=True)
    assert [(stage.name, stage.in_use_by) for stage in found.in_use] == [("read", f"elsewhere.{os.getpid()}")]
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


def fetched(runs: Path, key: str, address: str) -> Path:
    folder = runs / ".cache" / "fetched" / (key * 32)
    folder.mkdir(parents=True)
    (folder / "rows.jsonl").write_text("{}")
    cache.label(folder, "fetched", address)
    return folder


def test_fetched_copies_and_estimates_are_listed_and_pruned_too(recipe):
    run = curate(recipe)
    runs = run.path.parent
    copy = fetched(runs, "a", "s3://data/old.jsonl")
    old = time.time() - 8 * 86_400
    for file in (copy, *copy.iterdir()):
        os.utime(file, (old, old))
    fetched(runs, "b", "s3://data/new.jsonl")
    estimates = run.cache / "estimates"
    estimates.mkdir()
    for name in (run.path.name, "gone-0123"):
        (estimates / f"{name}.json").write_text("{}")
    found = {one.name: one for one in list_cache(runs) if one.sort != "stage"}
    assert {name: (one.kind, one.runs) for name, one in found.items()} == {
        "s3://data/old.jsonl": ("fetched", ()),
        "s3://data/new.jsonl": ("fetched", ()),
        run.path.name: ("estimate", (run.path.name,)),
        "gone-0123": ("estimate", ()),
    }
    assert found["s3://data/old.jsonl"].bytes == sum(file.stat().st_size for file in copy.iterdir())
    with cache.using(run.cache, [found["s3://data/old.jsonl"].key]):
        assert names(prune_cache(runs, older_than="7d").in_use) == ["s3://data/old.jsonl"]
    assert names(prune_cache(runs, older_than="7d").removed) == ["s3://data/old.jsonl"]
    assert names(prune_cache(runs, keep_used=True).removed) == ["gone-0123", "s3://data/new.jsonl"]
    prune_cache(runs, everything=True)
    assert [path for path in run.cache.rglob("*") if path.is_file()] == []


def said(view) -> str:
    console = Console(file=StringIO(), width=80)
    console.print(view)
    return console.file.getvalue()


def test_pruning_much_is_told_in_few_lines(recipe):
    runs = curate(recipe).path.parent
    for place in range(25):
        cache.label(runs / ".cache" / f"{place:032}", "decide", "decide " + " + ".join(f"step_{n}" for n in range(40)))
    told = said(pruned(prune_cache(runs, everything=True, dry_run=True))).splitlines()
    assert told[0].startswith("would be removed: 31 stages (")
    assert told[-1].strip() == "and 11 more"
    assert len(told) == len(["sum", "left", "", "heading", "rule"]) + MOST_ROWS + 1
    assert not any("remote" in line for line in told)
    fetched(runs, "a", "s3://data/old.jsonl")
    assert "FAIRLEAD_OFFLINE=1 reads remote sources from these copies alone" in said(cache_list(list_cache(runs), ""))


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
            found = prune_cache(tmp_path / "runs", everything=True)
            removed, spared = removed + len(found.removed), spared + len(found.in_use)
        time.sleep(0.01)
    outputs = [process.communicate() for process in processes]
    assert [process.returncode for process in processes] == [0, 0], outputs
    assert spared > 0, "prune met the stages of the runs in progress"
    (run,) = (path for path in (tmp_path / "runs").iterdir() if path.name != ".cache")
    assert (run / "data" / "all.parquet").read_bytes() == alone.data("all").read_bytes()
    assert (run / "ledger.parquet").read_bytes() == alone.ledger.read_bytes()
    assert list((tmp_path / "runs" / ".cache").glob(".*")) == [], "nothing half-written or claimed stays"


def test_runs_of_one_recipe_that_publish_at_once_leave_whole_files(tmp_path):
    recipe = write(tmp_path)
    for _round in range(3):
        for path in (tmp_path / "runs").glob("*"):
            shutil.rmtree(path)
        processes = [start(recipe) for _ in range(3)]
        outputs = [process.communicate() for process in processes]
        assert [process.returncode for process in processes] == [0, 0, 0], outputs
        (run,) = (path for path in (tmp_path / "runs").iterdir() if path.name != ".cache")
        RunDirectory(run).check_phase("curate")


def test_a_file_put_beside_the_rows_as_read_is_told_and_taken_away(tmp_path):
    recipe = write(tmp_path)
    run = curate(recipe)
    added = run.source / "00001.parquet"
    shutil.copy(run.source / "00000.parquet", added)
    with pytest.raises(UserError, match="is none of the files that 'curate' wrote; take it out"):
        run.check_phase("curate")
    assert curate(recipe).path == run.path
    assert not added.exists()
    run.check_phase("curate")


MEND = """
import sys, time
from pathlib import Path
from curate import cache

folder, me, other = Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3])
look = cache.is_whole

def wait_for(flag):
    until = time.monotonic() + 30
    while not flag.exists() and time.monotonic() < until:
        time.sleep(0.001)

def both_look(path):
    found = look(path)
    if not found:
        me.with_suffix(".saw").touch()
        wait_for(other.with_suffix(".saw"))
    return found

cache.is_whole = both_look
with cache.keeping(folder) as temporary:
    (temporary / "rows").write_text("the same in both")
mine = folder.stat().st_ino
me.with_suffix(".done").touch()
wait_for(other.with_suffix(".done"))
assert look(folder), "not whole"
assert folder.stat().st_ino == mine, "what was in use has gone"
"""


def test_two_processes_that_find_the_same_damage_mend_it_once(tmp_path):
    folder = tmp_path / ".cache" / "0123"
    with cache.keeping(folder) as temporary:
        (temporary / "rows").write_text("the same in both")
    (folder / "rows").write_text("damaged")
    names = [str(tmp_path / "one"), str(tmp_path / "two")]
    processes = [
        subprocess.Popen([sys.executable, "-c", MEND, str(folder), *order], stderr=subprocess.PIPE, text=True)
        for order in (names, names[::-1])
    ]
    assert [process.communicate()[1] for process in processes] == ["", ""]
    assert [path.name for path in (tmp_path / ".cache").iterdir()] == ["0123"]


SWEEP = (
    "import sys; from pathlib import Path; from curate import cache; sys.stdin.read(1); cache.sweep(Path(sys.argv[1]))"
)


def test_two_processes_may_sweep_at_once(tmp_path):
    for place in range(300):
        left = tmp_path / f".{place:032}.{platform.node()}.4194305" / "rows"  # no process has this number
        left.mkdir(parents=True)
        (left / "0.parquet").touch()
    command = [sys.executable, "-c", SWEEP, str(tmp_path)]
    processes = [subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    time.sleep(0.5)  # both have loaded
    for process in processes:
        process.stdin.write("x")
        process.stdin.flush()
    assert [process.communicate()[1] for process in processes] == ["", ""]
    assert list(tmp_path.iterdir()) == []
