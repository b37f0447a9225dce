"""What a model says of the items of a probe: the log-likelihood of every choice. Nothing is learnt from them."""

from typing import Any

import polars as pl

from curate.probes import AskedProbe
from curate.recipe import Recipe
from curate.task import Classification
from train.models import LoadedModel, longest_row
from train.progress import Progress
from train.prompts import label_words, prompts
from train.scoring import log_likelihoods_of_groups
from train.settings import settings_of
from train.tokens import Encoded, encode_continuations, encode_pairs

UNCUT = 2**62  # tokens: no text is so long


def ask_probe(items: pl.DataFrame, probe: AskedProbe, recipe: Recipe, loaded: LoadedModel, title: str) -> pl.DataFrame:
    """Return `item`, `choice`, the choice's `log_likelihood` in nats and its `tokens`, in the order of the items.

    An item of which a choice is longer than `train.max_length` is not scored: both are null for all of its choices.
    """
    settings = settings_of(recipe)
    maximum = longest_row(loaded.model.config, settings.max_length)
    encoded = encode_items(items, probe, recipe, loaded.tokenizer)
    lengths = pl.Series("length", [len(ids) for ids in encoded.input_ids], dtype=pl.Int64)
    told = items.select("item", "choice").with_columns(lengths).with_row_index("place")
    fits = told.filter(pl.col("length").max().over("item") <= maximum)
    places = fits["place"].to_list()
    scored = Encoded([encoded.input_ids[place] for place in places], [encoded.labels[place] for place in places])
    groups = fits.with_row_index("at").group_by("item", maintain_order=True).agg("at")["at"].to_list()
    with Progress(f"{probe.name}, {title}", len(places)) as progress:
        likelihood, tokens = log_likelihoods_of_groups(
            loaded, scored, groups, settings.prediction_tokens, progress.advance
        )
    found = fits.select("place").with_columns(
        pl.Series("log_likelihood", likelihood, dtype=pl.Float64), pl.Series("tokens", tokens, dtype=pl.Int64)
    )
    return told.join(found, on="place", how="left", maintain_order="left").drop("place", "length")


def encode_items(items: pl.DataFrame, probe: AskedProbe, recipe: Recipe, tokenizer: Any) -> Encoded:
    """Return the choices as tokens, uncut: texts of the probe's own, or the task's labels with its own prompt and end token."""
    if not probe.asks_labels:
        return encode_continuations(tokenizer, items["prompt"].to_list(), items["continuation"].to_list())
    task = recipe.task
    assert isinstance(task, Classification)
    assert task.text is not None
    words = items["label"].replace_strict(label_words(task), return_dtype=pl.String)
    return encode_pairs(tokenizer, prompts(items.rename({"text": task.text}), task), words.to_list(), UNCUT)
