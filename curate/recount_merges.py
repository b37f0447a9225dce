"""The merges of a finished run held against their rule: as similar as the limit says, with a row that stayed."""

from collections.abc import Iterator

import polars as pl

from curate import rows as row_numbers
from curate.files import scan_parquet
from curate.recipe import Recipe
from curate.store import RunDirectory

MERGED = ("exact_duplicate", "near_duplicate")
"""The reasons of rows that went for a row that stays and is like them; what only a chain merged has a reason of its own."""


def broken_merges(run: RunDirectory, recipe: Recipe) -> Iterator[str]:
    """Yield what the ledger says of merged rows that cannot be: one less similar than the limit, or for a row that went, too."""
    gone = (
        scan_parquet(run.ledger)
        .filter(pl.col("event") == "dropped")
        .select("row", "place", "step", "reason", "value", "threshold", "other_row")
    )
    merged = gone.filter(pl.col("reason").is_in(list(MERGED)))
    unlike = merged.filter(pl.col("value") < pl.col("threshold")).collect(engine="streaming")
    survivors = gone.select(other_row="row", survivor_place="place")
    joined = merged.join(survivors, on="other_row").filter(pl.col("survivor_place") <= pl.col("place"))
    for_gone = joined.collect(engine="streaming")
    for found, what in ((unlike, "less similar than the limit"), (for_gone, "for a row that does not stay")):
        if found.height:
            row, step = found.sort("row").row(0, named=True)["row"], found.sort("row")["step"][0]
            more = f", and so {found.height - 1:,} more" if found.height > 1 else ""
            yield f"row {row_numbers.name(row, recipe.source_names)} went at {step} {what}{more}"
