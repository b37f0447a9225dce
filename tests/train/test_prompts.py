"""From rows to prompt and completion."""

import re

import polars as pl
import pytest

from curate.errors import UserError
from curate.recipe_file import parse_recipe
from curate.task import Chat, Classification, Instruction
from train.prompts import (
    before_last_answer,
    completions,
    conversations,
    label_words,
    parse_answers,
    plain_texts,
    prompts,
)

TASK = Classification(
    kind="classification",
    text="text",
    label="label",
    labels={"0": "neutral", "1": "hateful"},
    prompt="{text}\nThis statement is",
)
ROWS = pl.DataFrame({"text": ["one", None], "label": ["1", "0"]})


def test_classification_prompts_and_words():
    assert prompts(ROWS, TASK) == ["one\nThis statement is", "\nThis statement is"]
    assert completions(ROWS, TASK, "train.parquet") == [" hateful", " neutral"]


def test_the_blank_before_an_answer_belongs_to_the_answer():
    task = TASK.model_copy(update={"prompt": "{text}\nLabel: "})
    assert prompts(ROWS[:1], task) == ["one\nLabel:"]
    assert label_words(task) == {"0": " neutral", "1": " hateful"}


def test_no_blank_after_a_line_break():
    assert label_words(TASK.model_copy(update={"prompt": "{text}\nLabel:\n"})) == {"0": "neutral", "1": "hateful"}


def test_numbers_in_the_label_column_are_names():
    assert completions(pl.DataFrame({"label": [1, 0]}), TASK, "x") == [" hateful", " neutral"]


def test_a_label_without_a_word_is_the_users_mistake():
    with pytest.raises(UserError) as caught:
        completions(pl.DataFrame({"label": ["1", "2", None]}), TASK, "train.parquet")
    assert [mistake.what for mistake in caught.value.mistakes] == ["label 'None' has no word", "label '2' has no word"]
    known = "known: 0, 1"
    assert [mistake.hint for mistake in caught.value.mistakes] == [
        f'add it to task.labels, or drop its rows with {{step: where, sql: "label IS NOT NULL"}}; {known}',
        f"add it to task.labels, or drop its rows with {{step: where, sql: \"label <> '2'\"}}; {known}",
    ]


def test_the_step_of_the_hint_drops_the_label():
    with pytest.raises(UserError) as caught:
        completions(pl.DataFrame({"label": ["it's"]}), TASK, "train.parquet")
    step = re.search(r"\{step.*\}", caught.value.mistakes[0].hint)[0]
    recipe = parse_recipe(
        f"version: 1\nname: x\nsources: [{{path: a.csv}}]\ntask: {{kind: classification, text: text, label: label}}\n"
        f"steps:\n  - {step}\n",
        "r.yaml",
    )
    rows = pl.DataFrame({"label": ["it's", "1"]})
    assert rows.filter(pl.sql_expr(recipe.steps[0].sql))["label"].to_list() == ["1"]


def test_instruction():
    task = Instruction(kind="instruction", prompt="{question}\nAnswer:", completion="answer")
    rows = pl.DataFrame({"question": ["2 + 2 {x}?"], "answer": ["4"]})
    assert prompts(rows, task) == ["2 + 2 {x}?\nAnswer:"]
    assert completions(rows, task, "x") == [" 4"]
    assert plain_texts(rows, task) == ["2 + 2 {x}?\nAnswer:"]


CHAT = Chat(kind="chat")
TALK = [
    {"role": "user", "content": "hi"},
    {"role": "assistant", "content": "hello"},
    {"role": "user", "content": None},
    {"role": "assistant", "content": "still there?"},
]


def test_chat_turns():
    rows = pl.DataFrame({"messages": [TALK]})
    turns = conversations(rows, CHAT)[0]
    assert turns[2] == {"role": "user", "content": ""}
    assert before_last_answer(turns) == turns[:3]
    assert plain_texts(rows, CHAT) == ["hi"]


def test_base_text_holds_no_answers():
    assert plain_texts(ROWS, TASK) == ["one"]


def test_answers_are_parsed_or_null():
    said = pl.Series(
        [" hateful", "Hateful.\nThis statement is", "not hateful", "hateful or neutral", "", None, "\n neutral"]
    )
    assert parse_answers(said, TASK).to_list() == ["1", "1", None, None, None, None, "0"]


@pytest.mark.parametrize(
    ("words", "said", "expected"),
    [
        ({"0": "US", "1": "us"}, ["US", " us\n", "US.", "Us", "(us)"], ["0", "1", "0", None, "1"]),
        (
            {"0": "+", "1": "?", "2": "!"},
            ["!", "?", " ", "", "+", "+ !", '"!"'],
            ["2", "1", None, None, "0", "0", None],
        ),
        ({"0": "yes", "1": "yes!"}, ["yes", "yes!", "Yes", "yes."], ["0", "1", None, None]),
        ({"0": "?", "1": "!"}, [None, "...", "!"], [None, None, "1"]),
        ({"0": "*spam*", "1": "ham"}, ["spam", "**Spam**", "HAM."], ["0", "0", "1"]),
    ],
)
def test_a_text_that_says_two_words_or_none_is_no_answer(words, said, expected):
    task = TASK.model_copy(update={"labels": words})
    assert parse_answers(pl.Series("said", said, dtype=pl.String), task).to_list() == expected
