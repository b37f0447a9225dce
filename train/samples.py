"""What a model writes for some validation rows while it learns: the same rows each time, drawn by the seed."""

from collections.abc import Callable

import polars as pl

from curate import rows as row_numbers
from curate.recipe import Recipe
from train.draws import drawn_places
from train.generate import generate
from train.models import LoadedModel
from train.room import questions_to_continue
from train.settings import settings_of

Writer = Callable[[LoadedModel], dict[str, str]]


def writer_of(recipe: Recipe, rows: pl.DataFrame, before: LoadedModel) -> Writer:
    """Return what lets a model write, greedily, for some of the rows: the text by the name of the row.

    `before` is the model before it learns: its tokenizer and its positions say what is read.
    """
    settings = settings_of(recipe)
    drawn = rows[drawn_places(rows.height, settings.samples.rows, recipe.seed)]
    names = [row_numbers.name(row, recipe.source_names) for row in drawn["row"].to_list()]
    questions = questions_to_continue(drawn, recipe, before, "train, samples")
    longest = settings.generation.max_new_tokens

    def write(loaded: LoadedModel) -> dict[str, str]:
        texts = generate(
            loaded, questions, longest_answer=longest, tokens=settings.prediction_tokens, tick=lambda _done: None
        )
        return {name: written.text for name, written in zip(names, texts, strict=True)}

    return write
