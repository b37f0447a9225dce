"""What a model says of the neutral texts: how likely each is, and how far the tuned model is from its base on the way."""

from collections.abc import Sequence

import numpy as np
import polars as pl

from curate.recipe import Recipe
from train.divergence import divergences
from train.models import LoadedModel, longest_row
from train.progress import Progress
from train.scoring import log_likelihoods
from train.settings import settings_of
from train.tokens import MASKED, Encoded, encode_continuations


def ask_texts(
    items: pl.DataFrame, recipe: Recipe, loaded: LoadedModel, title: str, base: LoadedModel | None = None
) -> pl.DataFrame:
    """Return `item`, `choice`, the text's `log_likelihood` in nats and its `tokens`, in the order of the items.

    A text follows a token of beginning, which is not scored. One that is longer than `train.max_length` is read in windows.
    With a `base`, `loaded` is the model that was tuned from it; then also `kl_to_base`, the sum over the text's tokens of
    KL(base ‖ tuned) in nats, and `kl_from_base`, that of KL(tuned ‖ base).
    """
    settings = settings_of(recipe)
    rows, places = text_windows(items, loaded, longest_row(loaded.model.config, settings.max_length))
    encoded = Encoded(rows, [[MASKED, *row[1:]] for row in rows])
    with Progress(f"neutral texts, {title}", len(rows) * (1 if base is None else 2)) as progress:
        likelihood, tokens = log_likelihoods(loaded, encoded, settings.prediction_tokens, progress.advance)
        columns = {"log_likelihood": likelihood, "tokens": tokens}
        if base is not None:
            assert text_windows(items, base, settings.max_length)[0] == rows, "base and tuned model read other tokens"
            apart = divergences(base, loaded, rows, settings.prediction_tokens, progress.advance)
            columns |= {"kl_to_base": apart[:, 0], "kl_from_base": apart[:, 1]}
    told = pl.DataFrame({"place": pl.Series(places, dtype=pl.Int64), **columns})
    sums = told.group_by("place").agg(pl.all().sum()).sort("place").drop("place")
    return items.select("item", "choice").hstack(sums)


def text_windows(items: pl.DataFrame, loaded: LoadedModel, longest: int) -> tuple[list[list[int]], list[int]]:
    """Return the windows of all texts as tokens, and for each the place of its text."""
    encoded = encode_continuations(loaded.tokenizer, items["prompt"].to_list(), items["continuation"].to_list())
    each = [windows(ids, longest) for ids in encoded.input_ids]
    places = np.repeat(np.arange(len(each)), [len(found) for found in each])
    return [row for found in each for row in found], [int(place) for place in places]


def windows(ids: Sequence[int], longest: int) -> list[list[int]]:
    """Return a text in windows of at most `longest` tokens, each beginning with the last token of the one before.

    So every token but the first is predicted once, as lm-evaluation-harness does it (`get_rolling_token_windows`, context 1).
    """
    return [list(ids[start : start + longest]) for start in range(0, len(ids) - 1, longest - 1)]
