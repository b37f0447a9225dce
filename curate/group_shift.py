"""How each group's share of the rows moves between two selections of rows."""

from collections.abc import Mapping, Sequence

import polars as pl
from pydantic import BaseModel, ConfigDict

from curate.groups import group_column
from curate.recipe import Recipe
from curate.store import RunDirectory, scan_parquet

LABEL = "label"


class GroupShift(BaseModel):
    """One group (or label) before and after. `share` is of all rows; memberships may overlap, so shares need not add up to 1."""

    model_config = ConfigDict(frozen=True)

    attribute: str
    group: str
    rows_before: int
    rows_after: int
    share_before: float | None
    share_after: float | None

    @property
    def moved(self) -> float:
        """By how much the share moves; 0 where a side has no rows."""
        known = self.share_before is not None and self.share_after is not None
        return (self.share_after or 0.0) - (self.share_before or 0.0) if known else 0.0


def group_rows(run: RunDirectory, recipe: Recipe, flags: Mapping[str, pl.Series]) -> pl.LazyFrame:
    """Return the groups and the label of every row as read, with a flag that says whether it is in each selection of rows."""
    columns = [*map(group_column, recipe.attributes), *([recipe.task.label] if recipe.task.label else [])]
    read = scan_parquet(run.source).select("row", *columns)
    for name, rows in flags.items():
        marked = rows.to_frame("row").lazy().with_columns(pl.lit(value=True).alias(name))
        read = read.join(marked, on="row", how="left").with_columns(pl.col(name).fill_null(value=False))
    return read


def member_counts(rows: pl.LazyFrame, recipe: Recipe, flags: Sequence[str]) -> pl.DataFrame:
    """Return `attribute, group` and the number of rows for which each flag is true, sorted; the label is an attribute too.

    `rows` holds the flags as booleans, the list columns of the groups, and the label's column where the task has one.
    """
    parts = [
        _counted(rows.select(*flags, group=pl.col(group_column(attribute))).explode("group"), attribute, flags)
        for attribute in recipe.attributes
    ]
    if recipe.task.label:
        parts.append(_counted(rows.select(*flags, group=pl.col(recipe.task.label).cast(pl.String)), LABEL, flags))
    empty = pl.DataFrame(schema={"attribute": pl.String, "group": pl.String, **dict.fromkeys(flags, pl.Int64)})
    return pl.concat([empty, *pl.collect_all(parts)])


def _counted(rows: pl.LazyFrame, attribute: str, flags: Sequence[str]) -> pl.LazyFrame:
    return (
        rows.group_by("group")
        .agg(pl.col(flags).sum().cast(pl.Int64))
        .sort("group")
        .select(pl.lit(attribute).alias("attribute"), "group", *flags)
    )


def shifts(counts: pl.DataFrame, before: int, after: int) -> tuple[GroupShift, ...]:
    """Return the shift of every group from `attribute, group, before, after` and the number of rows on either side."""
    return tuple(
        GroupShift(
            attribute=line["attribute"],
            group=line["group"],
            rows_before=line["before"],
            rows_after=line["after"],
            share_before=line["before"] / before if before else None,
            share_after=line["after"] / after if after else None,
        )
        for line in counts.iter_rows(named=True)
    )
