"""The estimate: a line through two looks, what is cached costs nothing, and what it says at the end."""

import gzip
import json
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from hostile import write

from curate import engine
from curate.estimate import count_rows, estimate, extrapolate, how_good
from curate.plan import Stage
from curate.probe import Look, Probe
from curate.readers import count
from curate.readers.count import count_in_file
from curate.recipe_file import load_recipe

STAGES = (
    Stage("read", "read", (), "all", "a"),
    Stage("measure", "length", (), "all", "b"),
    Stage("whole", "x", (), "all", "c"),
)
HALF = Look(
    rows=100, row_bytes=640_000, seconds={"read": 1, "length": 2, "x": 1, "publish": 0},
    memory={"read": 1000, "length": 1000, "x": 1000, "publish": 900},
)  # fmt: skip
FULL = Look(
    rows=200, row_bytes=640_000, seconds={"read": 1.5, "length": 4, "x": 1, "publish": 0.1},
    memory={"read": 1000, "length": 1500, "x": 1100, "publish": 900},
)  # fmt: skip


def test_time_grows_with_rows_and_memory_up_to_a_part_where_a_part_is_held():
    found = extrapolate(Probe(looks=(HALF, FULL)), 1000, STAGES, (False, False, False))
    assert [round(stage.seconds, 3) for stage in found.stages] == [5.5, 20.0, 1.0, 0.5]
    # a part of 64 MB has 100 of these rows, fewer than were probed; a whole step holds all thousand
    assert [stage.memory_bytes for stage in found.stages] == [1000, 1500, 1900, 900]
    assert round(found.seconds, 3) == 27.0
    assert found.memory_bytes == 1900


def test_what_is_cached_takes_no_time():
    found = extrapolate(Probe(looks=(HALF, FULL)), 1000, STAGES, (True, True, False))
    assert round(found.seconds, 3) == 1.5
    assert [stage.cached for stage in found.stages] == [True, True, False, False]


ROWS = [{"text": f"she wrote line {place} of many words", "label": "ab"[place % 2]} for place in range(50)]


@pytest.fixture
def folder(tmp_path) -> Path:
    frame = pl.DataFrame(ROWS)
    frame.write_parquet(tmp_path / "p.parquet")
    frame.write_ndjson(tmp_path / "j.jsonl")
    (tmp_path / "g.jsonl.gz").write_bytes(gzip.compress((tmp_path / "j.jsonl").read_bytes()))
    (tmp_path / "l.json").write_text(json.dumps(ROWS))
    frame.write_csv(tmp_path / "c.csv")
    return tmp_path


def test_rows_are_counted_in_every_format(folder):
    sources = "[{path: p.parquet}, {path: j.jsonl}, {path: g.jsonl.gz}, {path: l.json}, {path: c.csv}, {demo: hiring, rows: 100}]"
    recipe = load_recipe(write(folder, sources, more="steps: [{step: length}]"))
    prepared = engine.prepare(recipe, folder, folder / "runs")
    assert [count_rows(prepared, source) for source in prepared.recipe.sources] == [50, 50, 50, 50, 50, 100]


def test_a_probe_runs_every_stage_and_the_end_says_how_good_it_was(folder):
    path = write(
        folder, "[{path: j.jsonl}, {path: p.parquet}]", more="steps: [{step: length}, {step: exact}]\nsplit: {}"
    )
    prepared = engine.prepare(load_recipe(path), folder, folder / "runs")
    found = estimate(prepared, path, None)
    assert (found.rows, found.probed) == (100, 100)
    assert [stage.stage for stage in found.stages] == ["read", "length", "decide length", "exact", "split", "publish"]
    assert all(stage.memory_bytes > 10_000_000 for stage in found.stages)
    assert list((folder / "runs").iterdir()) == [folder / "runs" / ".cache"], "a probe leaves nothing but its estimate"
    run = engine.curate(prepared)
    said = how_good(run)
    assert said.startswith(f"estimated {found.seconds:.0f} s and")
    assert "from 100 of 100 rows; it took" in said
    assert how_good(run) is None, "it is said once"


def test_an_estimate_of_other_stages_than_those_that_ran_is_not_held_against_the_run(folder):
    path = write(folder, "[{path: j.jsonl}]", more="steps: [{step: length}]")
    prepared = engine.prepare(load_recipe(path), folder, folder / "runs")
    estimate(prepared, path, None)
    again = engine.prepare(load_recipe(path, ["steps.0.min=2"]), folder, folder / "runs", ["steps.0.min=2"])
    engine.curate(again)
    assert how_good(engine.curate(prepared)) is None, "reading and measuring came from the cache"


def test_a_probe_of_which_no_row_stays_says_which_step_took_the_last(folder):
    path = write(folder, "[{path: j.jsonl}]", more="steps: [{step: length}, {step: length, min: 99}, {step: exact}]")
    found = estimate(engine.prepare(load_recipe(path), folder, folder / "runs"), path, None)
    assert found.emptied_by == "length-2"
    command = [sys.executable, "-m", "curate", "plan", str(path), "--runs", str(folder / "runs")]
    shown = " ".join(subprocess.run(command, capture_output=True, text=True).stdout.split())
    assert "warning: no row would be left: length-2 takes the last" in shown


def test_a_probe_that_stops_says_why(folder):
    path = write(folder, "[{path: j.jsonl}]", more="steps: [{step: mix, weights: {j: 1}, rows: 40}]")
    found = estimate(engine.prepare(load_recipe(path), folder, folder / "runs"), path, None)
    assert "stopped (step 'mix': source 'j' has 25 rows, and the mixture needs 40)" in found.why


def test_rows_of_a_csv_are_counted_and_not_its_lines(tmp_path, monkeypatch):
    records = "".join(f'"two\nlines {place}",{"ab"[place % 2]}\n' for place in range(30))
    (tmp_path / "c.csv").write_text("text,label\n" + records + "broken\nlast,a")
    (source,) = load_recipe(write(tmp_path, "[{path: c.csv}]")).sources
    assert count_in_file(source, tmp_path / "c.csv") == 32, "a row that goes to quarantine is one too"
    monkeypatch.setattr(count, "PARSED_LINES", 20)
    assert count_in_file(source, tmp_path / "c.csv") == 31, "62 lines, of which 20 hold 10 rows"
    (tmp_path / "empty.csv").write_text("text,label\n")
    assert count_in_file(source, tmp_path / "empty.csv") == 0


def test_the_plan_shows_it(folder):
    path = write(folder, "[{path: j.jsonl}]", more="steps: [{step: length}]")
    command = [sys.executable, "-m", "curate", "plan", str(path), "--runs", str(folder / "runs")]
    shown = subprocess.run(command, capture_output=True, text=True)
    assert "for 50 rows, from a probe of all of them" in " ".join(shown.stdout.split())
    quick = subprocess.run([*command, "--no-estimate", "--json"], capture_output=True, text=True)
    assert json.loads(quick.stdout)["estimate"] is None
