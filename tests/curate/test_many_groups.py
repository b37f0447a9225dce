"""An attribute or a crossing with more groups than an audit compares is told before a model is trained or a measure computed."""

import pytest
from typer.testing import CliRunner

from curate import many_groups
from curate.cli import app
from curate.errors import UserError
from curate.recipe_file import load_finished
from curate.store import RunDirectory


@pytest.fixture(autouse=True)
def few(monkeypatch):
    monkeypatch.setattr(many_groups, "MOST_GROUPS", 6)


def curated(folder, columns, crossings="[]"):
    """Curate 60 rows with a `code` of 7 values and unknown ones, a `pair` of 5 and a `half` of 2; return the run directory."""
    lines = [f"text {row},{row % 7 if row else ''},{row % 5},{row % 2}" for row in range(60)]
    (folder / "rows.csv").write_text("\n".join(["text,code,pair,half", *lines]) + "\n")
    groups = "".join(f"  {name}: {{column: {name}}}\n" for name in columns)
    (folder / "recipe.yaml").write_text(
        "version: 1\nname: many\nsources: [{path: rows.csv}]\ntask: {kind: classification, text: text, label: half}\n"
        f"groups:\n{groups}audit: {{crossings: {crossings}}}\n"
    )
    result = CliRunner().invoke(app, ["curate", str(folder / "recipe.yaml"), "--runs", str(folder / "runs")])
    assert result.exit_code == 0, result.output
    (run,) = (path for path in (folder / "runs").iterdir() if (path / "manifest.json").is_file())
    return RunDirectory(run), load_finished(run / "recipe.yaml")


def told(run, recipe) -> str:
    with pytest.raises(UserError) as raised:
        many_groups.check_number_of_groups(run, recipe)
    return str(raised.value)


def test_an_attribute_with_too_many_groups(tmp_path):
    run, recipe = curated(tmp_path, ["code", "half"])
    assert told(run, recipe).startswith("groups.code: has 7 groups; an audit compares at most 6; name a coarser column")


def test_a_crossing_with_too_many_groups(tmp_path):
    run, recipe = curated(tmp_path, ["pair", "half"], "[[pair, half]]")
    assert told(run, recipe).startswith("the crossing pair × half: has 10 groups; an audit compares at most 6")


def test_few_enough_groups_are_fine(tmp_path, monkeypatch):
    run, recipe = curated(tmp_path, ["code", "pair"])
    monkeypatch.setattr(many_groups, "MOST_GROUPS", 7)
    many_groups.check_number_of_groups(run, recipe)
