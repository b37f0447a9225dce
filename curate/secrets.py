"""Texts shown without personal data: what a recipe masks in the rows must not come back through the ledger or an example."""

import polars as pl

from curate.recipe import Recipe
from curate.steps.base import Rewrite
from curate.steps.mask_pii import MaskPii


def without_secrets(text: pl.Expr, recipe: Recipe) -> pl.Expr:
    """Return a text from before the masks, masked as the recipe masks its rows; unchanged where the recipe has no masks.

    Some personal data can be recognised only after repair (an address written with `&#64;`). Such a text is shown as it is
    after the rewrites up to the mask; any other is shown as it was, masked.
    """
    masks = [place for place, step in enumerate(recipe.steps) if isinstance(step, MaskPii)]
    if not masks:
        return text
    repaired = masked = plain = text
    for step in recipe.steps[: masks[-1] + 1]:
        if isinstance(step, MaskPii):
            masked, plain = step.rewrite(masked), step.rewrite(plain)
        elif isinstance(step, Rewrite):
            repaired, masked = step.rewrite(repaired), step.rewrite(masked)
    return pl.when(masked.ne_missing(repaired)).then(masked).otherwise(plain)
