"""The life of a row, for every kind of fate."""

import io
from pathlib import Path

import polars as pl
import pytest
from rich.console import Console

from curate import engine
from curate.errors import UserError
from curate.questions.event_words import SENTENCES, event_in_words
from curate.questions.explain import explain
from curate.recipe_file import load_recipe
from curate.terminal.life import life as shown

RECIPE = """\
version: 1
name: lives
sources: [{path: a.csv}]
task: {kind: classification, text: text, label: label, labels: {a: x, b: y}}
groups: {gender: {terms: gender}}
steps:
  - {step: whitespace}
  - {step: length, min: 5}
  - {step: mask_pii}
  - {step: exact, normalise: true}
split: {test: 0.3, validation: 0.2}
train_steps: [{step: balance, by: [label], to: largest}]
"""
TEXTS = [
    "  she   wrote to a@example.com ",
    "no",
    "She wrote to a@example.com",
    *[f"another text number {i}" for i in range(9)],
]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("lives")
    (folder / "lives.yaml").write_text(RECIPE)
    lines = [f"{text},{'b' if place in (5, 6, 7) else 'a'}" for place, text in enumerate(TEXTS)]
    (folder / "a.csv").write_text("text,label\n" + "\n".join([*lines, "broken", "t,c"]) + "\n")
    return engine.curate(engine.prepare(load_recipe(folder / "lives.yaml"), folder, folder / "runs"))


def test_a_kept_row(run):
    life = explain(run, "a/2")
    assert life.fate.startswith("kept, in ")
    assert [(event.step, event.event, event.reason) for event in life.events] == [
        ("whitespace", "changed", "rewritten"),
        ("mask_pii", "changed", "email"),
    ]
    assert life.text_now == "she wrote to [EMAIL]"
    assert "example.com" not in life.model_dump_json(), "masked also as read and before"
    assert (life.source, life.label, life.groups) == ("a.csv, line 2", "a", {"gender": ["woman"]})


def test_dropped_rows_name_the_measurement_or_the_survivor(run):
    short = explain(run, "a/3")
    assert short.fate == "dropped by length: too_short"
    assert (short.events[-1].value, short.events[-1].threshold) == (2.0, 5.0)
    copy = explain(run, "a/4")
    assert copy.fate == "dropped by exact: exact_duplicate, in favour of a/2"
    assert copy.events[-1].other_text == "she wrote to [EMAIL]"


def test_a_row_names_those_that_went_for_it(run):
    life = explain(run, "a/2")
    assert (life.went_for_it, life.rows_that_went_for_it, explain(run, "a/4").went_for_it) == (("a/4",), 1, ())
    console = Console(width=100, file=io.StringIO())
    console.print(shown(life))
    assert "rows that went for it: a/4" in console.file.getvalue()


def test_quarantined_rows(run):
    assert explain(run, "a/14").fate == "in quarantine: wrong_field_count"
    unknown = explain(run, "a/15")
    assert unknown.fate == "in quarantine: unknown_label"
    assert (unknown.text_as_read, unknown.text_is_masked) == ("t,c", True)
    assert "is not one of a, b" in unknown.quarantined_for


def test_a_row_that_is_not_there_is_told_the_last_of_its_source(tmp_path):
    recipe = RECIPE.replace("{path: a.csv}", "{path: a.csv}, {path: b.csv}, {path: c.csv}")
    (tmp_path / "lives.yaml").write_text(recipe)
    for name, rows in (("a", "one two,a\nthree four,b\n"), ("b", "five six,a\n"), ("c", "")):
        (tmp_path / f"{name}.csv").write_text(f"text,label\n{rows}")
    run = engine.curate(engine.prepare(load_recipe(tmp_path / "lives.yaml"), tmp_path, tmp_path / "runs"))
    for row, hint in (("a/9", "the last row is a/3"), ("b/9", "the last row is b/2"), ("c/9", "no row of that source")):
        with pytest.raises(UserError, match=f"{row}: there is no such row in this run; {hint}"):
            explain(run, row)


def test_a_made_row_and_its_parent(run):
    made = pl.read_parquet(run.data("train")).filter(pl.col("parent").is_not_null())["row_name"][0]
    child = explain(run, made)
    assert child.fate == "kept, in train"
    assert (child.events[0].event, child.events[0].other_row) == ("added", made.split("+")[0])
    assert made in explain(run, made.split("+")[0]).copies


@pytest.mark.parametrize(
    ("name", "what"),
    [("b/2", "did you mean|known: a"), ("a/1", "no such row"), ("a/99", "no such row"), ("a", "is not the name")],
)
def test_rows_that_are_not_there(run, name, what):
    with pytest.raises(UserError, match=what):
        explain(run, name)


def test_what_was_measured_is_told_of_kept_and_dropped_rows(run):
    kept, dropped, quarantined = (explain(run, row).measurements for row in ("a/2", "a/3", "a/14"))
    assert [told.in_words for told in kept] == ["length: 26 characters, kept (5 to 1,000,000)"]
    assert [told.in_words for told in dropped] == ["length: 2 characters, dropped: too_short (5 to 1,000,000)"]
    assert (dropped[0].value, dropped[0].minimum, dropped[0].reason) == (2.0, 5.0, "too_short")
    assert quarantined == ()


def test_a_row_with_personal_data_tells_its_changes_behind_the_masks(run):
    changed, masked = explain(run, "a/2").events
    assert (changed.before, changed.after) == ("  she   wrote to [EMAIL] ", "she wrote to [EMAIL]")
    assert (masked.before, masked.after, masked.difference) == (None, "she wrote to [EMAIL]", None)


def test_a_copy_stands_beside_the_row_that_stayed(run):
    (dropped,) = [event for event in explain(run, "a/4").events if event.event == "dropped"]
    assert (dropped.text, dropped.other_text) == ("She wrote to [EMAIL]", "she wrote to [EMAIL]")
    assert dropped.difference == "[-She-]{+she+} wrote to [EMAIL]"


def test_a_dropped_row_is_rewritten_again_to_tell_what_changed(tmp_path):
    (tmp_path / "r.yaml").write_text(
        "version: 1\nname: r\nsources: [{path: a.csv}]\ntask: {kind: instruction, prompt: '{q}', completion: answer}\n"
        "steps: [{step: unicode}, {step: whitespace, on: [answer]}, {step: length, min: 100}]\n"
    )
    (tmp_path / "a.csv").write_text("q,answer\ntwo  blanks &amp;,more   blanks\n")
    run = engine.curate(engine.prepare(load_recipe(tmp_path / "r.yaml"), tmp_path, tmp_path / "runs"))
    told = [(event.step, event.column, event.difference) for event in explain(run, "a/2").events]
    assert told[:2] == [("unicode", "q", "two  blanks &[-amp;-]"), ("whitespace", "answer", "more [-··-]blanks")]


def test_views(run):
    from rich.console import Console

    from curate.terminal.life import life

    plain, coloured = (Console(width=100, force_terminal=colours, color_system=system, record=True, file=io.StringIO())
                       for colours, system in ((False, None), (True, "truecolor")))  # fmt: skip
    for console in (plain, coloured):
        console.print(life(explain(run, "a/4")))
    said = plain.export_text()
    assert "✓ length: 26 characters, kept (5 to 1,000,000)" in said
    assert "[-She-] wrote to [EMAIL]" in said
    assert "{+she+} wrote to [EMAIL]" in said
    assert "[-She-]" not in coloured.file.getvalue(), "there the colour says it"
    assert "She" in coloured.export_text()
    narrow = Console(width=60, file=io.StringIO(), record=True)
    narrow.print(life(explain(run, "a/4")))
    assert all(len(line) <= 60 for line in narrow.export_text().splitlines())


LINE = {
    "step": "x",
    "event": "dropped",
    "column": None,
    "reason": None,
    "value": None,
    "threshold": None,
    "detail": None,
}


@pytest.mark.parametrize(
    ("line", "other", "said"),
    [
        ({"reason": "near_duplicate", "value": 0.86, "threshold": 0.8}, "a/2",
         "x: dropped (near_duplicate); similarity 0.86 (limit 0.8) to a/2, which stays"),
        ({"reason": "exact_duplicate", "value": 1.0, "detail": "longest"}, "a/2",
         "x: dropped (exact_duplicate); copy of a/2, which stays (keep: longest)"),
        ({"reason": "over_cap", "value": 1041.0, "threshold": 40.0, "detail": "red"}, None,
         'x: dropped (over_cap); place 1,041 of at most 40 in "red"'),
        ({"reason": "not_sampled", "value": 40.0, "threshold": 12.0}, None,
         "x: dropped (not_sampled); 12 of the 40 rows were drawn, and not this one"),
        ({"reason": "not_sampled", "value": 40.0, "threshold": 12.0, "detail": ""}, None,
         'x: dropped (not_sampled); 12 of the 40 rows in "" were drawn, and not this one'),
        ({"reason": "near_duplicate"}, None, "x: dropped (near_duplicate)"),
        ({"reason": "of_mine", "value": 3.0, "threshold": 2.0, "detail": "it"}, "a/2",
         "x: dropped (of_mine); measured 3, limit 2; found: it; see a/2"),
        ({"event": "changed", "column": "text"}, None, "x: changed text"),
        ({"event": "added", "reason": "added", "value": 0.7}, "a/2",
         "x: added (added); similarity to its parent 0.7; made from a/2"),
    ],
)  # fmt: skip
def test_a_line_of_the_ledger_in_words(line, other, said):
    assert event_in_words(LINE | line, other) == said


def test_sentences_are_for_reasons_that_steps_give():
    source = "".join(path.read_text() for path in sorted((Path(__file__).parents[2] / "curate").rglob("*.py"))
                     if path.name != "event_words.py")  # fmt: skip
    assert [reason for reason in SENTENCES if f'"{reason}"' not in source] == []


def test_a_rule_without_a_limit_is_not_told_in_the_terminal(tmp_path):
    from rich.console import Console

    from curate.terminal.life import life

    (tmp_path / "r.yaml").write_text(
        "version: 1\nname: r\nsources: [{path: a.csv}]\ntask: {kind: classification, text: text, label: label}\n"
        "steps: [{step: language, allowed: [en], min_characters: 99}, {step: cap, by: [label], rows: 1, keep: first}]\n"
    )
    (tmp_path / "a.csv").write_text("text,label\none,a\ntwo,a\n")
    run = engine.curate(engine.prepare(load_recipe(tmp_path / "r.yaml"), tmp_path, tmp_path / "runs"))
    found = explain(run, "a/3")
    assert [told.rule for told in found.measurements] == ["probability", "letters"]
    console = Console(width=80, file=io.StringIO())
    console.print(life(found), highlight=False)
    said = console.file.getvalue()
    assert "language: probability 1, kept (at least 0.65)" in said
    assert "no limit" not in said
    assert 'cap: dropped (over_cap); place 2 of at most 1 in "a"' in said


def test_the_text_before_a_first_change_stands_in_the_source_alone(tmp_path):
    """The ledger holds a text that stands nowhere else; explain tells both."""
    (tmp_path / "r.yaml").write_text(
        "version: 1\nname: r\nsources: [{path: a.csv}]\ntask: {kind: classification, text: text, label: label}\n"
        "steps: [{step: exact}, {step: unicode}, {step: whitespace}, {step: label_conflict, resolve: majority}]\n"
    )
    (tmp_path / "a.csv").write_text("text,label\ncaf\u00c3\u00a9   noir,a\nplain  tea,a\nplain tea,a\nplain tea ,b\n")
    run = engine.curate(engine.prepare(load_recipe(tmp_path / "r.yaml"), tmp_path, tmp_path / "runs"))
    lines = pl.read_parquet(run.ledger).filter(pl.col("event") == "changed")
    assert lines.sort("row", "place").select("row_name", "step", "before").rows() == [
        ("a/2", "unicode", None), ("a/2", "whitespace", "café   noir"), ("a/3", "whitespace", None),
        ("a/5", "whitespace", None), ("a/5", "label_conflict", "b"),
    ]  # fmt: skip
    told = [[(event.step, event.before, event.after) for event in explain(run, row).events] for row in ("a/2", "a/5")]
    assert told[0] == [
        ("unicode", "caf\u00c3\u00a9   noir", "café   noir"),
        ("whitespace", "café   noir", "café noir"),
    ]
    assert told[1][:2] == [("whitespace", "plain tea ", "plain tea"), ("label_conflict", "b", "a")]
