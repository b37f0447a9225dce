"""Two finished runs compared: which rows changed fate, which step did it in each, and how each group's share moved."""

from collections.abc import Sequence
from typing import Any, Literal

import polars as pl

from curate.files import scan_parquet
from curate.groups import group_column
from curate.manifest import SourceRecord
from curate.questions.answer import Answer
from curate.questions.fates import fates_of, one_lines
from curate.questions.group_shift import LABEL, GroupShift
from curate.questions.recipe_settings import SettingChange, changed_settings
from curate.questions.row_texts import sides_of
from curate.recipe import Recipe
from curate.recipe_file import load_finished
from curate.store import RunDirectory

Kind = Literal[
    "now_dropped",
    "now_kept",
    "dropped_elsewhere",
    "other_side",
    "other_label",
    "other_text",
    "only_first",
    "only_second",
]
KINDS: tuple[Kind, ...] = (
    "now_dropped", "now_kept", "dropped_elsewhere", "other_side", "other_label", "other_text", "only_first", "only_second",
)  # fmt: skip


class SourceChange(Answer):
    """A source that the runs do not share, by its name and the digests of what was read; None where a run has no such source."""

    name: str
    first: str | None
    second: str | None


class RowChange(Answer):
    """One row with its fate in each run (a side, or the step and the reason for which it went) and its text on one line."""

    row: str
    first: str | None
    second: str | None
    text: str


class Change(Answer):
    """Rows with one kind of change. `steps` counts them by what each run did: the step that dropped or rewrote them."""

    kind: Kind
    rows: int
    steps: tuple[tuple[str, str, int], ...]
    examples: tuple[RowChange, ...]


class RunDiff(Answer):
    """What differs between two runs; counts are of all rows, examples are the first of each kind.

    Rows are matched by name. `same` rows have the same fate, side, label and text in both.
    """

    first: str
    second: str
    sources: tuple[SourceChange, ...]
    settings: tuple[SettingChange, ...]
    same: int
    changes: tuple[Change, ...]
    kept_first: int
    kept_second: int
    groups: tuple[GroupShift, ...]


def diff(first: RunDirectory, second: RunDirectory, rows: int = 5) -> RunDiff:
    """Compare two finished runs, with up to `rows` examples of each kind of change."""
    runs = (first, second)
    for run in runs:
        run.check_phase("curate")
    recipes = (load_finished(first.recipe), load_finished(second.recipe))
    one, other = (fates_of(run, recipe) for run, recipe in zip(runs, recipes, strict=True))
    both = one.join(other, on="row_name", how="full", coalesce=True, suffix="_second").with_columns(kind=_kind())
    kept = [frame.filter(pl.col("side").is_not_null()).height for frame in (one, other)]
    return RunDiff(
        first=first.path.name,
        second=second.path.name,
        sources=_sources(first.read_manifest().sources, second.read_manifest().sources),
        settings=changed_settings(*recipes),
        same=both.filter(pl.col("kind").is_null()).height,
        changes=tuple(_change(kind, both, runs, recipes, rows) for kind in KINDS if (both["kind"] == kind).any()),
        kept_first=kept[0],
        kept_second=kept[1],
        groups=_groups(runs, recipes, kept),
    )


def _kind() -> pl.Expr:
    """Return the kind of change of a row that both runs may know; null where there is none."""
    here, there = pl.col("fate").is_not_null(), pl.col("fate_second").is_not_null()
    kept, kept_second = pl.col("side").is_not_null(), pl.col("side_second").is_not_null()
    both = kept & kept_second
    kinds: dict[Kind, pl.Expr] = {
        "only_first": here & ~there,
        "only_second": there & ~here,
        "now_dropped": kept & ~kept_second,
        "now_kept": ~kept & kept_second,
        "dropped_elsewhere": ~kept & (pl.col("fate") != pl.col("fate_second")),
        "other_side": both & (pl.col("side") != pl.col("side_second")),
        "other_label": both & pl.col("label").ne_missing(pl.col("label_second")),
        "other_text": both & pl.col("text").ne_missing(pl.col("text_second")),
    }
    return pl.coalesce(pl.when(met).then(pl.lit(kind)) for kind, met in kinds.items())


def _change(
    kind: Kind, both: pl.DataFrame, runs: Sequence[RunDirectory], recipes: Sequence[Recipe], rows: int
) -> Change:
    mine = both.filter(pl.col("kind") == kind).with_columns(
        pl.coalesce("row", "row_second").alias("__order"), *(_did(kind, suffix) for suffix in ("", "_second"))
    )
    steps = mine.group_by("did", "did_second").len().sort("len", "did", "did_second", descending=[True, False, False])
    examples = mine.sort("__order", "row_name").head(rows)
    place = 1 if kind in ("now_kept", "only_second") else 0  # the run that holds the row
    lines = one_lines(runs[place], recipes[place], examples["row_second" if place else "row"].to_list())
    names = examples.select("row_name", "fate", "fate_second", row=pl.col("row_second" if place else "row"))
    return Change(
        kind=kind,
        rows=mine.height,
        steps=tuple(steps.iter_rows()),
        examples=tuple(
            RowChange(row=name, first=was, second=now, text=lines.get(row, ""))
            for name, was, now, row in names.iter_rows()
        ),
    )


def _did(kind: Kind, suffix: str) -> pl.Expr:
    """Return what a run did to a row, in a word or two: what rewrote it where its text or label differs, else its fate."""
    if kind in ("other_text", "other_label"):
        return pl.col(f"rewrites{suffix}").fill_null("nothing").alias(f"did{suffix}")
    return pl.col(f"fate{suffix}").fill_null("not there").alias(f"did{suffix}")


def _sources(first: Sequence[SourceRecord], second: Sequence[SourceRecord]) -> tuple[SourceChange, ...]:
    digests = [{record.name: record.sha256 for record in records} for records in (first, second)]
    names = dict.fromkeys([*digests[0], *digests[1]])
    return tuple(
        SourceChange(name=name, first=digests[0].get(name), second=digests[1].get(name))
        for name in names
        if digests[0].get(name) != digests[1].get(name)
    )


def _groups(runs: Sequence[RunDirectory], recipes: Sequence[Recipe], kept: Sequence[int]) -> tuple[GroupShift, ...]:
    """Return each group's share of the rows kept, with copies; of the attributes that both runs have."""
    attributes = [name for name in recipes[0].attributes if name in recipes[1].attributes]
    columns = {name: group_column(name) for name in attributes}
    if recipes[0].task.label and recipes[1].task.label:
        attributes.append(LABEL)
    found: list[GroupShift] = []
    for attribute in attributes:
        counts = [
            _counts(run, recipe, columns.get(attribute, str(recipe.task.label)))
            for run, recipe in zip(runs, recipes, strict=True)
        ]
        for group in sorted({*counts[0], *counts[1]}):
            rows = [each.get(group, 0) for each in counts]
            shares = [count / all_rows if all_rows else None for count, all_rows in zip(rows, kept, strict=True)]
            found.append(
                GroupShift(
                    attribute=attribute,
                    group=group,
                    rows_before=rows[0],
                    rows_after=rows[1],
                    share_before=shares[0],
                    share_after=shares[1],
                )
            )
    return tuple(found)


def _counts(run: RunDirectory, recipe: Recipe, column: str) -> dict[str, int]:
    """Return the number of kept rows in each group, or with each label."""
    sides = [scan_parquet(run.data(side)).select(group=pl.col(column)) for side in sides_of(recipe)]
    rows = pl.concat(sides)
    named = rows.explode("group") if rows.collect_schema()["group"].is_nested() else rows.cast(pl.String)
    counted: Any = named.group_by("group").len().collect()
    return dict(counted.iter_rows())
