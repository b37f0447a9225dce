"""Laws that hold for every member of the step unions: a new step is tested before its author writes a test.

A new step adds one example of its settings to EXAMPLES; the membership law fails until it does.
"""

import re
from pathlib import Path
from typing import Literal, get_args

import polars as pl
import pytest
from frames import TASK, frame
from pydantic import TypeAdapter

from curate import demo
from curate.account import NamedStep
from curate.apply import make_context
from curate.laws import LAWS, apply_row_local, broken_laws
from curate.recipe import Recipe
from curate.steps import STEP_WORDS, TRAIN_STEP_WORDS, Step, TrainStep
from curate.steps.base import Batch, Filter, Outcome, Rewrite, Rule, Select, Whole, no_notes

EXAMPLES = {
    "unicode": {},
    "whitespace": {"keep_lines": True},
    "length": {"min": 40, "max": 300},
    "letter_share": {"min": 0.7},
    "language": {"allowed": ["en"], "min_confidence": 0.9},
    "character_repetition": {"size": 5, "max": 0.2},
    "word_repetition": {"size": 2, "max": 0.1},
    "where": {"sql": "label = 'advance' OR length(text) > 150"},
    "mask_pii": {},
    "drop_pii": {"kinds": ["email", "phone"], "region": "US", "max": 0},
    "gopher_quality": {"min_words": 20, "min_stop_words": 1},
    "gopher_repetition": {"max_top_2gram": 0.1},
    "c4_lines": {"min_words": 3},
    "c4_quality": {"min_sentences": 2},
    "c4_word_list": {"words": "words.txt"},
    "fineweb_quality": {"max_short_lines": 0.5},
    "decontaminate": {"against": ["evaluation.jsonl"], "max": 0.5},
    "label_conflict": {"resolve": "majority"},
    "exact": {"normalise": True, "keep": ["longest", {"highest": "label"}]},
    "minhash": {"threshold": 0.6, "keep": ["longest"]},
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
FILES = {name: Path(__file__).parent / "steps" / name for name in ("words.txt", "evaluation.jsonl")}
CONTEXT = make_context(TASK, 7, {}, FILES)
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
@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
def test_law(law, word, rows):
    skip_without_backend(word)
    assert law(make(word), rows, TASK, CONTEXT) == ""


def test_fused_steps_are_the_steps_one_by_one(rows):
    named = [NamedStep(place, word, make(word)) for place, word in enumerate(ROW_LOCAL)]
    fused = apply_row_local(rows, named, TASK, CONTEXT)
    alone, lines = rows, []
    for step in named:
        applied = apply_row_local(alone, [step], TASK, CONTEXT)
        alone = applied.rows
        lines.append(applied.ledger)
    assert fused.rows.equals(alone)
    assert fused.ledger.equals(pl.concat(lines))


class Greedy(Filter):
    """Breaks the laws: drops without a reason that holds, and measures by other rows."""

    thresholds = ("most",)
    step: Literal["greedy"] = "greedy"
    most: int = 5

    def rules(self, context):
        return (Rule("place", pl.int_range(pl.len()) * self.most, maximum=self.most, above="late"),)


class Forgetful(Whole):
    """Loses rows without a word."""

    step: Literal["forgetful"] = "forgetful"

    def apply(self, rows, context):
        return Outcome(rows.head(3), no_notes())


class Clumsy(Rewrite):
    """Raises."""

    step: Literal["clumsy"] = "clumsy"

    def rewrite(self, text):
        raise KeyError("oh")


def test_a_step_that_breaks_laws_is_told_which(rows):
    assert [found.split(":")[0] for found in broken_laws(Greedy(), rows, TASK)] == [
        "law of order", "law of partition",
    ]  # fmt: skip
    assert (
        broken_laws(Greedy(most=7), rows, TASK)[-1]
        == "law of limits: 'place' measures something else when a limit is moved"
    )
    assert (
        broken_laws(Forgetful(), rows, TASK)[0] == "law of conservation: step 'forgetful' dropped rows without a reason"
    )
    assert "raises KeyError: 'oh'" in broken_laws(Clumsy(), rows, TASK)[0]
