"""What a finished run would have kept under other limits, told at once from its stored measurements; no step is run."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import polars as pl

from curate import rows as row_numbers
from curate.files import scan_parquet
from curate.manifest import Manifest
from curate.questions.answer import Answer
from curate.questions.decided_again import Verdicts, decide_again
from curate.questions.fates import one_lines
from curate.questions.group_shift import GroupShift, member_counts, shifts
from curate.questions.moved_limits import Moved, move_limits
from curate.questions.row_texts import sides_of
from curate.recipe import Recipe
from curate.store import RunDirectory

KEPT, PASSED = "kept", "passed"


class StepShift(Answer):
    """One step before and after. None after: the step sees all rows and would run again, so it is not known.

    `noted` rows are named in the ledger and stay.
    """

    step: str
    rows_in_before: int
    dropped_before: int
    noted_before: int
    rows_in_after: int | None
    dropped_after: int | None
    noted_after: int | None
    moved: bool


class FateShift(Answer):
    """Rows with one change of fate. `before` and `after` are `kept`, the name of the step that drops them, or `passed`.

    `passed` rows meet every limit now and go on to steps that have not seen them: whether those keep them is unknown.
    `sides` counts the sides on which they are now. An example is a row's name and its text as read, on one line.
    """

    before: str
    after: str
    rows: int
    sides: dict[str, int]
    examples: tuple[tuple[str, str], ...]


class DropShift(Answer):
    """What one moved step drops of one group, and how many of the group's rows reach it."""

    step: str
    attribute: str
    group: str
    reached_before: int
    dropped_before: int
    reached_after: int
    dropped_after: int


class WhatIf(Answer):
    """The answer. Shares of groups are among the rows that stay after the last stage with a step that moved (`stay_*`).

    `measured_until` is the last step of that stage.
    `unknown` rows are kept anew by an early stage and were never measured by a later one. `runs_again` names the steps after
    the first that moved which see all rows: what they would do then is not shown.
    """

    run: str
    moves: tuple[dict[str, Any], ...]
    steps: tuple[StepShift, ...]
    fates: tuple[FateShift, ...]
    drops: tuple[DropShift, ...]
    groups: tuple[GroupShift, ...]
    stay_before: int
    stay_after: int
    measured_until: str
    unknown: int
    runs_again: tuple[str, ...]


def what_if(run: RunDirectory, overrides: Sequence[str], rows: int = 3, own: Path | None = None) -> WhatIf:
    """Return what a finished run would have kept with some limits moved; `rows` examples of each change of fate.

    `own` is the file of the user's own steps, needed only to move a limit of one of them. Raises `UserError` for a setting
    that is not a limit.
    """
    run.check_phase("curate")
    manifest, moved = run.read_manifest(), move_limits(run, overrides, own)
    decided = decide_again(run, moved)
    again = _runs_again(manifest, moved)
    steps = {move.step for move in moved.moves}
    last = [each for each in decided if steps & {record.step for record in each.before.records}][-1]
    stay = {"before": last.before.rows, "after": last.after.rows}
    reached = {step: _reached(decided, step) for step in dict.fromkeys(move.step for move in moved.moves)}
    selections = {f"{name} {step}": rows for step, each in reached.items() for name, rows in each.items()}
    counts = member_counts(run, moved.recipe, stay | selections)
    return WhatIf(
        run=run.path.name,
        moves=tuple(vars(move) for move in moved.moves),
        steps=_step_shifts(manifest, moved, decided, again),
        fates=_fate_shifts(run, moved.recipe, decided, rows, KEPT if not again else PASSED),
        drops=_drop_shifts(counts, reached),
        groups=shifts(counts, stay["before"].len(), stay["after"].len()),
        stay_before=stay["before"].len(),
        stay_after=stay["after"].len(),
        measured_until=last.before.records[-1].step,
        unknown=decided[-1].unknown,
        runs_again=again,
    )


def _local(manifest: Manifest) -> set[str]:
    """Return the steps that see one row at a time: their stage is followed by the one that decides for the same steps."""
    return {
        step for stage, following in pairwise(manifest.stages) if stage.steps == following.steps for step in stage.steps
    }


def _runs_again(manifest: Manifest, moved: Moved) -> tuple[str, ...]:
    """Return the steps after the first that moved which see all rows, the split among them."""
    names = [record.step for record in manifest.steps]
    first = min(names.index(move.step) for move in moved.moves)
    return tuple(name for name in names[first + 1 :] if name not in _local(manifest))


def _step_shifts(
    manifest: Manifest, moved: Moved, decided: Sequence[Verdicts], again: Sequence[str]
) -> tuple[StepShift, ...]:
    """Return the steps before the split that may drop rows; rewrites are left out."""
    after = {record.step: record for verdicts in decided for record in verdicts.after.records}
    rewrites = _local(manifest) - set(after)
    names = moved.recipe.step_names()[: len(moved.recipe.steps)]
    shown = []
    for record in manifest.steps:
        if record.step not in names or record.step in rewrites:
            continue
        now = after.get(record.step, None if record.step in again else record)
        shown.append(
            StepShift(
                step=record.step,
                rows_in_before=record.rows_in,
                dropped_before=record.dropped,
                noted_before=record.noted,
                rows_in_after=now.rows_in if now else None,
                dropped_after=now.dropped if now else None,
                noted_after=now.noted if now else None,
                moved=any(move.step == record.step for move in moved.moves),
            )
        )
    return tuple(shown)


def _fate_shifts(
    run: RunDirectory, recipe: Recipe, decided: Sequence[Verdicts], rows: int, passed: str
) -> tuple[FateShift, ...]:
    fates = _fates(run, recipe, decided, passed)
    counted = fates.group_by("before", "after").agg(rows=pl.len())
    found = []
    for before, after, count in counted.sort("rows", "before", "after", descending=[True, False, False]).iter_rows():
        mine = fates.filter((pl.col("before") == before) & (pl.col("after") == after)).sort("row")
        shown = mine["row"].head(rows).to_list()
        lines = one_lines(run, recipe, shown)
        found.append(
            FateShift(
                before=before,
                after=after,
                rows=count,
                sides=dict(mine.drop_nulls("side").group_by("side").len().sort("side").iter_rows()),
                examples=tuple((row_numbers.name(row, recipe.source_names), lines[row]) for row in shown),
            )
        )
    return tuple(found)


def _fates(run: RunDirectory, recipe: Recipe, decided: Sequence[Verdicts], passed: str) -> pl.DataFrame:
    """Return `row, before, after, side` of every row whose fate changes."""
    was = scan_parquet(run.ledger).filter(pl.col("event") == "dropped").select("row", before="step")
    gone = pl.concat(verdicts.after.dropped.select("row", after="step") for verdicts in decided)
    anew = pl.concat(verdicts.newly_passed() for verdicts in decided)  # such a row is in no later stage
    now = pl.concat([gone, anew.to_frame("row").with_columns(after=pl.lit(passed))])
    sides = pl.concat(scan_parquet(run.data(side)).select("row", side=pl.lit(side)) for side in sides_of(recipe))
    fates = (
        now.lazy().join(was, on="row", how="left", maintain_order="left").with_columns(pl.col("before").fill_null(KEPT))
    )
    changed = fates.filter(pl.col("before") != pl.col("after"))
    return changed.join(sides, on="row", how="left", maintain_order="left").collect()


def _reached(decided: Sequence[Verdicts], step: str) -> dict[str, pl.Series]:
    """Return the rows that reach a step and those that it drops, before and after."""
    verdicts = next(each for each in decided if any(record.step == step for record in each.before.records))
    before, after = verdicts.rows_reaching(step)
    dropped = [each.dropped.filter(pl.col("step") == step)["row"] for each in (verdicts.before, verdicts.after)]
    return {"reached_before": before, "reached_after": after, "dropped_before": dropped[0], "dropped_after": dropped[1]}


def _drop_shifts(counts: pl.DataFrame, steps: Mapping[str, Mapping[str, pl.Series]]) -> tuple[DropShift, ...]:
    """Return what each moved step reaches and drops of each group; `counts` has a column for each selection and step."""
    return tuple(
        DropShift(step=step, **line)
        for step, names in steps.items()
        for line in counts.select("attribute", "group", **{name: pl.col(f"{name} {step}") for name in names}).iter_rows(
            named=True
        )
    )
