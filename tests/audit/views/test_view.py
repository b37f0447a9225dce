"""The command: every kind of every run, outside the run alone, and never a word of compliance."""

import re

import pytest
from people import RECIPE, curated
from typer.testing import CliRunner

from audit.view import main, view
from curate import phases
from curate.cli import app
from curate.views import KINDS


def test_nothing_says_more_than_evidence(people, tuned):
    for material in (people, tuned):
        for kind in KINDS:
            if (kind, material.recipe.name) not in (("ll144", "small"), ("model-card", "people")):
                text = view(material, kind, ".")
                assert "complian" not in text.lower()
                assert "complies" not in text.lower()
                assert not re.search(r"\b(in|into) force\b|\b20(2[3-9]|30)\b", text.replace("2024/1689", "")), kind


def test_a_view_is_printed_or_written_and_the_run_is_audited_first(tmp_path, capsys):
    run = curated(tmp_path, RECIPE)
    assert not (run.report / "audit.json").exists()
    assert main([str(run.path), "four-fifths"]) == 0
    printed = capsys.readouterr()
    assert "auditing first" in printed.err
    assert (run.report / "audit.json").exists()
    output = tmp_path / "new" / "four.md"
    assert main([str(run.path), "four-fifths", "--output", str(output)]) == 0
    assert output.read_text() == printed.out
    assert capsys.readouterr() == (f"{output}\n", "")


def test_nothing_is_written_into_a_run(people, capsys):
    run = people.data.run.path
    assert main([str(run), "datasheet", "--output", str(run / "sheet.md")]) == 2
    assert "name a file outside it" in capsys.readouterr().err
    assert not (run / "sheet.md").exists()


def test_mistakes_are_lines_and_exit_code_2(people, tmp_path, capsys):
    assert main([str(people.data.run.path), "model-card"]) == 2
    assert "has no tuned model" in capsys.readouterr().err
    assert main([str(tmp_path), "datasheet"]) == 2
    assert "manifest" in capsys.readouterr().err


def test_the_command_starts_a_process_of_the_audit(people, monkeypatch, tmp_path):
    started = []
    monkeypatch.setattr(phases, "run_module", lambda *arguments: started.append(arguments) or 0)
    run = str(people.data.run.path)
    assert CliRunner().invoke(app, ["view", run, "croissant", "--output", str(tmp_path / "c.json")]).exit_code == 0
    assert CliRunner().invoke(app, ["view", run, "ll144"]).exit_code == 0
    assert started == [
        ("audit.view", run, "croissant", "--output", str(tmp_path / "c.json")),
        ("audit.view", run, "ll144"),
    ]
    unknown = CliRunner().invoke(app, ["view", run, "law"])
    assert unknown.exit_code == 2
    assert f"Invalid value for 'KIND': 'law' is not one of {', '.join(KINDS)}\n" in unknown.output
    assert CliRunner().invoke(app, ["view", str(tmp_path), "ll144"]).exit_code == 2


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_known(kind, people, capsys):
    assert main([str(people.data.run.path), kind]) in (0, 2)
    assert "Traceback" not in capsys.readouterr().err
