"""The life of a row, for every kind of fate."""

import polars as pl
import pytest

from curate import engine
from curate.errors import UserError
from curate.explain import explain
from curate.recipe_file import load_recipe

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


def test_quarantined_rows(run):
    assert explain(run, "a/14").fate == "in quarantine: wrong_field_count"
    unknown = explain(run, "a/15")
    assert unknown.fate == "in quarantine: unknown_label"
    assert "is not one of a, b" in unknown.text_as_read


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
