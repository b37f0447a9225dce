"""Commands that ask a finished run or the cache: results on stdout or as JSON, mistakes on stderr with exit code 2."""

import json
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from curate import cli

RECIPE = """\
version: 1
name: tiny
sources: [{path: a.csv}]
task: {kind: classification, text: text, label: label, labels: {a: x, b: y}}
steps: [{step: length, min: 3}]
split: {}
"""


def ask(*arguments: str) -> Result:
    return CliRunner().invoke(cli.app, arguments, env={"COLUMNS": "120"})


def curated(*more: str) -> str:
    done = ask("curate", "tiny.yaml", "--json", *more)
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)["run"]


@pytest.fixture
def runs(tmp_path, monkeypatch) -> Path:
    (tmp_path / "tiny.yaml").write_text(RECIPE)
    (tmp_path / "a.csv").write_text(
        "text,label\n" + "".join(f"text {i} and {i * i},{'ab'[i % 2]}\n" for i in range(40)) + "x,a\n"
    )
    monkeypatch.chdir(tmp_path)
    return tmp_path / "runs"


def test_questions_to_a_run(runs):
    run = curated()
    near = ask("explain", run, "length", "--near-threshold", "--rows", "1")
    assert "length  characters at least 3: 40 rows stay, 1 go (too_short)" in near.stdout
    assert json.loads(ask("explain", run, "--near-threshold", "--json").stdout)["edges"][0]["limit"] == 3
    asked = ask("what-if", run, "--set", "steps.0.min=13")
    assert "length  min 3 → 13" in asked.stdout
    assert "not shown: split would run again" in asked.stdout
    fates = json.loads(ask("what-if", run, "--set", "steps.0.min=13", "--json").stdout)["fates"]
    assert [(fate["before"], fate["after"], fate["rows"]) for fate in fates] == [("kept", "length", 4)]
    other = curated("--set", "steps.0.min=13")
    compared = ask("diff", run, other)
    assert "steps.length.min 3 → 13" in compared.stdout
    assert "4 rows kept → dropped" in compared.stdout
    assert json.loads(ask("diff", run, other, "--json").stdout)["kept_second"] == 36


def test_the_summary_says_why_rows_are_in_quarantine(runs):
    with Path("a.csv").open("a") as file:
        file.write("text,c\nmore,c\nbroken\n")
    done = ask("curate", "tiny.yaml")
    run = done.stdout.split("run directory: ")[1].strip()
    said = [line.split() for line in done.stdout.splitlines()]
    assert ["2", "unknown_label", "a/43", "label:", "'c'", "is", "not", "one", "of", "a,", "b"] in said
    assert ["1", "wrong_field_count", "a/45", "1", "fields", "where", "2", "were", "expected"] in said
    assert f"one of them fairlead explain {run} a/43".split() in said
    reasons = json.loads(ask("curate", "tiny.yaml", "--json").stdout)["quarantined"]
    assert [(reason["reason"], reason["rows"], reason["example"]) for reason in reasons] == [
        ("unknown_label", 2, "a/43"), ("wrong_field_count", 1, "a/45"),
    ]  # fmt: skip


def test_an_estimate_is_held_against_the_run_once(runs):
    assert "from a probe of all of them" in " ".join(ask("plan", "tiny.yaml").stdout.split())
    assert "it took" in ask("curate", "tiny.yaml").stdout
    assert "it took" not in ask("curate", "tiny.yaml").stdout
    again = ask("plan", "tiny.yaml").stdout
    assert "(curated already: curate will do nothing)" in again
    assert json.loads(ask("plan", "tiny.yaml", "--json").stdout)["done"]


def test_the_cache_commands(runs):
    curated()
    assert "4 stages" in ask("cache", "list").stdout
    assert len(json.loads(ask("cache", "list", "--json").stdout)["cached"]) == 4
    assert "nothing removed, 4 left" in ask("cache", "prune", "--keep-used").stdout
    assert "would be removed: 4 stages" in ask("cache", "prune", "--all", "--dry-run").stdout
    assert len(json.loads(ask("cache", "prune", "--all", "--json").stdout)["removed"]) == 4
    assert ask("cache", "list").stdout == "the cache of runs is empty\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ("what-if", "runs/none", "--set", "steps.0.min=1"),
        ("diff", "runs/none", "runs/none"),
        ("explain", "runs/none"),
        ("explain", "runs/none", "--near-threshold"),
        ("cache", "list"),
        ("cache", "prune"),
        ("cache", "prune", "--older-than", "x"),
    ],
)
def test_wrong_questions_are_the_users_to_mend(runs, arguments):
    found = ask(*arguments)
    assert found.exit_code == 2
    assert "Traceback" not in found.stderr
    assert found.stderr.strip()
