"""The ledger: what happened to every row, in the order in which it happened."""

from typing import Literal

import polars as pl

Event = Literal["dropped", "changed", "added", "quarantined", "refused", "noted"]

# One line per event. `row` is the row that it happened to (for `refused`: the parent whose copy was refused).
# `value` and `threshold` are what was measured and the limit; `other_row` is the surviving copy, the parent of an added
# row, or the row that a refused copy was too like. `column` and `before` belong to `changed`; `candidate` to `refused`.
# `before` is null where it is a secret, and where a step of ours found the text as it was read, which data/source holds.
# `detail` says what was found: the word, the kinds of personal data with their counts, the row of an evaluation file.
# `noted` is a row that a step names and leaves as it is; a note on a cell stands at the cell's first row.
# `place` is the position of the step in the recipe (steps, then the split, then train_steps; reading is -1).
SCHEMA: dict[str, pl.DataType] = {
    "row": pl.Int64(),
    "place": pl.Int32(),
    "step": pl.String(),
    "event": pl.String(),
    "reason": pl.String(),
    "value": pl.Float64(),
    "threshold": pl.Float64(),
    "other_row": pl.Int64(),
    "column": pl.String(),
    "before": pl.String(),
    "candidate": pl.String(),
    "detail": pl.String(),
}
OF_CELLS = ("cell_weight", "too_few_rows")
"""The reasons of notes that are about a cell, and not about the row at which they stand."""


def empty() -> pl.DataFrame:
    """Return a ledger without lines."""
    return pl.DataFrame(schema=SCHEMA)


def lines(frame: pl.DataFrame, place: int, step: str, event: Event) -> pl.DataFrame:
    """Make ledger lines for one event of one step from a frame that holds `row` and any of the other columns."""
    stated = frame.with_columns(
        pl.lit(place, dtype=pl.Int32).alias("place"),
        pl.lit(step).alias("step"),
        pl.lit(event).alias("event"),
    )
    return stated.select(
        (pl.col(name).cast(kind) if name in stated.columns else pl.lit(None, dtype=kind).alias(name))
        for name, kind in SCHEMA.items()
    )


def is_of_row() -> pl.Expr:
    """Return whether a note is about its row, and not about a cell whose first row that is."""
    return ~pl.col("reason").is_in(OF_CELLS).fill_null(value=False)


def rows_noted(notes: pl.DataFrame) -> int:
    """Return how many rows are noted; notes on cells are about none."""
    return notes.filter(is_of_row())["row"].n_unique()
