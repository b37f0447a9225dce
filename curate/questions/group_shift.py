"""How each group's share of the rows moves between two selections of rows."""

from collections.abc import Mapping, Sequence

import polars as pl
from pydantic import BaseModel, ConfigDict

from curate.files import scan_parquet
from curate.groups import group_column
from curate.recipe import Recipe
from curate.store import RunDirectory

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


def member_counts(run: RunDirectory, recipe: Recipe, selections: Mapping[str, pl.Series]) -> pl.DataFrame:
    """Return `attribute, group` and how many of its rows are in each selection of rows, sorted; the label is an attribute too.

    Groups and label are those of the rows as read.
    """
    columns = {group_column(attribute): attribute for attribute in recipe.attributes}
    columns |= {recipe.task.label: LABEL} if recipe.task.label else {}
    rows = scan_parquet(run.source).select("row", *columns)
    for name, selected in selections.items():
        marked = selected.to_frame("row").lazy().with_columns(pl.lit(value=True).alias(name))
        rows = rows.join(marked, on="row", how="left").with_columns(pl.col(name).fill_null(value=False))
    # collected once: every attribute counts the same rows
    marks, flags = rows.collect(), list(selections)
    empty = pl.DataFrame(schema={"attribute": pl.String, "group": pl.String, **dict.fromkeys(flags, pl.Int64)})
    return pl.concat([empty, *(_counted(marks, column, attribute, flags) for column, attribute in columns.items())])


def _counted(rows: pl.DataFrame, column: str, attribute: str, flags: Sequence[str]) -> pl.DataFrame:
    named = rows.lazy().select(*flags, group=pl.col(column))
    named = (
        named.explode("group")
        if rows.schema[column].is_nested()
        else named.with_columns(pl.col("group").cast(pl.String))
    )
    counts = named.group_by("group").agg(pl.col(flags).sum().cast(pl.Int64)).sort("group")
    return counts.select(pl.lit(attribute).alias("attribute"), "group", *flags).collect()


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
