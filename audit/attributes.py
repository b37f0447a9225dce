"""The attributes that an audit goes by: those of the recipe, and the crossings of two of them, such as sex × race."""

from collections.abc import Sequence

import polars as pl

from curate.audit_settings import CROSSED, crossing_name
from curate.groups import NONE_MENTIONED, UNKNOWN, group_column
from curate.recipe import Recipe

COUNTED = (NONE_MENTIONED, UNKNOWN)
"""The groups that nobody named: rows that mention nobody, and rows of which it is not known. They are counted, and set no gap."""


SLICES, CONFIDENCE = "test slice", "stated confidence"
OWN = (SLICES, CONFIDENCE)
"""What the audit itself cuts test rows by: slices (`slices.py`) and bins of confidence (`calibration.py`). No attribute of a recipe
holds a blank, so none is called like one of them."""


def attributes(recipe: Recipe) -> tuple[str, ...]:
    """Return the attributes of a recipe, then its crossings."""
    return (*recipe.attributes, *(crossing_name(crossing) for crossing in recipe.audit.crossings))


def with_crossings(frame: pl.DataFrame, recipe: Recipe) -> pl.DataFrame:
    """Return a frame with a group column for every crossing: each group of the one attribute with each of the other.

    Where one of the two is unknown, so is the crossing; where one mentions nobody, it mentions nobody of the crossing.
    """
    for crossing in recipe.audit.crossings:
        columns = [group_column(attribute) for attribute in crossing]
        distinct = frame.select(columns).unique(maintain_order=True)
        # over the distinct pairs of lists, not over the rows
        crossed = [_pairs_of(first, second) for first, second in distinct.iter_rows()]
        name = group_column(crossing_name(crossing))
        found = distinct.with_columns(pl.Series(name, crossed, dtype=pl.List(pl.String)))
        frame = frame.join(found, on=columns, how="left", maintain_order="left")
    return frame


def _pairs_of(first: Sequence[str], second: Sequence[str]) -> list[str]:
    for counted in (UNKNOWN, NONE_MENTIONED):
        if counted in first or counted in second:
            return [counted]
    return [f"{one}{CROSSED}{other}" for one in first for other in second]
