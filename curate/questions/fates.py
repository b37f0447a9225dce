"""The fate of every row of a finished run, in a frame: kept on a side, dropped by a step, or in quarantine."""

from collections.abc import Sequence

import polars as pl

from curate.files import scan_parquet
from curate.questions.row_texts import one_line, rewritten_until, rows_as_read, rows_now, sides_of
from curate.recipe import Recipe
from curate.store import RunDirectory
from curate.task import whole_text


def fates_of(run: RunDirectory, recipe: Recipe) -> pl.DataFrame:
    """Return `row_name, row, fate, side, label, text, rewrites`, one line for every row that was read or made.

    `fate` is `kept` or `kept in train` (`made, kept in train` of a copy), or the step and the reason for which it went. `side`
    and `text`, a digest of its text, are null for a row that went. `rewrites` are the steps that changed it, joined by `+`.
    """
    label = pl.col(recipe.task.label).cast(pl.String) if recipe.task.label else pl.lit(None, dtype=pl.String)
    made = pl.when(pl.col("parent").is_null()).then(pl.lit("")).otherwise(pl.lit("made, "))
    kept = [
        scan_parquet(run.data(side)).select(
            "row_name",
            "row",
            fate=pl.concat_str(made, pl.lit("kept" if side == "all" else f"kept in {side}")),
            side=pl.lit(side),
            label=label,
            text=whole_text(recipe.task).hash(),
        )
        for side in sides_of(recipe)
    ]
    ledger = scan_parquet(run.ledger)
    gone = ledger.filter(pl.col("event").is_in(["dropped", "quarantined"])).select(
        "row_name", "row", fate=pl.concat_str("step", pl.lit(": "), pl.col("reason").fill_null("no reason"))
    )
    rewrites = (
        ledger.filter(pl.col("event") == "changed")
        .group_by("row", maintain_order=True)
        .agg(rewrites=pl.col("step").unique(maintain_order=True).str.join("+"))
    )
    rows = pl.concat([*kept, gone], how="diagonal")
    return rows.join(rewrites, on="row", how="left").collect()


def one_lines(run: RunDirectory, recipe: Recipe, rows: Sequence[int]) -> dict[int, str]:
    """Return the text of some rows on one line: as it is now, or as the rewrites of all steps make it where the row is gone."""
    now = one_line(rows_now(run, recipe, rows), recipe)
    gone = rows_as_read(run, [row for row in rows if row not in now])
    return now | one_line(rewritten_until(gone, recipe, len(recipe.steps)), recipe)
