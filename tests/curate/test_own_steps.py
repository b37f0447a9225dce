"""Steps of the user's own: loaded from the command line alone, held to the laws, known by name in a finished run."""

import json
from pathlib import Path

import polars as pl
import pytest
from own import CSV, OWN, RECIPE, fairlead, write

from curate.engine import curate, prepare
from curate.errors import UserError
from curate.files import digest_file
from curate.own_steps import load_steps
from curate.questions.explain import explain
from curate.recipe_file import load_finished, load_recipe
from curate.store import RunDirectory


@pytest.fixture
def folder(tmp_path):
    return write(tmp_path)


def test_a_recipe_never_loads_code_and_the_command_line_does(folder):
    with pytest.raises(UserError, match="unknown step 'dots'"):
        load_recipe(folder / "own.yaml")
    told = fairlead(folder, "check", "own.yaml")
    assert told.returncode == 2
    assert "unknown step 'dots'; a step of your own needs --steps FILE; known: unicode," in told.stderr
    done = fairlead(folder, "curate", "own.yaml", "--steps", "my_steps.py", "--json")
    assert done.returncode == 0, done.stderr
    run = RunDirectory(folder / json.loads(done.stdout)["run"])
    lines = pl.read_parquet(run.ledger).select("row_name", "step", "reason")
    assert lines.rows() == [("a/2", "dots", "rewritten"), ("a/3", "shouting", "shouting")]
    assert explain(run, "a/3").fate == "dropped by shouting: shouting"
    assert load_finished(run.recipe).step_names() == ("dots", "shouting")
    code = digest_file(folder / "my_steps.py")
    assert run.read_manifest().own_steps == {"dots": code, "shouting": code}
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
        (OWN + OWN, "my_steps.py:50: the class 'Dots' is there already"),
        ("def f(:\n", "my_steps.py:1: SyntaxError"),
        ("\nraise OSError('no')", "my_steps.py:2: OSError: no"),
        ("\n\nimport sys\nsys.exit(0)", "my_steps.py:4: SystemExit: 0"),
        (f"exec({OWN.replace('def rewrite', 'def rewriting')!r})", "my_steps.py:1: 'Dots' does not say rewrite"),
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


@pytest.mark.filterwarnings("ignore:Field name")
def test_a_setting_cannot_be_called_as_a_question_is(folder):
    (folder / "my_steps.py").write_text(OWN.replace("    max: float", "    problems: int = 1\n    max: float"))
    with pytest.raises(UserError, match="'Shouting' has a setting called 'problems'"):
        load_steps(folder / "my_steps.py")


def test_a_step_that_breaks_a_law_is_told_before_work_starts(folder):
    (folder / "my_steps.py").write_text(OWN.replace(r"\p{Lu}", r"\p{Lu"))
    done = fairlead(folder, "check", "own.yaml", "--steps", "my_steps.py")
    assert done.returncode == 2
    assert done.stderr.startswith("my_steps.py:9: step 'shouting' raises ComputeError: regex error")
    assert done.stderr.count("\n") == 1, "told once, not once a law"


RULES = "return (Rule("
REWRITE = 'return text.str.replace_all("...", "…", literal=True)'


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (
            RULES,
            "return None and (Rule(",
            ":9: 'Shouting.rules' gives None, and should give rules, each a Rule(name, measure, …)",
        ),
        (RULES, 'return "some" or (Rule(', ":9: 'Shouting.rules' gives 'some', and should give rules"),
        (RULES, "return {}[1] or (Rule(", ":19: 'Shouting.rules' raises KeyError: 1"),
        ("(self, context: Context)", "(self)", ":9: 'Shouting.rules' raises TypeError: Shouting.rules() takes 1"),
        (REWRITE, "return None", ":22: 'Dots.rewrite' gives None, and should give a Polars expression"),
        (
            REWRITE,
            'return pl.col("nope")',
            ":22: step 'dots' raises ColumnNotFoundError: unable to find column \"nope\"; valid",
        ),
        (
            REWRITE,
            "return text.first()",
            ":22: step 'dots' breaks the law of order: it depends on the order of rows",
        ),
        (
            "share, maximum",
            "share.mean(), maximum",
            ":9: step 'shouting' breaks the law of partition: a row's fate depends on",
        ),
        (
            ', above="shouting"',
            "",
            ":9: step 'shouting' breaks the law of conservation: rows are dropped, changed or added w",
        ),
    ],
)
def test_a_fault_of_a_step_is_told_once_with_its_line(folder, old, new, told):
    assert old in OWN
    (folder / "my_steps.py").write_text(OWN.replace(old, new))
    with pytest.raises(UserError) as caught:
        prepare(load_recipe(folder / "own.yaml", (), load_steps(folder / "my_steps.py")), folder, folder / "runs")
    (mistake,) = caught.value.mistakes
    assert str(mistake).startswith(f"{folder / 'my_steps.py'}{told}")
    assert "\n" not in str(mistake)


def test_a_step_that_gives_rows_twice_is_told(folder):
    twice = "class Twice(Whole):\n    step: Literal['twice'] = 'twice'\n\n    def apply(self, rows, context):\n        return Outcome(pl.concat([rows, rows]), no_notes())\n"
    imports = "from curate.steps.base import Outcome, Whole, no_notes"
    (folder / "my_steps.py").write_text(f"{OWN}\n\n{imports}\n\n\n{twice}")
    (folder / "own.yaml").write_text(RECIPE.replace("{step: dots}", "{step: twice}"))
    with pytest.raises(UserError) as caught:
        prepare(load_recipe(folder / "own.yaml", (), load_steps(folder / "my_steps.py")), folder, folder / "runs")
    (mistake,) = caught.value.mistakes
    assert mistake.what == (
        "step 'twice' breaks the law of conservation: it repeated a row or returned one that it was not given"
    )


def test_what_a_step_raises_while_it_runs_is_told_without_a_traceback(folder):
    late = "return text.map_batches(lambda texts: {}[texts[-1]] if 'LATE' in texts else texts)"
    (folder / "my_steps.py").write_text(OWN.replace('return text.str.replace_all("...", "…", literal=True)', late))
    (folder / "a.csv").write_text(CSV + CSV.split("\n", 1)[1] * 100 + "LATE,a\n")
    done = fairlead(folder, "curate", "own.yaml", "--steps", "my_steps.py")
    assert (done.returncode, done.stderr.count("Traceback")) == (2, 0)
    assert "my_steps.py:28: step 'dots' or 'shouting' raises KeyError: 'LATE'; mend" in done.stderr


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


@pytest.mark.parametrize("question", ["files", "columns", "cells", "problems", "made_with", "misfits", "file_mistakes"])
@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ("raise KeyError(1)", "raises KeyError: 1"),
        ("raise SystemExit(0)", "raises SystemExit: 0"),
        ("return 'a.txt'", "gives 'a.txt', and should give"),
        ("return [1]", "gives [1], and should give"),
        ("return None", "gives None, and should give"),
    ],
)
def test_what_a_step_answers_wrongly_is_told_with_its_line(folder, question, answer, told):
    method = f"    def {question}(self, *given):\n        {answer}\n\n    def rewrite"
    (folder / "my_steps.py").write_text(OWN.replace("    def rewrite", method))
    with pytest.raises(UserError) as caught:
        prepare(load_recipe(folder / "own.yaml", (), load_steps(folder / "my_steps.py")), folder, folder / "runs")
    (mistake,) = caught.value.mistakes
    assert mistake.what.startswith(f"'Dots.{question}' {told}")
    assert mistake.where.startswith(f"{folder / 'my_steps.py'}:2")


def test_answers_of_the_right_types_are_taken_however_the_method_is_written(folder):
    methods = """\
    def files(self):
        return ["a.csv"]

    @staticmethod
    def problems():
        return ()

    @classmethod
    def made_with(cls):
        return ("me",)

    def misfits(self, sources):
        yield from ()

    def rewrite"""
    (folder / "my_steps.py").write_text(OWN.replace("    def rewrite", methods))
    recipe = load_recipe(folder / "own.yaml", (), load_steps(folder / "my_steps.py"))
    assert (recipe.steps[0].files(), recipe.steps[0].made_with()) == (("a.csv",), ("me",))
    assert prepare(recipe, folder, folder / "runs").recipe.step_names() == ("dots", "shouting")


def test_what_a_validator_raises_is_told(folder):
    validator = """\
    @field_validator("max")
    @classmethod
    def known(cls, value):
        return {}[value]

    def rules"""
    own = OWN.replace("    def rules", validator).replace(
        "import polars as pl", "import polars as pl\nfrom pydantic import field_validator"
    )
    (folder / "my_steps.py").write_text(own)
    with pytest.raises(UserError, match=r"a step of your own raises KeyError: 0\.4"):
        load_recipe(folder / "own.yaml", (), load_steps(folder / "my_steps.py"))


@pytest.mark.parametrize("how", ["open('gone.txt')", "raise OSError(28, 'no space', 'theirs.txt')"])
def test_what_the_system_refuses_a_step_is_told_as_the_steps(folder, how):
    late = f"return text.map_batches(lambda texts: self.look() if 'LATE' in texts else texts)\n\n    def look(self):\n        {how}"
    (folder / "my_steps.py").write_text(OWN.replace('return text.str.replace_all("...", "…", literal=True)', late))
    (folder / "a.csv").write_text(CSV + CSV.split("\n", 1)[1] * 100 + "LATE,a\n")
    done = fairlead(folder, "curate", "own.yaml", "--steps", "my_steps.py")
    assert (done.returncode, done.stderr.count("Traceback")) == (2, 0)
    assert "my_steps.py:31: step 'dots' or 'shouting' raises " in done.stderr


def test_a_file_that_ends_the_program_is_told_with_its_line(folder):
    (folder / "my_steps.py").write_text("import sys\n\nsys.exit(0)\n")
    done = fairlead(folder, "check", "own.yaml", "--steps", "my_steps.py")
    assert (done.returncode, done.stderr) == (2, "my_steps.py:3: SystemExit: 0; mend the file\n")


@pytest.mark.parametrize(
    ("key", "hint"),
    [("mx", "did you mean 'max'?"), ("zzzz", "known: on, step, max"), ("thresholds", "known: on, step, max")],
)
def test_an_unknown_setting_of_a_step_of_the_users_own_names_those_that_it_has(folder, key, hint):
    (folder / "own.yaml").write_text(RECIPE.replace("max: 0.4", f"{key}: 0.4"))
    with pytest.raises(UserError) as caught:
        load_recipe(folder / "own.yaml", (), load_steps(folder / "my_steps.py"))
    (mistake,) = caught.value.mistakes
    assert (mistake.what, mistake.hint) == (f"unknown key 'steps.1.{key}'", hint)


HIDING = """
class Redact(Rewrite):
    step: Literal["redact"] = "redact"
    secret: ClassVar[bool] = True

    def rewrite(self, text: pl.Expr) -> pl.Expr:
        return text.str.replace_all("Bob", "[N]", literal=True)


class Flip(Rewrite):
    step: Literal["flip"] = "flip"

    def rewrite(self, text: pl.Expr) -> pl.Expr:
        return text.str.reverse()
"""


def test_a_secret_stays_one_and_a_text_that_returns_is_told(tmp_path):
    folder = write(tmp_path)
    (folder / "my_steps.py").write_text(OWN + HIDING)
    (folder / "a.csv").write_text("text,label\nhi Bob,a\nabc,b\n")
    steps = "[{step: redact}, {step: flip}, {step: flip}, {step: whitespace}, {step: dots}]"
    (folder / "own.yaml").write_text(RECIPE.replace("[{step: dots}, {step: shouting, max: 0.4}]", steps))
    loaded = load_recipe(folder / "own.yaml", (), load_steps(folder / "my_steps.py"))
    run = curate(prepare(loaded, folder, folder / "runs"))
    told = [[(event.step, event.before, event.after) for event in explain(run, row).events] for row in ("a/2", "a/3")]
    assert told == [
        [("redact", None, "hi [N]"), ("flip", "hi [N]", "]N[ ih"), ("flip-2", "]N[ ih", "hi [N]")],
        [("flip", "abc", "cba"), ("flip-2", "cba", "abc")],
    ]


@pytest.mark.parametrize("word", ["read", "split", "exact", "balance"])
def test_a_word_that_fairlead_uses_is_taken(tmp_path, word):
    path = tmp_path / "my_steps.py"
    path.write_text(OWN.replace('"shouting"', f'"{word}"'))
    with pytest.raises(UserError, match=f"the word '{word}' is taken by fairlead"):
        load_steps(path)
