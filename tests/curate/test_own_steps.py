"""Steps of the user's own: loaded from the command line alone, held to the laws, known by name in a finished run."""

import json
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from curate.errors import UserError
from curate.explain import explain
from curate.own_steps import load_steps
from curate.recipe_file import load_finished, load_recipe
from curate.store import RunDirectory

OWN = r'''
from typing import ClassVar, Literal

import polars as pl

from curate.steps.base import Context, Filter, OfText, Rewrite, Rule


class Shouting(OfText, Filter):
    """Drops texts with more than `max` capitals among the letters."""

    step: Literal["shouting"] = "shouting"
    thresholds: ClassVar[tuple[str, ...]] = ("max",)
    max: float = 0.5

    def rules(self, context: Context) -> tuple[Rule, ...]:
        capitals, letters = (context.text.str.count_matches(sign) for sign in (r"\p{Lu}", r"\p{L}"))
        share = pl.when(letters > 0).then(capitals / letters).otherwise(0.0)
        return (Rule("capitals", share, maximum=self.max, above="shouting"),)


class Dots(Rewrite):
    """Makes three dots one sign."""

    step: Literal["dots"] = "dots"

    def rewrite(self, text: pl.Expr) -> pl.Expr:
        return text.str.replace_all("...", "…", literal=True)
'''
RECIPE = """\
version: 1
name: own
sources: [{path: a.csv}]
task: {kind: classification, text: text, label: label}
steps: [{step: dots}, {step: shouting, max: 0.4}]
"""
CSV = "text,label\nquiet words...,a\nLOUD WORDS,b\nSome words,a\n"


@pytest.fixture
def folder(tmp_path) -> Path:
    (tmp_path / "my_steps.py").write_text(OWN)
    (tmp_path / "own.yaml").write_text(RECIPE)
    (tmp_path / "a.csv").write_text(CSV)
    return tmp_path


def fairlead(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "curate", *arguments], cwd=folder, capture_output=True, text=True)


def test_a_recipe_never_loads_code_and_the_command_line_does(folder):
    with pytest.raises(UserError, match="unknown step 'dots'"):
        load_recipe(folder / "own.yaml")
    assert fairlead(folder, "check", "own.yaml").returncode == 2
    done = fairlead(folder, "curate", "own.yaml", "--steps", "my_steps.py", "--json")
    assert done.returncode == 0, done.stderr
    run = RunDirectory(folder / json.loads(done.stdout)["run"])
    lines = pl.read_parquet(run.ledger).select("row_name", "step", "reason")
    assert lines.rows() == [("a/2", "dots", "rewritten"), ("a/3", "shouting", "shouting")]
    assert explain(run, "a/3").fate == "dropped by shouting: shouting"
    assert load_finished(run.recipe).step_names() == ("dots", "shouting")
    assert fairlead(folder, "audit", str(run.path)).returncode == 0, "the audit needs no code of the user's"


def test_a_changed_file_is_another_stage(folder):
    first = fairlead(folder, "plan", "own.yaml", "--steps", "my_steps.py", "--json")
    (folder / "my_steps.py").write_text(OWN.replace("three dots", "dots"))
    second = fairlead(folder, "plan", "own.yaml", "--steps", "my_steps.py", "--json")
    keys = [[stage["key"] for stage in json.loads(done.stdout)["stages"]] for done in (first, second)]
    assert keys[0][0] == keys[1][0]
    assert keys[0][1] != keys[1][1]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("x = 1", "defines no step"),
        ("def f(:\n", "my_steps.py:1: SyntaxError"),
        ("\nraise OSError('no')", "my_steps.py:2: OSError: no"),
        (OWN.replace('"dots"] = "dots"', '"length"] = "length"'), "the word 'length' is taken"),
        (OWN.replace('    step: Literal["dots"] = "dots"\n', ""), "'Dots' does not say by which word"),
        (OWN.replace("def rewrite", "def rewriting"), "'Dots' does not say rewrite"),
        (OWN.replace('"dots"] = "dots"', '"shouting"] = "shouting"'), "two steps are called 'shouting'"),
    ],
)
def test_what_is_wrong_with_a_file_of_steps_is_told_with_its_line(folder, content, told):
    (folder / "my_steps.py").write_text(content)
    with pytest.raises(UserError) as caught:
        load_steps(folder / "my_steps.py")
    assert told in str(caught.value)


def test_a_step_that_breaks_a_law_is_told_before_work_starts(folder):
    (folder / "my_steps.py").write_text(OWN.replace(r"\p{Lu}", r"\p{Lu"))
    done = fairlead(folder, "check", "own.yaml", "--steps", "my_steps.py")
    assert done.returncode == 2
    assert done.stderr.startswith("step 'shouting': law of conservation: raises ComputeError: regex error")


def test_what_a_step_raises_while_it_runs_is_told_without_a_traceback(folder):
    late = "return text.map_batches(lambda texts: {}[texts[0]] if len(texts) > 200 else texts)"
    (folder / "my_steps.py").write_text(OWN.replace('return text.str.replace_all("...", "…", literal=True)', late))
    (folder / "a.csv").write_text("text,label\n" + CSV.split("\n", 1)[1] * 100)
    done = fairlead(folder, "curate", "own.yaml", "--steps", "my_steps.py")
    assert (done.returncode, done.stderr.count("Traceback")) == (2, 0)
    assert "step 'dots + shouting': raises" in done.stderr


def test_the_example_of_the_readme_works(folder):
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    (folder / "my_steps.py").write_text(readme.split("```python\n", 1)[1].split("```", 1)[0])
    (folder / "own.yaml").write_text(RECIPE.replace("{step: dots}, ", ""))
    done = fairlead(folder, "curate", "own.yaml", "--steps", "my_steps.py", "--json")
    assert (done.returncode, json.loads(done.stdout)["steps"][-1]["dropped"]) == (0, 1), done.stderr


def test_a_missing_file_of_steps_is_told(folder):
    done = fairlead(folder, "check", "own.yaml", "--steps", "none.py")
    assert (done.returncode, done.stderr) == (
        2,
        "none.py: there is no such Python file; name a file that ends in .py\n",
    )
