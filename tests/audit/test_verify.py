"""An audit computed again: a sound run verifies, a flipped byte or a number forged with its digest does not."""

import json
import os
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from finished_run import MEASURE
from forged_run import LINES, forge, of_measure, seal, told
from typer.testing import CliRunner

from audit.__main__ import read_audit
from audit.run import audit_run
from audit.verify import _found, main, verify_audit
from curate.cli import app
from curate.files import read_parquet, write_parquet
from curate.findings import Findings
from curate.phases import verify_audit as verified_by_child
from curate.store import RunDirectory

FILES = (
    *("manifest.json", "recipe.yaml", "ledger.parquet", "quarantine.parquet", "lexicons/mentioned.txt"),
    *(
        "data/source/00000.parquet",
        "data/train.parquet",
        "data/validation.parquet",
        "data/test.parquet",
        "data/split.json",
        "data/counterfactual.parquet",
        "data/outside/away.parquet",
        "data/outside/refused/away.parquet",
        "data/probes/general.parquet",
        "data/probes/neutral_texts.parquet",
    ),
    *(
        "measures/01.parquet",
        "measures/01.json",
        "model/settings.json",
        "predictions/base.parquet",
        "predictions/tuned.parquet",
        "predictions/few_shot/base.parquet",
        "predictions/few_shot/choice.json",
        "predictions/few_shot/validation.parquet",
        "predictions/validation/base.parquet",
        "predictions/validation/tuned.parquet",
        "predictions/outside/away/base.parquet",
        "predictions/outside/away/tuned.parquet",
        "predictions/probes/general/base.parquet",
        "predictions/probes/general/tuned.parquet",
        "predictions/probes/neutral_texts/base.parquet",
        "predictions/probes/neutral_texts/tuned.parquet",
    ),
    *("report/audit.json", "report/measures.parquet", "report/report.html", "report/report.md"),
)
LACKING = """\
import sys


class Lacking:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("torch", "transformers", "trl", "peft", "accelerate", "datasets"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


sys.meta_path.insert(0, Lacking())
"""
"""Python reads it at its start: as if the packages for training were not installed."""


def test_a_sound_run_verifies_in_two_ways(finished: RunDirectory):
    assert audit_run(finished) == read_audit(finished)
    found = verify_audit(finished)
    assert (found.mistakes, found.not_judged) == ((), ())
    assert [line.partition(":")[0] for line in found.verified] == LINES


def test_every_file_of_the_run_is_flipped(finished: RunDirectory):
    there = {str(path.relative_to(finished.path)) for path in finished.path.rglob("*") if path.is_file()}
    assert there == set(FILES)


@pytest.mark.parametrize("name", FILES)
def test_a_flipped_byte_is_found_and_its_file_named(run: RunDirectory, name: str, monkeypatch):
    computed = []
    monkeypatch.setattr("curate.phases.verify_audit", lambda path: computed.append(path) or Findings())
    path = run.path / name
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    done = CliRunner().invoke(app, ["verify", str(run.path)])
    assert done.exit_code in ((2, 3) if name == "manifest.json" else (3,))  # 2: a manifest that cannot be read any more
    assert f"{path}: is " in done.stderr
    assert computed == (
        [run.path] if name == "model/settings.json" else []
    )  # no number is computed from a model's weights


def test_bytes_of_the_manifest_that_can_be_read_and_that_cannot(run: RunDirectory):
    data = run.manifest.read_bytes()
    for change, code, said in (
        (b'{\n  "schema_versiom"', 2, "has schema version None"),
        (b'{\n "schema_version"', 3, "its own SHA-256"),
    ):
        run.manifest.write_bytes(data.replace(b'{\n  "schema_version"', change, 1))
        done = CliRunner().invoke(app, ["verify", str(run.path)])
        assert (done.exit_code, said in done.stderr, str(run.manifest) in done.stderr) == (code, True, True)


def test_all_damaged_files_are_named_at_once(run: RunDirectory):
    names = ("data/train.parquet", "predictions/base.parquet", "report/report.html")
    for name in names:
        (run.path / name).write_bytes((run.path / name).read_bytes()[:-1])
    done = CliRunner().invoke(app, ["verify", str(run.path), "--json"])
    assert done.exit_code == 3
    assert [mistake["where"] for mistake in json.loads(done.stdout)["mistakes"]] == [
        str(run.path / name) for name in names
    ]


def test_a_number_that_is_forged_with_its_digest_is_named(run: RunDirectory):
    stored = next(measure.value for measure in read_audit(run).measures if measure.id == MEASURE)
    forge(run, of_measure(MEASURE, lambda measure: measure.update(value=stored + 0.01)))
    done = CliRunner().invoke(app, ["verify", str(run.path), "--json"])  # the child process computes
    assert done.exit_code == 3
    found = json.loads(done.stdout)
    assert [mistake["where"] for mistake in found["mistakes"]] == [
        *[str(run.report / "audit.json")] * 2,
        str(run.report / "measures.parquet"),
    ]
    first, second, _table = (mistake["what"] for mistake in found["mistakes"])
    assert first == f"measure '{MEASURE}': value is {stored + 0.01}, and computed again it is {stored}"
    assert second.startswith(f"measure '{MEASURE}' is not what its rows give: stored {stored + 0.01:.10g}, ")
    assert f"computed from them {stored:.10g}, " in second
    assert [line.partition(":")[0] for line in found["not_judged"]] == ["report"]


LOSS = "few_shot.tried.1_per_label_draw_1.log_loss"
INTERVAL = f"measure '{MEASURE}': interval.low is 0.1, and computed again it is 0."


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (of_measure(MEASURE, lambda measure: measure.update(n=measure["n"] + 1)), f"measure '{MEASURE}': n is 56, and"),
        (of_measure(MEASURE, lambda measure: measure.update(numerator=1)), f"measure '{MEASURE}': numerator is 1, and"),
        (of_measure(MEASURE, lambda measure: measure["interval"].update(low=0.1)), INTERVAL),
        (of_measure(LOSS, lambda measure: measure["interval"].update(low=0.1)), f"measure '{LOSS}': interval.low is 0.1, and"),
        (of_measure("few_shot.cut", lambda measure: measure.update(value=0.0)), "measure 'few_shot.cut': value is 0.0, and"),
        (of_measure(MEASURE, lambda measure: measure["hits"].clear()), f"measure '{MEASURE}': hits.tuned_correct is not there"),
        (of_measure(MEASURE, lambda measure: measure.update(value=None)), f"measure '{MEASURE}': value is undefined, and"),
        (of_measure("change.accuracy", lambda measure: measure.update(p_value=1e-4)), "measure 'change.accuracy': p_value is 0.0001"),
        (lambda content: content["verdicts"][1].update(outcome="met"), 'verdicts.1.outcome is "met", and computed again it is "not met"'),
        (lambda content: content["steps"][1].update(dropped=0), "steps.1.dropped is 0, and computed again it is "),
        (lambda content: content.update(cautions=[]), "cautions.0 is not there, and computed again it is "),
        (lambda content: content.update(measures=content["measures"][1:]), "measure 'rows.read' of this run is missing"),
        (lambda content: content["measures"].append({**content["measures"][0], "id": "x"}), "measure 'x' is none of this run's"),
        (lambda content: content["measures"].append(content["measures"][0]), "lists its measures in another order, or one of them"),
    ],
)  # fmt: skip
def test_whatever_is_forged_in_the_audit_is_named(run: RunDirectory, at_once, change, said: str):
    forge(run, change)
    mistakes = told(run)
    assert mistakes[0].startswith(f"report/audit.json: {said}")
    assert "remove report and run 'fairlead audit" in mistakes[0].replace(f"{run.path}/", "")


def test_counts_are_held_against_the_rows_too(run: RunDirectory, at_once):
    forge(run, of_measure(MEASURE, lambda measure: measure.update(numerator=1)))
    assert "is not what its rows give" in told(run)[1]
    assert ", 1 of 55 rows; there are 49 of 55; " in told(run)[1]


def test_how_many_more_differ_is_told(run: RunDirectory, at_once):
    def change(content) -> None:
        for measure in content["measures"]:
            measure["n"] += 1

    forge(run, change)
    count = len(read_audit(run).measures)
    assert f" (and {count - 1} more measures differ)" in told(run)[0]


def test_a_table_of_measures_that_says_otherwise(run: RunDirectory, at_once):
    path = run.report / "measures.parquet"
    value = pl.when(pl.col("id") == MEASURE).then(0.99).otherwise("value").alias("value")
    write_parquet(path, read_parquet(path).with_columns(value))
    seal(run)
    (said,) = told(run)
    assert said.startswith(
        f"report/measures.parquet: measure '{MEASURE}' is not as in audit.json: value is 0.99, there 0.8909"
    )
    path.write_bytes(b"PAR1")
    seal(run)
    assert main([str(run.path)]) == 3


@pytest.mark.parametrize("name", ["report.html", "report.md"])
def test_a_report_that_says_otherwise(run: RunDirectory, at_once, name: str):
    path = run.report / name
    text = path.read_text()
    path.write_text(text.replace("not met", "met", 1))
    seal(run)
    (said,) = told(run)
    assert said.startswith(f"report/{name}: is not what the stored audit is rendered to: line ")
    path.write_text(text + "\nand more")
    seal(run)
    assert "and more" in told(run)[0]


def test_answers_that_are_changed_with_their_digest(run: RunDirectory):
    path = run.predictions("tuned")
    write_parquet(path, read_parquet(path).with_columns(answer=pl.lit("1")))
    seal(run, "predict")
    found = verified_by_child(run.path)
    assert any("n is " in mistake.what or "value is " in mistake.what for mistake in found.mistakes)
    assert any("is not what its rows give" in mistake.what for mistake in found.mistakes)
    write_parquet(path, read_parquet(path).drop("answer"))
    seal(run, "predict")
    assert "the audit cannot be computed from its files (ColumnNotFoundError: " in _found(run).mistakes[0].what


def test_the_command_of_the_module(run: RunDirectory, at_once, capsys):
    assert main([str(run.path)]) == 0
    printed = capsys.readouterr()
    assert (len(printed.out.splitlines()), printed.err) == (5, "")
    (run.report / "audit.json").write_text("{}")
    assert main([str(run.path), "--json"]) == 3
    assert "is damaged" in json.loads(capsys.readouterr().out)["mistakes"][0]["what"]


def test_a_run_without_an_audit_is_a_users_mistake(unpredicted: RunDirectory, capsys):
    assert main([str(unpredicted.path)]) == 2
    assert "this run has no audit" in capsys.readouterr().err


def test_a_run_can_be_reviewed_on_a_machine_without_torch(finished: RunDirectory, tmp_path: Path):
    (tmp_path / "sitecustomize.py").write_text(LACKING)
    paths = os.pathsep.join([str(tmp_path), str(Path(__file__).parents[2])])
    environment = {**os.environ, "PYTHONPATH": paths}

    def python(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-P", *arguments]  # child processes of the commands inherit what they lack
        return subprocess.run(command, capture_output=True, text=True, env=environment, cwd=tmp_path)

    assert "ModuleNotFoundError" in python("-c", "import torch").stderr
    run = str(finished.path)
    said = {}
    for command in (["verify", run], ["trace", run, MEASURE], ["explain", run, "notes/13"]):
        done = python("-m", "curate", *command)
        assert (done.returncode, done.stderr) == (0, ""), command
        said[command[0]] = done.stdout
    assert "measures: each of " in said["verify"]
    shown = python("-m", "curate", "audit", run)
    assert (shown.returncode, "report: " in shown.stdout) == (3, True)  # a gate of this run was not met
