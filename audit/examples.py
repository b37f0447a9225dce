"""Example rows under a finding: some of the dropped rows of each step, with the text masked and cut."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from audit.results import Example
from curate import rows as row_numbers
from curate.files import read_parquet
from curate.groups import group_column
from curate.recipe import Recipe
from curate.secrets import without_secrets
from curate.steps.minhash import OLDER
from curate.store import RunDirectory
from curate.task import whole_text

LONGEST = 160


def examples_of(run: RunDirectory, recipe: Recipe) -> tuple[Example, ...]:
    """Return up to `audit.examples` dropped rows a step, drawn by row number and seed so that no order of the source shows.

    Of each reason of a step one comes first, so that the rare ones are seen too.
    """
    ledger = read_parquet(run.ledger).filter(pl.col("event") == "dropped")
    if not recipe.audit.examples or ledger.is_empty():
        return ()
    drawn = ledger.with_columns(row_numbers.draw(ledger["row"], recipe.seed, "examples").alias("draw")).sort(
        "draw", "row"
    )
    drawn = drawn.with_columns(turn=pl.int_range(pl.len()).over("place", "reason")).sort("place", "turn", "draw", "row")
    chosen = (
        drawn.group_by("step", maintain_order=True)
        .head(recipe.audit.examples)
        .select("row", "row_name", "step", "reason", "other_row", "detail")
    )
    shown = _texts(run, recipe)
    found = (
        chosen.with_columns(
            row_numbers.root_of(pl.col("row")).alias("root"),
            row_numbers.root_of(pl.col("other_row")).alias("other_root"),
        )
        .join(shown, left_on="root", right_on="row", how="left", maintain_order="left")
        .join(shown, left_on="other_root", right_on="row", how="left", suffix="_other", maintain_order="left")
    )
    names = recipe.source_names
    return tuple(
        Example(
            row=line["row_name"],
            step=line["step"],
            reason=line["reason"] or "",
            groups=tuple(line["groups"]),
            text=line["text"] or "",
            other_row=_other(line, names),
            other_text=line["text_other"],
        )
        for line in found.iter_rows(named=True)
    )


def _other(line: Mapping[str, Any], names: tuple[str, ...]) -> str | None:
    """Return the row for which one went, which may be an older one; None where there is none."""
    if line["other_row"] is not None:
        return row_numbers.name(line["other_row"], names)
    return line["detail"] if line["reason"] == OLDER else None


def shown_text(recipe: Recipe) -> pl.Expr:
    """Return a row's text as read, masked as the recipe masks it and cut."""
    spaced = without_secrets(whole_text(recipe.task), recipe).str.replace_all(r"\s+", " ").str.strip_chars()
    return pl.when(spaced.str.len_chars() > LONGEST).then(spaced.str.head(LONGEST - 1) + "…").otherwise(spaced)


def _texts(run: RunDirectory, recipe: Recipe) -> pl.DataFrame:
    """Return each row's text as it is shown, and its groups as `attribute: group`."""
    groups = [
        pl.col(group_column(attribute)).list.eval(pl.lit(f"{attribute}: ") + pl.element())
        for attribute in recipe.attributes
    ] or [pl.lit([], dtype=pl.List(pl.String))]
    return read_parquet(run.source).select(
        "row", shown_text(recipe).alias("text"), pl.concat_list(groups).alias("groups")
    )
