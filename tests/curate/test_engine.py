"""The engine: published files, account, cache, resume after a kill, the same bytes at any thread count."""

import json
import os
import platform
import signal
import subprocess
import sys
from pathlib import Path
from typing import get_args

import polars as pl
import pytest

from curate import check as checking
from curate import engine
from curate.account import ConservationError, check_conservation
from curate.errors import UserError
from curate.files import digest_file
from curate.kernels import KERNELS
from curate.manifest import StepRecord
from curate.packages import package_versions
from curate.recipe_file import load_recipe
from curate.steps import Step, TrainStep

RECIPE = """\
version: 1
name: small
sources: [{demo: hiring, rows: 400, seed: 3}]
task: {kind: classification, text: text, label: label, labels: {advance: advance, reject: reject}, positive: [advance]}
groups: {gender: {column: gender}, mentions: {terms: gender}}
steps:
  - {step: unicode}
  - {step: whitespace}
  - {step: length, min: 40}
  - {step: mask_pii}
  - {step: label_conflict}
  - {step: exact, normalise: true}
  - {step: minhash, threshold: 0.7}
split: {stratify: [label]}
train_steps:
  - {step: balance, by: [label], to: largest}
"""
DATA = (
    "ledger.parquet",
    "quarantine.parquet",
    "recipe.yaml",
    "data/source/00000.parquet",
    "data/train.parquet",
    "data/test.parquet",
    "data/split.json",
    "data/counterfactual.parquet",
)


@pytest.fixture
def recipe(tmp_path) -> Path:
    path = tmp_path / "small.yaml"
    path.write_text(RECIPE)
    return path


def prepare(path: Path, *overrides: str, runs: str = "runs") -> engine.Prepared:
    return engine.prepare(load_recipe(path, overrides), path.parent, path.parent / runs, overrides)


def digests(run) -> dict[str, str]:
    return {name: digest_file(run.path / name) for name in DATA}


def test_every_row_is_accounted_for(recipe):
    run = engine.curate(prepare(recipe))
    source, lines = pl.read_parquet(run.source), pl.read_parquet(run.ledger)
    kept = pl.concat(pl.read_parquet(run.data(side)) for side in ("train", "validation", "test"))
    gone = lines.filter(pl.col("event") == "dropped")["row"]
    added = lines.filter(pl.col("event") == "added")["row"]
    assert gone.n_unique() == gone.len(), "a row is dropped once"
    assert sorted([*kept["row"], *gone]) == sorted([*source["row"], *added])
    assert gone.len() > 20
    assert added.len() > 5
    manifest = run.read_manifest()
    assert [record.step for record in manifest.steps] == [
        "read", "unicode", "whitespace", "length", "mask_pii", "label_conflict", "exact", "minhash", "split", "balance",
    ]  # fmt: skip
    assert all(check_conservation(record) for record in manifest.steps)
    assert manifest.phases["curate"].files["ledger.parquet"] == digest_file(run.ledger)


def test_added_rows_are_in_training_alone_with_their_parents(recipe):
    run = engine.curate(prepare(recipe))
    for side in ("validation", "test"):
        assert pl.read_parquet(run.data(side))["parent"].null_count() == pl.read_parquet(run.data(side)).height
    train = pl.read_parquet(run.data("train"))
    children = train.filter(pl.col("parent").is_not_null())
    assert children["parent"].is_in(train["row"].implode()).all()
    assert children["row_name"].str.contains(r"^hiring/\d+\+\d+$").all()
    certificate = json.loads(run.certificate.read_text())
    assert {
        sum(certificate[key].values()) for key in ("same_text", "near_duplicate", "same_key", "child_and_parent")
    } == {0}


def test_the_ledger_holds_no_secret(recipe):
    run = engine.curate(prepare(recipe))
    planted = pl.read_parquet(run.planted).filter(pl.col("fault") == "email")
    assert planted.height > 0
    text = pl.read_parquet(run.ledger).select(pl.concat_str("before", "candidate", ignore_nulls=True)).to_series()
    assert not text.str.contains("@example").any()
    assert pl.read_parquet(run.source)["text"].str.contains("@example").any()


def test_a_second_run_does_nothing_and_a_lost_file_is_made_again(recipe):
    run = engine.curate(prepare(recipe))
    before, written = digests(run), run.manifest.stat().st_mtime_ns
    engine.curate(prepare(recipe))
    assert run.manifest.stat().st_mtime_ns == written
    run.data("train").unlink()
    engine.curate(prepare(recipe))
    assert digests(run) == before
    assert all(stage.cached for stage in run.read_manifest().stages)


def stages_run(run) -> list[str]:
    return [stage.name for stage in run.read_manifest().stages if not stage.cached]


def test_a_moved_limit_decides_again_and_runs_what_depends_on_it_alone(recipe):
    engine.curate(prepare(recipe))
    later = ["label_conflict", "exact", "minhash", "split", "balance"]
    assert stages_run(engine.curate(prepare(recipe, "steps.6.threshold=0.9"))) == later[2:]
    run = engine.curate(prepare(recipe, "steps.2.min=60"))
    assert stages_run(run) == ["decide length", *later], "nothing is measured again"
    assert run.read_manifest().overrides == ("steps.2.min=60",)
    assert stages_run(engine.curate(prepare(recipe, "steps.2.unit=words", "steps.2.min=9")))[0].startswith("unicode +")


def test_a_moved_limit_gives_what_a_fresh_run_gives(recipe):
    engine.curate(prepare(recipe))
    moved = engine.curate(prepare(recipe, "steps.2.min=60"))
    assert digests(moved) == digests(engine.curate(prepare(recipe, "steps.2.min=60", runs="fresh")))


def test_parts_and_partitions_change_nothing(recipe, monkeypatch):
    whole = engine.curate(prepare(recipe, runs="whole"))
    monkeypatch.setattr("curate.dataset.PART_BYTES", 10_000)
    monkeypatch.setattr("curate.measure.PARTITION_ROWS", 7)
    monkeypatch.setattr("curate.stages.DECIDED_ROWS", 20)
    parts = engine.curate(prepare(recipe, runs="parts"))
    assert len(list(parts.cache.glob("*/rows/00003.parquet"))) > 1, "there are parts"
    assert digests(parts) == digests(whole)


def run_child(recipe: Path, runs: str, **environment: str) -> subprocess.Popen:
    code = (
        "import sys; from pathlib import Path; from curate import engine; from curate.recipe_file import load_recipe;"
        "path = Path(sys.argv[1]); engine.curate(engine.prepare(load_recipe(path), path.parent, path.parent / sys.argv[2]))"
    )
    return subprocess.Popen([sys.executable, "-c", code, str(recipe), runs], env={**os.environ, **environment})


def test_the_same_bytes_at_any_thread_count(recipe):
    assert run_child(recipe, "one", POLARS_MAX_THREADS="1").wait() == 0
    assert run_child(recipe, "two", POLARS_MAX_THREADS="2").wait() == 0
    one, two = prepare(recipe, runs="one").run, prepare(recipe, runs="two").run
    assert digests(one) == digests(two)


KILLED = """
import os, signal, sys
from pathlib import Path
from curate import engine
from curate.recipe_file import load_recipe

class KillIn:
    stages = 0
    def begin(self, stage, rows):
        self.stages += 1
        last = self.stages == int(sys.argv[3])
        if last and sys.argv[4] == "begin":
            os.kill(os.getpid(), signal.SIGKILL)
        return (lambda done, dropped=0: os.kill(os.getpid(), signal.SIGKILL)) if last else (lambda done, dropped=0: None)
    def end(self, stage, rows_out, *, cached, noted=0):
        if self.stages == int(sys.argv[3]):
            os.kill(os.getpid(), signal.SIGKILL)

path = Path(sys.argv[1])
engine.curate(engine.prepare(load_recipe(path), path.parent, path.parent / sys.argv[2]), KillIn())
"""


def test_killed_in_any_stage_and_run_again_gives_the_same_bytes(recipe):
    expected = digests(engine.curate(prepare(recipe, runs="whole")))
    stages = len(prepare(recipe).stages) + 1  # publishing is the last
    for stage in range(1, stages + 1):
        where = ("begin", "middle")[stage % 2]
        child = subprocess.run([sys.executable, "-c", KILLED, str(recipe), "killed", str(stage), where])
        assert child.returncode == -signal.SIGKILL, f"not killed in stage {stage}"
        assert not prepare(recipe, runs="killed").run.is_done("curate", prepare(recipe, runs="killed").key)
    run = engine.curate(prepare(recipe, runs="killed"))
    assert digests(run) == expected
    assert list(run.cache.glob(".*")) == [], "nothing half-written stays"


def test_what_dead_processes_left_is_removed_though_nothing_is_to_be_done(recipe):
    run = engine.curate(prepare(recipe, runs="left"))
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    places = ("", "data", "measures", "lexicons", "predictions", "report", "model")
    folders = [run.path / place for place in places] + [run.cache / place for place in ("", "estimates", "fetched/4f")]
    for folder in folders:
        folder.mkdir(parents=True, exist_ok=True)
        for process in (dead.pid, os.getpid()):
            (folder / f".x.{platform.node()}.{process}").write_text("half")
    engine.curate(prepare(recipe, runs="left"))
    left = [[path.name for path in folder.glob(".x.*")] for folder in folders]
    assert left == [[f".x.{platform.node()}.{os.getpid()}"]] * len(folders)


def test_a_file_that_changes_while_it_is_read_is_told_and_nothing_is_kept(tmp_path):
    path = tmp_path / "r.yaml"
    path.write_text(
        "version: 1\nname: r\nsources: [{path: a.csv}]\ntask: {kind: classification, text: text, label: label}\n"
    )
    (tmp_path / "a.csv").write_text("text,label\none,a\n")
    prepared = prepare(path)
    (tmp_path / "a.csv").write_text("text,label\ntwo,a\n")
    with pytest.raises(UserError, match="a: changed while it was read"):
        engine.curate(prepared)
    assert [entry.name for entry in prepared.run.cache.iterdir() if not entry.name.startswith(".")] == []
    run = engine.curate(prepare(path))
    assert pl.read_parquet(run.data("all"))["text"].to_list() == ["two"]


def test_a_step_that_loses_rows_stops_the_run():
    with pytest.raises(ConservationError, match="does not account for every row"):
        check_conservation(
            StepRecord(
                step="x", rows_in=3, rows_out=1, dropped=1, quarantined=0, added=0, changed=0, refused=0, noted=0
            )
        )


def test_mistakes_of_sources_and_steps_are_told_together(tmp_path):
    path = tmp_path / "bad.yaml"
    path.write_text(
        "version: 1\nname: bad\nsources: [{path: gone.csv}]\ntask: {kind: instruction, prompt: '{q}', completion: a}\n"
        "steps: [{step: c4_word_list, words: no.txt}, {step: where, sql: 'nothing > 1'}]\n"
    )
    with pytest.raises(UserError) as caught:
        checking.check(load_recipe(path), tmp_path)
    found = [str(mistake) for mistake in caught.value.mistakes]
    assert found[0].startswith("gone.csv: there is no such file")
    assert found[1].startswith("step 'c4_word_list': no.txt: there is no such file")


def test_whatever_imports_a_kernel_is_keyed_by_its_packages():
    folder = Path(engine.__file__).parent
    through = ("curate.kernels", "curate.overlap", "curate.near_duplicates")
    steps = (*get_args(get_args(Step)[0]), *get_args(get_args(TrainStep)[0]))
    using = {
        step.__name__
        for step in steps
        for base in step.__mro__
        if base.__module__.startswith("curate.steps.")
        and any(name in (folder / "steps" / f"{base.__module__.split('.')[2]}.py").read_text() for name in through)
    }
    assert {"Minhash", "LetterShare", "Decontaminate", "GopherRepetition", "WordNoise"} < using
    assert using == {step.__name__ for step in steps if set(KERNELS) <= set(step.packages)}


def test_the_manifest_has_the_packages_of_the_steps(recipe):
    recipe.write_text(RECIPE.replace("balance, by: [label], to: largest", "word_noise, share: 0.1"))
    prepared = prepare(recipe)
    packages = engine.curate(prepared).read_manifest().packages
    asked = (*engine.PACKAGES, *(name for step in prepared.recipe.train_steps for name in step.packages))
    assert "nltk" in asked
    assert packages == package_versions(asked)
