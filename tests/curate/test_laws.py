"""Laws that hold for every member of the step unions and every kind of task: a new step is tested before its author writes a test.

A new step adds one example of its settings to EXAMPLES; the membership law fails until it does.
"""

import json
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
from curate.errors import UserError
from curate.laws import LAWS, Broken, apply_row_local, broken_laws
from curate.recipe import Recipe
from curate.recipe_file import parse_recipe
from curate.steps import STEP_WORDS, TRAIN_STEP_WORDS, Step, TrainStep
from curate.steps.base import Batch, Filter, OfText, Outcome, Rewrite, Rule, Select, Whole, no_notes
from curate.task import Chat, Instruction

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
    "turns": {"max_empty": 1, "min_answer": 40},
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
TASKS = {
    "classification": TASK,
    "instruction": Instruction(kind="instruction", prompt="{text}\n{more}", completion="answer"),
    "chat": Chat(kind="chat"),
}
ON = {"instruction": ["more", "answer"], "chat": ["assistant"]}
FITTING = [(kind, word) for kind in TASKS for word, member in MEMBERS.items() if kind in member.tasks]
REFUSED = [(kind, word) for kind in TASKS for word in MEMBERS if (kind, word) not in FITTING]
ROW_LOCAL = [word for word, member in MEMBERS.items() if issubclass(member, Filter | Rewrite)]


def make(word: str, **more: object) -> object:
    return MEMBERS[word].model_validate({**EXAMPLES[word], **more})


@pytest.fixture(scope="module")
def rows() -> pl.DataFrame:
    made, _truth = demo.generate(300, 3)
    return frame(*made["text"].to_list(), labels=made["label"].to_list())


@pytest.fixture(scope="module")
def conversations(rows) -> pl.DataFrame:
    """The same texts as questions and answers, in columns and in turns; some are empty, and some rows have no turns."""
    answer, more = pl.col("text").shift(7).fill_null(""), pl.when(pl.int_range(pl.len()) % 3 == 0).then("text")
    said = rows.head(150).with_columns(answer=answer, more=more.fill_null(""))
    turns = [("system", "text"), ("user", "more"), ("assistant", "text"), ("user", "answer"), ("assistant", "answer")]
    listed = pl.concat_list(pl.struct(role=pl.lit(role), content=column) for role, column in turns)
    return said.with_columns(messages=listed.list.slice(pl.int_range(pl.len()) % 3, pl.int_range(pl.len()) % 6))


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


@pytest.mark.parametrize("word", [word for kind, word in FITTING if kind == "classification"])
@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
def test_law(law, word, rows):
    skip_without_backend(word)
    assert law(make(word), rows, TASK, CONTEXT) == ""


@pytest.mark.parametrize(("kind", "word"), [pair for pair in FITTING if pair[0] != "classification"])
def test_laws_for_several_texts(kind, word, conversations):
    skip_without_backend(word)
    task = TASKS[kind]
    steps = [make(word), *([make(word, on=ON[kind])] if issubclass(MEMBERS[word], OfText) else [])]
    context = make_context(task, 7, {}, FILES)
    assert [law(step, conversations, task, context) for step in steps for law in LAWS] == [""] * len(LAWS) * len(steps)


@pytest.mark.parametrize(("kind", "word"), REFUSED)
def test_a_step_that_does_not_fit_the_task_is_refused_with_the_recipe(kind, word):
    part, step = "steps" if MEMBERS[word] in UNIONS[Step] else "train_steps", make(word)
    written = {
        "version": 1,
        "name": "t",
        "sources": [{"path": "a.csv"}],
        "task": TASKS[kind].model_dump(),
        "split": {"test": 0.5},
        part: [step.model_dump(mode="json")],
    }
    with pytest.raises(UserError) as caught:
        parse_recipe(json.dumps(written), "r.yaml")
    (mistake,) = caught.value.mistakes
    assert mistake.what.startswith(f"{part}.0: '{step.word}' works on tasks of kind ")
    assert mistake.what.endswith(f"and this one is of kind {kind}")


def test_what_does_not_fit_which_task():
    assert REFUSED == [
        ("classification", "turns"),
        ("instruction", "label_conflict"),
        ("chat", "label_conflict"),
        ("chat", "back_translate"),
        ("chat", "word_noise"),
    ]


@pytest.mark.parametrize("kind", TASKS)
def test_fused_steps_are_the_steps_one_by_one(kind, conversations):
    task, rows = TASKS[kind], conversations
    context = make_context(task, 7, {}, FILES)
    fitting = [word for word in ROW_LOCAL if (kind, word) in FITTING]
    named = [NamedStep(place, word, make(word)) for place, word in enumerate(fitting)]
    fused = apply_row_local(rows, named, task, context)
    alone, lines = rows, []
    for step in named:
        applied = apply_row_local(alone, [step], task, context)
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


class Leaning(Filter):
    """Measures a row by the others, and drops the same rows however they come: none."""

    step: Literal["leaning"] = "leaning"
    by: str = "max"

    def rules(self, context):
        letters = context.text.str.len_chars()
        whole = {"max": letters / letters.max(), "sum": letters / letters.sum(), "rank": letters.rank()}
        also = {"running": letters.cum_sum(), "own": letters}
        value = {**whole, **also, "told": letters}[self.by]
        detail = letters.max().cast(pl.String) if self.by == "told" else None
        return (Rule("letters", value, minimum=0, below="negative", detail=detail),)


class Trailing(Rewrite):
    """Writes something of another row into a row."""

    step: Literal["trailing"] = "trailing"

    def rewrite(self, text):
        return text + text.first()


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
    assert [broken.law for broken in broken_laws(Greedy(), rows, TASK)] == ["order", "partition"]
    measures = "'place' measures something else when a limit is moved"
    assert broken_laws(Greedy(most=7), rows, TASK)[-1] == Broken("limits", measures)
    forgets = "step 'forgetful' dropped rows without a reason"
    assert broken_laws(Forgetful(), rows, TASK)[0] == Broken("conservation", forgets)
    assert isinstance(broken_laws(Clumsy(), rows, TASK)[0].error, KeyError)


@pytest.mark.parametrize("height", [40, 300])
@pytest.mark.parametrize("by", ["max", "sum", "rank", "running"])
def test_a_measurement_that_leans_on_other_rows_is_told_though_no_fate_does(rows, by, height):
    leans = (
        "what 'letters' measures of a row depends on the other rows; a step that must see them is a Select or a Whole"
    )
    told = {broken.law: broken.what for broken in broken_laws(Leaning(by=by), rows.head(height), TASK)}
    assert told.pop("partition") == leans
    ordered = "what 'letters' measures of a row depends on the order of rows"
    assert set(told.items()) <= {("order", ordered)}, (
        "parts of rows in another order may hold other rows, and nothing else"
    )
    assert told or by != "running"


def test_what_a_filter_finds_and_what_a_rewrite_writes_must_be_the_rows_own_too(rows):
    (found,) = broken_laws(Leaning(by="told"), rows.head(60), TASK)
    assert found.what.startswith("what 'letters.detail' measures of a row depends on the other rows")
    assert broken_laws(Leaning(by="own"), rows, TASK) == []
    assert [broken.law for broken in broken_laws(Trailing(), rows, TASK)] == ["order", "partition"]
