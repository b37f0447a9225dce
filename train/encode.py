"""A task's rows as tokens: what is learnt from, and what is to be continued."""

from collections.abc import Sequence
from typing import Any

import polars as pl

from curate import rows as row_numbers
from curate.errors import Mistake, UserError
from curate.recipe import Recipe
from curate.task import Chat, Instruction
from train.chat import render, render_all
from train.prompts import Turn, before_last_answer, completions, conversations, prompts
from train.tokens import MASKED, Encoded, encode_pairs, encode_prompts, encode_rendered

SHOWN_ROWS = 5
"""So many rows are named in a message."""


def encode_answers(rows: pl.DataFrame, recipe: Recipe, tokenizer: Any, maximum: int, where: str) -> Encoded:
    """Return rows with their answers supervised, in the order of the rows."""
    if isinstance(recipe.task, Chat):
        turns = conversations(rows, recipe.task)
        _check_beginnings(turns, rows, recipe, where)
        texts, answers = render_all(tokenizer, turns, where)
        return encode_rendered(tokenizer, texts, answers, maximum)
    return encode_pairs(tokenizer, prompts(rows, recipe.task), completions(rows, recipe.task, where), maximum)


def _check_beginnings(turns: Sequence[Sequence[Turn]], rows: pl.DataFrame, recipe: Recipe, where: str) -> None:
    """Raise `UserError`, with the rows, if conversations have no turns or begin with the assistant's: nothing asks for it."""
    wrong = [place for place, each in enumerate(turns) if not each or each[0]["role"] == "assistant"]
    if not wrong:
        return
    numbers, sources = rows["row"].gather(wrong[:SHOWN_ROWS]).to_list(), recipe.source_names
    named = ", ".join(row_numbers.name(number, sources) for number in numbers)
    more = f" and {len(wrong) - SHOWN_ROWS:,} more" if len(wrong) > SHOWN_ROWS else ""
    what = (
        f"{len(wrong):,} of {rows.height:,} conversations have no turns, or begin with the assistant's: {named}{more}"
    )
    raise UserError(Mistake(where, what, "drop such conversations with {step: turns}"))


def answer_bytes(rows: pl.DataFrame, task: Instruction | Chat, encoded: Encoded) -> list[int]:
    """Return how many bytes of UTF-8 the supervised answers of each row have, as they stand in the data.

    A row that was cut has its last answers alone; the end token has no bytes.
    """
    if isinstance(task, Chat):
        answers = [
            [turn["content"] for turn in turns if turn["role"] == "assistant"] for turns in conversations(rows, task)
        ]
    else:
        answers = [[text] for text in rows[task.completion].cast(pl.String).fill_null("").to_list()]
    kept = map(_runs, encoded.labels)
    return [
        sum(len(text.encode()) for text in texts[len(texts) - count :])
        for texts, count in zip(answers, kept, strict=True)
    ]


def _runs(labels: Sequence[int]) -> int:
    """Return how many runs of supervised tokens there are, one an answer."""
    return sum(
        label != MASKED and before == MASKED for before, label in zip([MASKED, *labels[:-1]], labels, strict=True)
    )


def encode_questions(rows: pl.DataFrame, recipe: Recipe, tokenizer: Any, maximum: int) -> list[list[int]]:
    """Return rows without their (last) answer, ready to be continued."""
    if not isinstance(recipe.task, Chat):
        return encode_prompts(tokenizer, prompts(rows, recipe.task), maximum)
    turns = [before_last_answer(conversation) for conversation in conversations(rows, recipe.task)]
    texts = [render(tokenizer, heard, answer_follows=True) for heard in turns]
    return encode_prompts(tokenizer, texts, maximum, rendered=True)
