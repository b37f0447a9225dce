"""A task's rows as tokens: what is learnt from, and what is to be continued."""

from typing import Any

import polars as pl

from curate.recipe import Recipe
from curate.task import Chat
from train.chat import render, render_all
from train.prompts import before_last_answer, completions, conversations, prompts
from train.tokens import Encoded, encode_pairs, encode_prompts, encode_rendered


def encode_answers(rows: pl.DataFrame, recipe: Recipe, tokenizer: Any, maximum: int, where: str) -> Encoded:
    """Return rows with their answers supervised, in the order of the rows."""
    if isinstance(recipe.task, Chat):
        texts, answers = render_all(tokenizer, conversations(rows, recipe.task), where)
        return encode_rendered(tokenizer, texts, answers, maximum)
    return encode_pairs(tokenizer, prompts(rows, recipe.task), completions(rows, recipe.task, where), maximum)


def encode_questions(rows: pl.DataFrame, recipe: Recipe, tokenizer: Any, maximum: int) -> list[list[int]]:
    """Return rows without their (last) answer, ready to be continued."""
    if not isinstance(recipe.task, Chat):
        return encode_prompts(tokenizer, prompts(rows, recipe.task), maximum)
    turns = [before_last_answer(conversation) for conversation in conversations(rows, recipe.task)]
    texts = [render(tokenizer, heard, answer_follows=True) for heard in turns]
    return encode_prompts(tokenizer, texts, maximum, rendered=True)
