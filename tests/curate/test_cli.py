"""The command line: results on stdout, mistakes on stderr, exit codes, no traceback for a user's mistake."""

import json
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from curate.cli import app

RECIPE = """\
version: 1
name: tiny
sources: [{path: a.csv}]
task: {kind: classification, text: text, label: label, labels: {a: x, b: y}}
steps: [{step: length, min: 3}]
split: {}
"""


def fairlead(*arguments: str, cwd: Path) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-c", "from curate.cli import main; main()", *arguments],
        cwd=cwd,
        capture_output=True,
        text=True,
    )


@pytest.fixture
def folder(tmp_path) -> Path:
    (tmp_path / "tiny.yaml").write_text(RECIPE)
    (tmp_path / "a.csv").write_text(
        "text,label\n" + "".join(f"text {i} and {i * i},{'ab'[i % 2]}\n" for i in range(40)) + "x,a\n"
    )
    return tmp_path


def test_check_plan_curate_explain_verify(folder):
    assert fairlead("check", "tiny.yaml", cwd=folder).stdout == "tiny.yaml: no mistakes found\n"
    planned = json.loads(fairlead("plan", "tiny.yaml", "--json", cwd=folder).stdout)
    assert [(stage["name"], stage["cached"]) for stage in planned["stages"]] == [
        ("read", False),
        ("length", False),
        ("decide length", False),
        ("split", False),
    ]
    done = fairlead("curate", "tiny.yaml", cwd=folder)
    assert done.returncode == 0
    assert "run directory: runs/tiny-" in done.stdout
    assert "✓ decide length: 41 → 40 rows" in done.stderr
    assert all(
        stage["cached"] for stage in json.loads(fairlead("plan", "tiny.yaml", "--json", cwd=folder).stdout)["stages"]
    )
    run = planned["run"]
    life = json.loads(fairlead("explain", run, "a/42", "--json", cwd=folder).stdout)
    assert life["fate"] == "dropped by length: too_short"
    shown = fairlead("explain", run, "a/42", cwd=folder)
    assert "dropped by length" in shown.stdout
    audited = fairlead("audit", run, cwd=folder)
    assert audited.stdout.splitlines()[-2:] == [
        f"report: {run}/report/report.html",
        f"every number of it: fairlead trace {run} MEASURE",
    ]
    verified = fairlead("verify", run, cwd=folder)
    assert "split: 0 crossings" in verified.stdout
    assert "audit: " in verified.stdout


def test_a_changed_file_is_found(folder):
    run = folder / json.loads(fairlead("curate", "tiny.yaml", "--json", cwd=folder).stdout)["run"]
    path = run / "data" / "test.parquet"
    pl.read_parquet(path).head(3).write_parquet(path)
    for command, code in ((("verify", str(run)), 3), (("explain", str(run), "a/2"), 2)):
        found = fairlead(*command, cwd=folder)
        assert found.returncode == code
        assert "is not what 'curate' wrote" in found.stderr


def test_mistakes_are_lines_on_stderr_and_exit_2(folder):
    (folder / "bad.yaml").write_text(RECIPE.replace("step: length", "step: lenght").replace("name: tiny", "name: T"))
    found = fairlead("check", "bad.yaml", cwd=folder)
    assert (found.returncode, found.stdout) == (2, "")
    assert found.stderr.splitlines()[1] == "bad.yaml:5: unknown step 'lenght'; did you mean 'length'?"
    assert "Traceback" not in found.stderr
    as_json = fairlead("check", "bad.yaml", "--json", cwd=folder)
    assert as_json.returncode == 2
    assert json.loads(as_json.stdout)["mistakes"][1]["where"] == "bad.yaml:5"


@pytest.mark.parametrize(
    "arguments",
    [
        ("check", "gone.yaml"),
        ("explain", "runs/none", "a/1"),
        ("train", "runs/none"),
        ("audit", "runs/none"),
        ("trace", "runs/none", "x"),
        ("verify", "."),
        ("curate", "tiny.yaml", "--set", "split.test=2"),
        ("nonsense",),
    ],
)
def test_wrong_arguments_are_the_users_to_mend(folder, arguments):
    found = fairlead(*arguments, cwd=folder)
    assert found.returncode == 2
    assert "Traceback" not in found.stderr
    assert found.stderr.strip()


def test_training_a_recipe_without_train(folder):
    run = json.loads(fairlead("curate", "tiny.yaml", "--json", cwd=folder).stdout)["run"]
    found = fairlead("train", run, cwd=folder)
    assert found.returncode == 2
    assert "has no train: part" in found.stderr


def test_checking_what_is_learned_needs_a_train_part(folder):
    found = fairlead("check", "tiny.yaml", "--train", cwd=folder)
    assert (found.returncode, found.stdout) == (2, "")
    assert "tiny.yaml: has no train: part to check; add train:" in found.stderr
    assert not (folder / "runs").exists()


def test_help_loads_nothing_heavy(folder):
    code = "import sys; from curate import cli; print([m for m in ('polars', 'pydantic', 'torch', 'datasketch', 'ruamel') if m in sys.modules])"
    assert (
        subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=True).stdout
        == "[]\n"
    )
    assert fairlead("--help", cwd=folder).returncode == 0


def test_help_tells_every_command_whole_at_80_columns(folder, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    lines = fairlead("--help", cwd=folder).stdout.partition("Commands:\n")[2].partition("\n\n")[0].splitlines()
    assert len(lines) == len(app.registered_commands) + len(app.registered_groups)
    assert [line for line in lines if not line.endswith(".") or line.endswith("...")] == []


def test_the_mistakes_of_data_and_training_are_told_at_once_before_anything_is_spent(folder):
    mistaken = RECIPE.replace("a.csv", "gone.csv") + "train:\n  device: cpu\n  trainer:\n    warmup: 3\n"
    (folder / "both.yaml").write_text(mistaken)
    run = fairlead("run", "both.yaml", cwd=folder)
    assert (run.returncode, run.stdout) == (2, "")
    *_, data, training, count = run.stderr.splitlines()
    assert "gone.csv" in data
    assert training.startswith("both.yaml:10: unknown setting 'train.trainer.warmup'")
    assert count == "2 mistakes"
    assert not (folder / "runs").exists()


def test_check_says_what_conversations_were_taken_for(folder):
    (folder / "talk.jsonl").write_text('{"talk": [{"from": "gpt", "value": "x", "weight": 1}]}\n')
    (folder / "talk.yaml").write_text("version: 1\nname: t\nsources: [{path: talk.jsonl}]\ntask: {kind: chat}\n")
    assert fairlead("check", "talk.yaml", cwd=folder).stdout.splitlines() == [
        "talk.yaml: no mistakes found",
        "talk: taken for sharegpt: turns from talk; left out of the turns: weight",
    ]
    (told,) = json.loads(fairlead("check", "talk.yaml", "--json", cwd=folder).stdout)["conversations"]
    assert told == {"source": "talk", "shape": "sharegpt", "columns": ["talk"], "left_out": ["weight"]}
