"""Rows on either side of every limit that dropped one: whom a slightly other limit would have kept or dropped."""

from collections.abc import Mapping, Sequence

import polars as pl

from audit.results import Edge, NearExample
from curate.files import scan_parquet
from curate.groups import group_column
from curate.questions.near_rows import NearRow
from curate.questions.near_threshold import edges_of_run
from curate.recipe import Recipe
from curate.store import RunDirectory

Groups = Mapping[str, tuple[str, ...]]


def edges_of(run: RunDirectory, recipe: Recipe) -> tuple[Edge, ...]:
    """Return up to `audit.examples` rows on either side of each limit that dropped rows, nearest first, with their groups."""
    if not recipe.audit.examples:
        return ()
    found = edges_of_run(run, recipe, recipe.audit.examples)
    edges = [edge for edge in found if edge.rows_dropped and edge.beyond == "dropped"]
    groups = _groups(run, recipe, [row.row for edge in edges for row in (*edge.kept, *edge.dropped)])
    return tuple(
        Edge(
            step=edge.step,
            rule=edge.rule,
            reason=edge.reason,
            limit=edge.limit_in_words,
            rows_kept=edge.rows_kept,
            rows_dropped=edge.rows_dropped,
            kept=_examples(edge.kept, groups),
            dropped=_examples(edge.dropped, groups),
        )
        for edge in edges
    )


def _examples(rows: Sequence[NearRow], groups: Groups) -> tuple[NearExample, ...]:
    return tuple(
        NearExample(row=row.row, value=row.value_in_words, groups=groups.get(row.row, ()), text=row.text)
        for row in rows
    )


def _groups(run: RunDirectory, recipe: Recipe, names: Sequence[str]) -> Groups:
    """Return the groups of some rows as `attribute: group`."""
    if not names or not recipe.attributes:
        return {}
    listed = pl.concat_list(
        pl.col(group_column(attribute)).list.eval(pl.lit(f"{attribute}: ") + pl.element())
        for attribute in recipe.attributes
    )
    rows = scan_parquet(run.source).filter(pl.col("row_name").is_in(list(names))).select("row_name", listed.alias("of"))
    return {name: tuple(of) for name, of in rows.collect().iter_rows()}
