"""Rows just kept and just dropped at each limit."""

import io

import polars as pl
import pytest
from asked_runs import curate, write
from rich.console import Console

from curate import engine
from curate.errors import UserError
from curate.files import scan_parquet
from curate.own_steps import load_steps
from curate.questions import near_threshold as asking
from curate.questions.near_threshold import near_threshold
from curate.recipe_file import load_recipe
from curate.terminal.near_threshold import near_rows


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return curate(write(tmp_path_factory.mktemp("near")))


def test_the_nearest_on_either_side_come_first(run):
    low, high = near_threshold(run, "length", rows=2).edges
    assert (low.end, low.limit, low.reason) == ("minimum", 10.0, "too_short")
    assert [(near.row, near.value) for near in low.kept] == [("a/4", 10.0), ("a/5", 11.0)]
    assert [(near.row, near.value) for near in low.dropped] == [("a/3", 9.0), ("a/12", 7.0)]
    assert (low.rows_kept, low.rows_dropped, low.rows_at_limit) == (7, 3, 1)
    assert low.kept[0].text == "just ten c", "as the step saw it, after whitespace"
    assert [(near.row, near.value) for near in high.dropped] == [("a/11", 41.0)]


def test_only_rows_that_reached_the_step_count(run):
    (edge,) = near_threshold(run, "letter_share").edges
    assert [near.row for near in edge.dropped] == ["a/6"], "a/12 has few letters too, but went for its length"
    (words,) = [edge for edge in near_threshold(run, "length-2").edges if edge.end == "minimum"]
    assert [near.row for near in words.dropped] == ["a/9"]
    assert words.rows_kept == 4, "the copy a/8 went before"


def test_all_steps_in_their_order(run):
    steps = [edge.step for edge in near_threshold(run).edges]
    assert steps == ["length", "length", "letter_share", "length-2", "length-2"]


@pytest.mark.parametrize(
    ("step", "what"), [("lenght", "did you mean 'length'"), ("exact", "steps with limits: length, letter_share")]
)
def test_steps_that_cannot_be_asked(run, step, what):
    with pytest.raises(UserError, match=what):
        near_threshold(run, step)


def test_pairs_above_the_threshold_come_from_the_ledger(tmp_path):
    recipe = write(
        tmp_path,
        with_step("{step: minhash, threshold: 0.5, shingle: 1}"),
        [("one two three four five", "a", "x"), ("one two three four six", "a", "x"), ("other words", "b", "x")],
    )
    (pairs,) = near_threshold(curate(recipe)).pairs
    (near,) = pairs.dropped
    assert (pairs.step, pairs.threshold, pairs.rows_dropped) == ("minhash", 0.5, 1)
    assert (near.row, near.other_row, round(near.value, 3)) == ("a/3", "a/2", 0.667)
    assert (near.text, near.other_text) == ("one two three four six", "one two three four five")


def test_rows_that_went_for_older_ones_are_pairs_too(tmp_path):
    recipe = write(
        tmp_path,
        with_step("{step: minhash, threshold: 0.5, shingle: 1, against: [old.csv], against_columns: [said]}"),
        [("one two three four five", "a", "x"), ("one two three four six", "a", "x"), ("other words", "b", "x")],
    )
    (tmp_path / "old.csv").write_text("said\none two three four seven five\nother words\n")
    found = near_threshold(curate(recipe))
    (pairs,) = found.pairs
    assert (pairs.rows_dropped, pairs.rows_chained) == (3, 0)
    assert [(near.row, near.other_row, round(near.value, 3)) for near in pairs.dropped] == [
        ("a/3", "old/2 of old.csv", 0.571),
        ("a/2", "old/2 of old.csv", 0.833),
        ("a/4", "old/3 of old.csv", 1.0),
    ]
    shown = printed(found)
    assert "3 dropped at a similarity of 0.5 and more" in shown
    assert "✗ 0.5714 a/3 for old/2 of old.csv" in " ".join(shown.split())
    assert "chain" not in shown


def test_rows_that_a_chain_merged_are_counted_apart(tmp_path):
    texts = [
        "one two three four five six",
        "one two three four five 6",
        "one two three four 5 6",
        "one two three 4 5 6",
    ]
    recipe = write(
        tmp_path,
        with_step("{step: minhash, threshold: 0.7, shingle: 1, clusters: connected}"),
        [(text, "a", "x") for text in texts],
    )
    found = near_threshold(curate(recipe))
    (pairs,) = found.pairs
    assert (pairs.rows_dropped, pairs.rows_chained) == (1, 2)
    assert [(near.row, near.other_row) for near in pairs.dropped] == [("a/3", "a/2")]
    assert "2 more rows went through a chain of pairs (chained_near_duplicate)" in " ".join(printed(found).split())


def test_pairs_of_a_step_of_the_users_own_are_told_too(tmp_path):
    """Whatever it calls its reasons; a line without a value is near nothing."""
    (tmp_path / "own.py").write_text(OWN_PAIRS)
    write(
        tmp_path,
        with_step("{step: own_pairs}"),
        [("first", "a", "x"), ("second", "a", "x"), ("third", "b", "x")],
    )
    recipe = load_recipe(tmp_path / "asked.yaml", own=load_steps(tmp_path / "own.py"))
    run = engine.curate(engine.prepare(recipe, tmp_path, tmp_path / "runs"))
    (pairs,) = near_threshold(run).pairs
    assert (pairs.step, pairs.rows_dropped, pairs.rows_chained) == ("own_pairs", 1, 0)
    assert [(near.row, near.other_row, near.value) for near in pairs.dropped] == [("a/3", "a/2", 0.75)]


OWN_PAIRS = """
from collections.abc import Mapping
from typing import Literal

import polars as pl

from curate.steps.base import Choice, Context, Select


class OwnPairs(Select):
    step: Literal["own_pairs"] = "own_pairs"

    def facts(self, context: Context) -> Mapping[str, pl.Expr]:
        return {"text": context.text}

    def choose(self, facts: pl.DataFrame, context: Context) -> Choice:
        first, second = (pl.col("text") == text for text in ("first", "second"))
        lines = facts.with_columns(
            other_row=pl.col("row").filter(first).min(),
            threshold=pl.lit(0.5),
            value=pl.when(second).then(0.75),
            reason=pl.when(second).then(pl.lit("alike")).otherwise(pl.lit("near_duplicate")),
        )
        return Choice(lines.filter(pl.col("text").is_in(["second", "third"])).drop("text"))
"""


def with_step(step):
    task = "{kind: classification, text: text, label: label}"
    return f"version: 1\nname: pairs\nsources: [{{path: a.csv}}]\ntask: {task}\nsteps: [{step}]\n"


def printed(found):
    console = Console(file=io.StringIO(), width=120)
    console.print(near_rows(found))
    return console.file.getvalue()


def test_a_threshold_that_dropped_no_row_is_one_still(tmp_path):
    recipe = write(
        tmp_path,
        with_step("{step: minhash}"),
        [("one two three", "a", "x"), ("other words", "b", "x")],
    )
    with pytest.raises(
        UserError, match="minhash: dropped no row, and pairs below its threshold are not stored; lower it"
    ):
        near_threshold(curate(recipe), "minhash")


def test_a_limit_that_is_excluded_is_told_so(tmp_path):
    recipe = write(
        tmp_path,
        "version: 1\nname: open\nsources: [{path: a.csv}]\ntask: {kind: classification, text: text, label: label}\n"
        "steps: [{step: fineweb_quality, min_punctuated_lines: 0, max_short_lines: 1}]\n",
        [("no end", "a", "x"), ("short.", "a", "x"), (f"{'long ' * 9}end.", "b", "x")],
    )
    found = near_threshold(curate(recipe), "fineweb_quality", rows=1)
    low, high, *_rest = found.edges
    assert (low.limit, low.included, low.limit_in_words, low.dropped[0].row) == (0.0, False, "0", "a/2")
    assert (high.limit, high.included, high.limit_in_words, high.dropped[0].row) == (1.0, False, "1", "a/3")
    console = Console(width=120, file=io.StringIO())
    console.print(near_rows(found))
    said = [" ".join(line.replace("╌", " ").split()) for line in console.file.getvalue().splitlines()]
    assert said[0].startswith("fineweb_quality punctuated lines more than 0: 2 rows stay, 1 go")
    assert [line for line in said if line.endswith((" stay", " go"))][:2] == ["more than 0 stay", "1 and more go"]
    assert said[5].startswith("fineweb_quality short lines less than 1: ")


def test_what_a_rule_found_and_a_condition_that_has_no_edge(tmp_path):
    recipe = write(
        tmp_path,
        "version: 1\nname: found\nsources: [{path: a.csv}]\ntask: {kind: classification, text: text, label: label}\n"
        "steps: [{step: where, sql: \"label = 'a'\"}, {step: c4_word_list, words: words.txt}]\n",
        [("a nasty text", "a", "x"), ("a nice text", "a", "x"), ("another", "b", "x")],
    )
    (tmp_path / "words.txt").write_text("nasty\n")
    run = curate(recipe)
    (edge,) = near_threshold(run).edges
    assert [(near.row, near.detail) for near in edge.dropped] == [("a/2", "nasty")]
    assert [near.row for near in edge.kept] == ["a/3"]
    with pytest.raises(UserError, match="steps with limits: c4_word_list"):
        near_threshold(run, "where")


DATES = """\
version: 1
name: dates
sources: [{path: a.csv}]
task: {kind: classification, text: text, label: label}
steps: [{step: length, min: 3}, {step: date_window, column: team, earliest: 2024-01-01}, {step: length, max: 9}]
"""


def test_rows_that_could_not_be_measured_are_told(tmp_path):
    from rich.console import Console

    from curate.terminal.near_threshold import near_rows

    days = [("first", "a", "2024-05-01"), ("second", "a", "soon"), ("no", "b", "late"), ("third", "b", "")]
    run = curate(write(tmp_path, DATES, days))
    found = near_threshold(run)
    (missing,) = found.unmeasured
    assert (missing.step, missing.reason, missing.beyond, missing.rows) == ("date_window", "no_date", "dropped", 2)
    assert (missing.row, missing.text) == ("a/3", "second"), "a/4 went before"
    assert [edge.rows_kept for edge in found.edges if edge.step == "length-2"][-1] == 1, "they reach no later rule"
    console = Console(width=80, file=io.StringIO())
    console.print(near_rows(found), highlight=False)
    said = " ".join(console.file.getvalue().split())
    assert "date_window date cannot be measured: 2 rows go (no_date), for example ✗ – a/3 second length-2" in said


def test_what_is_not_asked_about_is_not_read(run, monkeypatch):
    def narrow(path):
        scan = scan_parquet(path)
        return scan.select("row", "length.characters") if path.parent.name == "measures" else scan

    whole = near_threshold(run, "length")
    monkeypatch.setattr(asking, "scan_parquet", narrow)
    assert near_threshold(run, "length") == whole
    with pytest.raises(pl.exceptions.ColumnNotFoundError):
        near_threshold(run, "letter_share")
