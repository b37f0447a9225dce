"""Weights of rows: what each training row counts in the loss, so that every cell counts the same without copies or drops."""

import polars as pl

COLUMN = "row_weight"
"""The column of training rows that the trainer reads."""


def cell_weights(sizes: pl.DataFrame, most: float) -> pl.DataFrame:
    """Return a weight for each cell: inversely proportional to its size, at most `most` (above 1), 1 on average over rows.

    `sizes` holds `cell` and `size`. Cells that would weigh more than `most` weigh `most`, and the others are scaled up
    together, so that the average over all rows is 1 in any case.
    """
    rising = sizes.sort("size", "cell").with_columns(pl.col("size").cast(pl.Float64))
    size, cells = pl.col("size"), pl.len()
    at_limit = rising.with_columns(
        # with the smaller cells at the limit, each remaining cell as a whole is worth this many rows
        worth=(size.sum() - most * (size.cum_sum() - size)) / (cells - pl.int_range(cells))
    )
    free = at_limit.filter(pl.col("worth") / size <= most)
    worth = free["worth"][0] if free.height else 0.0
    weighed = rising.with_columns(weight=pl.min_horizontal(worth / size, pl.lit(most)))
    return weighed.select("cell", "weight")
