"""Rows that are asked after a text of examples: no more of each than is read without them, and which saw fewer examples."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from curate.recipe import Recipe
from curate.task import Classification
from train.models import LoadedModel
from train.progress import Progress
from train.prompts import label_words, prompts
from train.scoring import score_encoded
from train.settings import settings_of
from train.shared_beginnings import Numbers
from train.tokens import Encoded, encode_pairs, parts_read

Flags = npt.NDArray[np.bool_]
LONGEST = 4096
"""Tokens of a prompt with its label, where the model has positions for more and `train.max_length` asks for no more."""
TOGETHER = 256
"""So many rows are tokenised at a time: each holds all examples again."""


def longest_prompt(recipe: Recipe, loaded: LoadedModel) -> int:
    """Return how many tokens a prompt with its label may have: no more than the model has positions for."""
    most = max(LONGEST, settings_of(recipe).max_length)
    positions = getattr(loaded.model.config, "max_position_embeddings", None)
    return most if positions is None else min(most, positions)


def words_of(recipe: Recipe) -> list[str]:
    """Return the word of every label, with the blank before it."""
    assert isinstance(recipe.task, Classification)
    return list(label_words(recipe.task).values())


def parts_asked(rows: pl.DataFrame, recipe: Recipe, loaded: LoadedModel) -> list[str]:
    """Return for every row and label (row by row) what of the row's prompt is read without examples, where that label follows.

    A row that is longer than `train.max_length` tokens then loses its beginning, and more of it for a longer label. So each
    label has the cut of its own row, as without examples.
    """
    assert isinstance(recipe.task, Classification)
    words = words_of(recipe)
    repeated = [prompt for prompt in prompts(rows, recipe.task) for _word in words]
    return parts_read(loaded.tokenizer, repeated, words * rows.height, settings_of(recipe).max_length)


def encode_after(text: str, parts: Sequence[str], recipe: Recipe, loaded: LoadedModel) -> Encoded:
    """Tokenise this text with every part and its label after it; one that is too long loses the beginning of the text."""
    words = words_of(recipe)
    asked, ends = [text + part for part in parts], words * (len(parts) // len(words))
    return encode_pairs(loaded.tokenizer, asked, ends, longest_prompt(recipe, loaded))


def scores_of(encoded: Encoded, recipe: Recipe, loaded: LoadedModel, progress: Progress) -> Numbers:
    """Return the score of every label (rows × labels) of rows that were tokenised after examples."""
    tokens, words = settings_of(recipe).prediction_tokens, len(words_of(recipe))
    return score_encoded(loaded, encoded, words, tokens=tokens, tick=progress.advance, alike=True)


def scores_after(
    text: str, rows: pl.DataFrame, recipe: Recipe, loaded: LoadedModel, progress: Progress
) -> tuple[Numbers, Flags]:
    """Return the score of every label (rows × labels) with this text before each row, and which rows lost a part of the text."""
    words = len(words_of(recipe))
    scores, cut = [np.zeros((0, words))], np.zeros(rows.height, dtype=np.bool_)
    for start in range(0, rows.height, TOGETHER):
        parts = parts_asked(rows[start : start + TOGETHER], recipe, loaded)
        encoded = encode_after(text, parts, recipe, loaded)
        scores.append(scores_of(encoded, recipe, loaded, progress))
        cut[[start + place // words for place in encoded.lost]] = True
    return np.concatenate(scores), cut
