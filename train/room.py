"""How much of a prompt a model reads before it writes on: what its positions leave beside the longest answer."""

import sys
from typing import Any

import polars as pl

from curate.errors import Mistake, UserError
from curate.recipe import Recipe
from curate.train_settings import Train
from train.encode import encode_questions
from train.models import LoadedModel, positions_of
from train.process import say
from train.prompts import asks_nothing
from train.settings import settings_of

FEWEST = 8
"""Tokens of a prompt that must have room: as many as `train.max_length` must have at least."""


def writes(recipe: Recipe) -> bool:
    """Return whether a model of this recipe writes anything, after training or while it learns."""
    settings = settings_of(recipe)
    return settings.samples.every_steps is not None or (settings.generation.rows > 0 and not asks_nothing(recipe.task))


def longest_question(config: Any, settings: Train) -> int:
    """Return how many tokens of a prompt are read; raise `UserError` where `max_new_tokens` leaves too few positions."""
    longest, positions = settings.generation.max_new_tokens, positions_of(config)
    if positions is None:
        return settings.max_length
    room = min(settings.max_length, positions - longest)
    if room < FEWEST:
        whole = positions - settings.max_length
        rest = f"; up to {whole} leave prompts of train.max_length tokens whole" if whole > 0 else ""
        what = f"{longest} tokens leave {max(0, room)} of the base's {positions} positions to the prompt"
        raise UserError(Mistake("train.generation.max_new_tokens", what, f"write at most {positions - FEWEST}{rest}"))
    return room


def questions_to_continue(rows: pl.DataFrame, recipe: Recipe, loaded: LoadedModel, who: str) -> list[list[int]]:
    """Return rows without their answer, as much of them as there is room for; say on stderr, as `who`, how many are cut."""
    if not rows.height:
        return []
    room = longest_question(loaded.model.config, settings_of(recipe))
    whole = encode_questions(rows, recipe, loaded.tokenizer, sys.maxsize)
    read = encode_questions(rows, recipe, loaded.tokenizer, room)
    cut = sum(len(one) < len(other) for one, other in zip(read, whole, strict=True))
    if cut:
        most = f"generation.max_new_tokens and max_length leave {room:,} tokens to a prompt"
        say(f"{who}: {cut:,} of {rows.height:,} prompts to be continued lose their beginning: {most}")
    return read
