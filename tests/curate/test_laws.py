"""Laws that hold for every member of the step unions: a new step is tested before its author writes a test.

A new step adds one example of its settings to EXAMPLES; the membership law fails until it does.
"""

import re
from typing import get_args

import polars as pl
import pytest
from frames import TASK, apply, apply_row_local, frame
from pydantic import TypeAdapter

from curate import demo
from curate.account import NamedStep
from curate.apply import make_context
from curate.recipe import Recipe
from curate.steps import STEP_WORDS, TRAIN_STEP_WORDS, Step, TrainStep
from curate.steps.base import Batch, Filter, Rewrite, Select, Whole

EXAMPLES = {
    "unicode": {},
    "whitespace": {"keep_lines": True},
    "length": {"min": 40, "max": 300},
    "letter_share": {"min": 0.7},
    "character_repetition": {"size": 5, "max": 0.2},
    "word_repetition": {"size": 2, "max": 0.1},
    "where": {"sql": "label = 'advance' OR length(text) > 150"},
    "mask_pii": {},
    "label_conflict": {"resolve": "majority"},
    "exact": {"normalise": True},
    "minhash": {"threshold": 0.6},
    "sample": {"share": 0.5},
    "date_window": {"column": "text", "format": "epoch", "earliest": "1970-01-01", "unknown": "keep"},
    "cap": {"by": ["label"], "rows": 100},
    "mix": {"by": "label", "weights": {"advance": 0.7, "reject": 0.3}, "rows": 100},
    "train_mix": {"by": "label", "weights": {"advance": 9, "reject": 1}, "rows": 400, "shortage": "repeat"},
    "balance": {"by": ["label"], "to": "largest"},
    "word_noise": {"share": 0.2},
    "back_translate": {"share": 0.1},
}
UNIONS = {union: get_args(get_args(union)[0]) for union in (Step, TrainStep)}
MEMBERS = {  # by the class's name in snake case: its word, or `train_` and its word where a word means a class a union
    re.sub(r"(?<!^)(?=[A-Z])", "_", member.__name__).lower(): member
    for members in UNIONS.values()
    for member in members
}
ROW_LOCAL = [word for word, member in MEMBERS.items() if issubclass(member, Filter | Rewrite)]


def make(word: str) -> object:
    return MEMBERS[word].model_validate(EXAMPLES[word])


@pytest.fixture(scope="module")
def rows() -> pl.DataFrame:
    made, _truth = demo.generate(300, 3)
    return frame(*made["text"].to_list(), labels=made["label"].to_list())


def skip_without_backend(word: str) -> None:
    problems = make(word).problems()
    if problems:
        pytest.skip(problems[0])


def test_membership():
    assert sorted(MEMBERS) == sorted(EXAMPLES), "every step has an example, and every example a step"
    words = {name: member.model_fields["step"].default for name, member in MEMBERS.items()}
    assert set(words.values()) == {*STEP_WORDS, *TRAIN_STEP_WORDS}
    schema = str(Recipe.model_json_schema())
    for name, member in MEMBERS.items():
        assert issubclass(member, Filter | Rewrite | Select | Batch | Whole)
        assert member.__doc__
        assert f"'const': '{words[name]}'" in schema
        assert words[name] in (name, name.removeprefix("train_"))


@pytest.mark.parametrize("word", EXAMPLES)
def test_settings_round_trip(word):
    step = make(word)
    union = TypeAdapter(next(union for union, members in UNIONS.items() if MEMBERS[word] in members))
    assert union.validate_json(step.model_dump_json()) == step


@pytest.mark.parametrize("word", EXAMPLES)
def test_conservation(word, rows):
    skip_without_backend(word)
    applied = apply(make(word), rows)
    events = dict(applied.ledger.group_by("event").agg(pl.col("row").n_unique()).iter_rows())
    record = applied.records[0]
    assert applied.rows.height == rows.height - events.get("dropped", 0) + events.get("added", 0)
    assert (record.rows_in, record.rows_out) == (rows.height, applied.rows.height)
    assert (record.dropped, record.added, record.changed) == tuple(
        events.get(event, 0) for event in ("dropped", "added", "changed")
    )
    assert applied.rows["row"].n_unique() == applied.rows.height
    assert applied.ledger.filter(pl.col("event").is_in(["dropped", "changed", "added"]))["reason"].null_count() == 0


@pytest.mark.parametrize("word", EXAMPLES)
def test_the_order_of_rows_changes_nothing(word, rows):
    skip_without_backend(word)
    step = make(word)
    one, other = apply(step, rows), apply(step, rows.reverse())
    assert other.rows.sort("row").equals(one.rows.sort("row"))
    order = ["row", "event", "column", "reason", "candidate"]
    assert other.ledger.sort(order).equals(one.ledger.sort(order))


@pytest.mark.parametrize("word", EXAMPLES)
def test_a_step_leaves_the_frame_that_it_was_given(word, rows):
    skip_without_backend(word)
    before = rows.clone()
    apply(make(word), rows)
    assert rows.equals(before)


@pytest.mark.parametrize("word", EXAMPLES)
def test_no_rows_are_no_trouble(word, rows):
    skip_without_backend(word)
    assert apply(make(word), rows.clear()).rows.is_empty()


@pytest.mark.parametrize("word", ROW_LOCAL)
def test_partition(word, rows):
    """Parts together are the whole: rows and ledger."""
    step = make(word)
    whole = apply(step, rows)
    parts = [apply(step, part) for part in rows.iter_slices(37)]
    assert pl.concat([part.rows for part in parts]).equals(whole.rows)
    assert pl.concat([part.ledger for part in parts]).sort("row", "column").equals(whole.ledger.sort("row", "column"))


@pytest.mark.parametrize("word", [word for word in ROW_LOCAL if issubclass(MEMBERS[word], Filter)])
def test_a_limit_changes_no_measurement(word, rows):
    """What is measured does not depend on the settings that are named as limits, so that they can be moved later."""
    step, context = make(word), make_context(TASK, 7, {})
    bare = step.model_copy(update={name: MEMBERS[word].model_fields[name].default for name in step.thresholds})
    assert set(step.thresholds) <= set(MEMBERS[word].model_fields)
    for one, other in zip(step.rules(context), bare.rules(context), strict=True):
        assert (one.name, rows.select(one.measure).equals(rows.select(other.measure))) == (other.name, True)


def test_fused_steps_are_the_steps_one_by_one(rows):
    named = [NamedStep(place, word, make(word)) for place, word in enumerate(ROW_LOCAL)]
    fused = apply_row_local(rows, named, TASK)
    alone, lines = rows, []
    for step in named:
        applied = apply_row_local(alone, [step], TASK)
        alone = applied.rows
        lines.append(applied.ledger)
    assert fused.rows.equals(alone)
    assert fused.ledger.equals(pl.concat(lines))
