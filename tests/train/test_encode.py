"""The bytes of the answers that a loss is over."""

import polars as pl
import pytest

from curate import rows as row_numbers
from curate.errors import UserError
from curate.recipe import Recipe
from train.chat import DEMO_TEMPLATE
from train.encode import answer_bytes, encode_answers


def recipe_of(task: dict[str, str]) -> Recipe:
    return Recipe.model_validate({"version": 1, "name": "t", "sources": [{"path": "a.jsonl"}], "task": task})


def test_an_answer_has_the_bytes_of_its_text_and_none_if_it_does_not_fit(tokenizer):
    recipe = recipe_of({"kind": "instruction", "prompt": "{question}", "completion": "answer"})
    answers = ["warm", "grím 🎪", "", None, "sour " * 60]
    rows = pl.DataFrame({"question": ["q"] * 5, "answer": answers})
    encoded = encode_answers(rows, recipe, tokenizer, 24, "test")
    assert encoded.left_out == [4]
    assert answer_bytes(rows, recipe.task, encoded) == [4, 10, 0, 0, 0]


@pytest.mark.parametrize(("maximum", "bytes_"), [(96, [9, 5]), (20, [5, 5])])
def test_a_conversation_that_was_cut_has_the_bytes_of_its_last_answers(tokenizer, monkeypatch, maximum, bytes_):
    monkeypatch.setattr(tokenizer, "chat_template", DEMO_TEMPLATE)
    turns = [("user", "the fair " * 6), ("assistant", "warm"), ("user", "and"), ("assistant", "brïg")]
    talks = [
        [{"role": role, "content": text} for role, text in turns],
        [{"role": role, "content": text} for role, text in turns[2:]],
    ]
    recipe = recipe_of({"kind": "chat"})
    rows = pl.DataFrame({"messages": talks})
    encoded = encode_answers(rows, recipe, tokenizer, maximum, "test")
    assert answer_bytes(rows, recipe.task, encoded) == bytes_


def test_conversations_that_nothing_asks_for_are_named_all_at_once(tokenizer, monkeypatch):
    monkeypatch.setattr(tokenizer, "chat_template", DEMO_TEMPLATE)
    said = {"role": "assistant", "content": "warm"}
    talks = [[{"role": "user", "content": "how"}, said], [said], []]
    rows = pl.DataFrame({"row": [row_numbers.number(0, line) for line in (1, 2, 3)], "messages": talks})
    with pytest.raises(
        UserError, match="2 of 3 conversations have no turns, or begin with the assistant's: a/2, a/3; drop"
    ):
        encode_answers(rows, recipe_of({"kind": "chat"}), tokenizer, 96, "test")
