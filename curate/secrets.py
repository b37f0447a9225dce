"""Texts shown without personal data: what a recipe masks in the rows must not come back through the ledger or an example."""

import polars as pl

from curate.pii.mask import Marker, masked
from curate.recipe import Recipe
from curate.steps.base import Rewrite
from curate.steps.drop_pii import DropPii
from curate.steps.mask_pii import MaskPii
from curate.steps.personal_data import PersonalData


def without_secrets(text: pl.Expr, recipe: Recipe) -> pl.Expr:
    """Return a text from before the masks, masked as the recipe masks its rows; unchanged where the recipe has no masks.

    What makes a row go (`drop_pii`) is masked too, and a mask is shown without its hash, for which a reader may lack the salt.
    Some personal data can be recognised only after repair (an address written with `&#64;`): repaired and then masked the text
    is another than masked and then repaired. Such a text is shown as it is after the rewrites up to the mask; any other is
    shown as it was, masked.
    """
    places = _masks(recipe)
    if not places:
        return text
    steps = recipe.steps[: places[-1] + 1]
    rewrites = [step for step in steps if isinstance(step, Rewrite) and not isinstance(step, MaskPii)]

    def each(texts: pl.Series) -> pl.Series:
        if texts.null_count() == len(texts):
            return texts
        # step by step over a frame: as one expression, every text would be rewritten once for each way that leads to it
        repaired, hidden, plain = pl.col("repaired"), pl.col("hidden"), pl.col("plain")
        frame = pl.DataFrame({"repaired": texts, "hidden": texts, "plain": texts})
        for step in steps:
            if isinstance(step, MaskPii | DropPii):
                frame = frame.with_columns(hidden=_hidden(hidden, step), plain=_hidden(plain, step))
            elif isinstance(step, Rewrite):
                frame = frame.with_columns(repaired=step.rewrite(repaired), hidden=step.rewrite(hidden))
        frame = frame.with_columns(plain_repaired="plain")
        for step in rewrites:
            frame = frame.with_columns(plain_repaired=step.rewrite(pl.col("plain_repaired")))
        safe = hidden.eq_missing(repaired) | hidden.eq_missing(pl.col("plain_repaired"))
        return frame.select(pl.when(safe).then(plain).otherwise(hidden)).to_series().alias(texts.name)

    return text.map_batches(each, return_dtype=pl.String, is_elementwise=True)


def masks(recipe: Recipe) -> bool:
    """Return whether the recipe has a mask."""
    return bool(_masks(recipe))


def _masks(recipe: Recipe) -> list[int]:
    return [place for place, step in enumerate(recipe.steps) if isinstance(step, MaskPii | DropPii)]


def _hidden(text: pl.Expr, step: PersonalData) -> pl.Expr:
    return masked(text, step.wanted(), Marker()).struct.field("text")
