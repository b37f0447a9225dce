"""Limits of a finished run moved: the answer is what a run with those limits gives, as far as it can be known."""

import polars as pl
import pytest
from asked_runs import RECIPE, curate, write

from curate.errors import UserError
from curate.files import read_parquet
from curate.questions.what_if import what_if


@pytest.fixture(scope="module")
def recipe(tmp_path_factory):
    return write(tmp_path_factory.mktemp("what_if"))


@pytest.fixture(scope="module")
def run(recipe):
    return curate(recipe)


def shifts(found):
    return {(shift.before, shift.after): [name for name, _text in shift.examples] for shift in found.fates}


def test_a_limit_raised(run):
    found = what_if(run, ["steps.1.min=12"], rows=9)
    assert shifts(found) == {
        ("kept", "length"): ["a/4", "a/5"],
        ("length-2", "length"): ["a/9"],
        ("letter_share", "length"): ["a/6"],
    }
    told = {step.step: (step.dropped_before, step.dropped_after) for step in found.steps}
    assert told == {"length": (4, 8), "letter_share": (1, 0), "exact": (1, None), "length-2": (1, 0)}
    assert found.runs_again == ("exact",)
    assert (found.stay_before, found.stay_after, found.unknown) == (6, 3, 0)
    assert found.measured_until == "letter_share"


def test_a_limit_lowered_says_what_is_not_known(run):
    found = what_if(run, ["steps.1.min=5"], rows=9)
    assert shifts(found) == {("length", "passed"): ["a/3"], ("length", "letter_share"): ["a/12"]}
    assert found.unknown == 1, "a/3 was never measured by length-2"


def test_a_limit_of_the_last_stage_is_known_to_the_end(run):
    found = what_if(run, ["steps.4.min=1"])
    assert shifts(found) == {("length-2", "kept"): ["a/9"]}
    assert (found.runs_again, found.unknown) == ((), 0)


def test_the_answer_is_what_a_run_with_that_limit_gives(recipe, run):
    found = what_if(run, ["steps.1.min=12", "steps.1.max=20"], rows=99)
    again = curate(recipe, "steps.1.min=12", "steps.1.max=20")
    dropped = read_parquet(again.ledger).filter(pl.col("step") == "length")["row_name"].to_list()
    was = read_parquet(run.ledger).filter(pl.col("step") == "length")["row_name"].to_list()
    told = [name for shift in found.fates if shift.after == "length" for name, _text in shift.examples]
    assert sorted(told) == sorted(set(dropped) - set(was))
    records = {record.step: record for record in again.read_manifest().steps}
    for step in found.steps:
        if step.rows_in_after is not None and step.step != "length-2":
            assert (step.rows_in_after, step.dropped_after) == (records[step.step].rows_in, records[step.step].dropped)


def test_groups_counted_by_hand(run):
    found = what_if(run, ["steps.1.min=12"])
    drops = {(drop.attribute, drop.group): drop for drop in found.drops}
    red, blue = drops["team", "red"], drops["team", "blue"]
    assert (red.reached_before, red.dropped_before, red.dropped_after) == (7, 4, 6)
    assert (blue.reached_before, blue.dropped_before, blue.dropped_after) == (4, 0, 2)
    groups = {(shift.attribute, shift.group): shift for shift in found.groups}
    assert (groups["team", "red"].share_before, groups["team", "red"].share_after) == (2 / 6, 1 / 3)
    assert (groups["label", "b"].rows_before, groups["label", "b"].rows_after) == (3, 2)


def test_sides_of_the_rows_that_would_go(tmp_path):
    run = curate(write(tmp_path, RECIPE + "split: {test: 0.3}\n"))
    (shift,) = [shift for shift in what_if(run, ["steps.1.min=12"]).fates if shift.before == "kept"]
    sides = {
        side: {"a/4", "a/5"} & set(read_parquet(run.data(side))["row_name"]) for side in ("train", "validation", "test")
    }
    assert shift.sides == {side: len(rows) for side, rows in sorted(sides.items()) if rows}


@pytest.mark.parametrize(
    ("override", "what"),
    [
        (
            "steps.1.unit=words",
            "is not a limit: to change it is to run the step anew; 'length' has the limits min, max",
        ),
        ("steps.1.mni=3", "unknown key 'steps.1.mni'; did you mean 'min'"),
        ("steps.1.min=abc", "--set steps.1.min: 'steps.1.min' is 'abc'"),
        ("steps.1.min=99", "no text could pass"),
        ("steps.1.min=10", "is what the run had"),
        (
            "steps.3.normalise=true",
            "'exact' looks at all rows at once, and what it did not drop.*fairlead curate RECIPE --set",
        ),
        (
            "steps.9.min=1",
            r"'9' is not a position in steps, from 0 to 4; the positions: 0 \(whitespace\), 1 \(length\)",
        ),
        ("steps.length-2.min=1", r"write steps\.4\.min"),
        ("seed=3", "'seed' is not a limit of a step"),
        ("min=3", "unknown key 'min'"),
        ("steps.1.min", "not of the form"),
    ],
)
def test_what_is_not_a_limit(run, override, what):
    with pytest.raises(UserError, match=what):
        what_if(run, [override])


def test_nothing_moved(run):
    with pytest.raises(UserError, match=r"for example --set steps\.1\.min=10"):
        what_if(run, [])


OWN = '''
"""A filter of somebody's own."""
from typing import ClassVar, Literal
import polars as pl
from curate.steps.base import Context, Filter, Rule

class Vowels(Filter):
    """Keeps texts with at least `least` vowels."""
    step: Literal["vowels"] = "vowels"
    thresholds: ClassVar[tuple[str, ...]] = ("least",)
    least: int = 2

    def rules(self, context: Context) -> tuple[Rule, ...]:
        """Return the rule."""
        count = context.text.str.count_matches("[aeiou]").fill_null(0)
        return (Rule("vowels", count, minimum=self.least, below="few_vowels"),)
'''


def test_a_limit_of_a_step_of_ones_own_needs_its_file(tmp_path):
    from curate import engine
    from curate.own_steps import load_steps
    from curate.questions.explain import explain
    from curate.questions.near_threshold import near_threshold
    from curate.recipe_file import load_recipe

    (tmp_path / "own.py").write_text(OWN)
    recipe = write(tmp_path, RECIPE.replace("{step: exact}", "{step: vowels, least: 3}"))
    own = load_steps(tmp_path / "own.py")
    run = engine.curate(engine.prepare(load_recipe(recipe, (), own), tmp_path, tmp_path / "runs"))
    with pytest.raises(UserError, match="name its file: --steps FILE"):
        what_if(run, ["steps.3.least=4"])
    found = what_if(run, ["steps.3.least=4"], own=tmp_path / "own.py")
    assert {("kept", "vowels")} <= set(shifts(found))
    assert found.runs_again == (), "a filter of one's own sees one row at a time, too"
    assert what_if(run, ["steps.1.min=12"]).runs_again == (), "other limits need no code"
    assert [edge.limit for edge in near_threshold(run, "vowels").edges] == [3.0], "recorded with the run"
    assert "vowels: 4, kept (at least 3)" in [told.in_words for told in explain(run, "a/5").measurements]
    (tmp_path / "own.py").write_text(OWN.replace("[aeiou]", "[aeiouy]"))
    with pytest.raises(UserError, match="is not the file that this run was made with"):
        what_if(run, ["steps.3.least=4"], own=tmp_path / "own.py")


def test_only_what_the_limits_are_about_is_read(tmp_path, monkeypatch):
    from curate.files import scan_parquet
    from curate.questions import decided_again

    words = RECIPE.replace("steps:\n", "steps:\n  - {step: c4_word_list, words: words.txt}\n")
    (tmp_path / "words.txt").write_text("tiny\n")
    run = curate(write(tmp_path, words))

    def narrow(path):
        scan = scan_parquet(path)
        if path.parent.name != "measures":
            return scan
        names = [name for name in scan.collect_schema().names() if not name.endswith(".detail")]
        return scan.select(names if "letter_share.letter_share" in names else "row")

    expected = what_if(run, ["steps.2.max=50"]), what_if(run, ["steps.5.min=1"])
    monkeypatch.setattr(decided_again, "scan_parquet", narrow)
    assert what_if(run, ["steps.2.max=50"]) == expected[0], "no row goes that reached the second stage"
    with pytest.raises(pl.exceptions.ColumnNotFoundError):
        what_if(run, ["steps.5.min=1"])


def test_a_limit_that_is_not_set_is_said_so(tmp_path):
    import io

    from rich.console import Console

    from curate.terminal.what_if import what_if_view

    rows = [("one two three", "a", "2024-05-01"), ("four five six", "b", "2025-05-01")]
    recipe = RECIPE.split("steps:")[0] + "steps: [{step: date_window, column: team, earliest: 2024-01-01}]\n"
    console = Console(width=80, file=io.StringIO())
    run = curate(write(tmp_path, recipe, rows))
    console.print(what_if_view(what_if(run, ["steps.0.latest=2024-12-31"])), highlight=False)
    assert "date_window  latest not set → 2024-12-31" in console.file.getvalue()
    with pytest.raises(UserError, match=r"'steps\.0\.latest' is null"):
        what_if(run, ["steps.0.latest=null"])
