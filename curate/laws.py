"""Laws that every step keeps, also a step of the user's own: each is tried on some rows before the step is trusted."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from curate.account import Applied, ConservationError, NamedStep
from curate.apply import apply_select, apply_step, context_for, facts_of, make_context
from curate.decide import decide, sum_records, told
from curate.measure import measure
from curate.steps.base import Context, Filter, Rewrite, Select, StepSettings
from curate.task import AnyTask

SEED = 7
SLICE_ROWS = 37
"""Rows in a part when a part is held against the whole, if there are so many; an odd number, so that parts differ."""
LONE_ROWS = 3
"""So many rows are parts by themselves: the largest of one row, its sum or its mean is the row's own."""

_KINDS_THAT_SEE_ALL = "a step that must see them is a Select or a Whole"


def apply_to(step: StepSettings, rows: pl.DataFrame, task: AnyTask, context: Context) -> Applied:
    """Apply one step to rows in memory, as the engine does to a part of a run."""
    named = NamedStep(0, step.word, step)  # type: ignore[arg-type]
    if isinstance(step, Filter | Rewrite):
        return apply_row_local(rows, [named], task, context)
    if isinstance(step, Select):
        limited = context_for(step, context, task)
        limited = replace(limited, texts=lambda: [rows.select(text=limited.text).to_series()])
        applied = apply_select(facts_of(rows, named, limited), named, limited)
        kept = rows.join(applied.rows, on="row", how="semi").sort("row")
        return Applied(kept, applied.ledger, applied.records)
    return apply_step(rows, named, context, task)


def apply_row_local(rows: pl.DataFrame, steps: Sequence[NamedStep], task: AnyTask, context: Context) -> Applied:
    """Measure and decide some row-local steps together."""
    parts = list(measure(rows, steps, context, task))
    decided = [decide(part.measures, part.changes, steps, context, task) for part in parts]
    stay = pl.concat(part.rows for part in decided).to_frame()
    kept = pl.concat(part.rows for part in parts).join(stay, on="row", how="semi", maintain_order="left")
    found = pl.concat(part.ledger for part in decided)
    lines = pl.concat([told(pl.concat(part.changes for part in parts), found), found])
    ordered = lines.sort("place", "row", maintain_order=True)
    return Applied(kept, ordered, sum_records([part.records for part in decided]))


def conservation(step: StepSettings, rows: pl.DataFrame, task: AnyTask, context: Context) -> str:
    """Hold that every row is kept, dropped with a reason, or added, and that the account and the ledger say the same."""
    try:
        applied = apply_to(step, rows, task, context)
    except ConservationError as error:
        return str(error)
    events = dict(applied.ledger.group_by("event").agg(pl.col("row").n_unique()).iter_rows())
    record = applied.records[0]
    counted = tuple(events.get(event, 0) for event in ("dropped", "added", "changed"))
    if (record.dropped, record.added, record.changed) != counted:
        return f"its account {record} is not what the ledger says {events}"
    if applied.rows.height != rows.height - record.dropped + record.added:
        return f"{rows.height} rows in, {applied.rows.height} out, {record.dropped} dropped, {record.added} added"
    if applied.rows["row"].n_unique() != applied.rows.height:
        return "a row is there twice"
    told = applied.ledger.filter(pl.col("event").is_in(["dropped", "changed", "added"]))
    unsaid = told.filter(pl.col("reason").fill_null("") == "").height
    return "rows are dropped, changed or added without a reason" if unsaid else ""


def order(step: StepSettings, rows: pl.DataFrame, task: AnyTask, context: Context) -> str:
    """Hold that the order in which rows come changes nothing."""
    one, other = apply_to(step, rows, task, context), apply_to(step, rows.reverse(), task, context)
    columns = ["row", "event", "column", "reason", "candidate"]
    same = other.rows.sort("row").equals(one.rows.sort("row"))
    if not same or not other.ledger.sort(columns).equals(one.ledger.sort(columns)):
        return "it depends on the order of rows"
    differing = _first_unlike(_measures(step, [rows], task, context), _measures(step, [rows.reverse()], task, context))
    return f"what '{differing}' measures of a row depends on the order of rows" if differing else ""


def determinism(step: StepSettings, rows: pl.DataFrame, task: AnyTask, context: Context) -> str:
    """Hold that the same rows give the same result."""
    one, other = apply_to(step, rows, task, context), apply_to(step, rows, task, context)
    return (
        "" if one.rows.equals(other.rows) and one.ledger.equals(other.ledger) else "it gives another result each time"
    )


def given_rows(step: StepSettings, rows: pl.DataFrame, task: AnyTask, context: Context) -> str:
    """Hold that the frame that a step was given stays as it was."""
    before = rows.clone()
    apply_to(step, rows, task, context)
    return "" if rows.equals(before) else "it changes the frame that it was given"


def no_rows(step: StepSettings, rows: pl.DataFrame, task: AnyTask, context: Context) -> str:
    """Hold that no rows are no trouble."""
    return "" if apply_to(step, rows.clear(), task, context).rows.is_empty() else "it makes rows from nothing"


def partition(step: StepSettings, rows: pl.DataFrame, task: AnyTask, context: Context) -> str:
    """Hold that parts together are the whole, rows and ledger, where a step looks at each row alone."""
    if not isinstance(step, Filter | Rewrite):
        return ""
    whole, parts = apply_to(step, rows, task, context), _parts(rows)
    applied = [apply_to(step, part, task, context) for part in parts]
    columns = ["row", "column"]
    ledger = pl.concat([part.ledger for part in applied]).sort(columns)
    same = pl.concat([part.rows for part in applied]).equals(whole.rows)
    if not same or not ledger.equals(whole.ledger.sort(columns)):
        return f"a row's fate depends on the other rows; {_KINDS_THAT_SEE_ALL}"
    differing = _first_unlike(_measures(step, [rows], task, context), _measures(step, parts, task, context))
    return f"what '{differing}' measures of a row depends on the other rows; {_KINDS_THAT_SEE_ALL}" if differing else ""


def _parts(rows: pl.DataFrame) -> list[pl.DataFrame]:
    """Return rows as parts, the first few each by itself."""
    rest = rows.slice(LONE_ROWS)
    slices = rest.iter_slices(min(SLICE_ROWS, max(rest.height // 2, 1)))
    return [*rows.head(LONE_ROWS).iter_slices(1), *slices]


def _measures(step: StepSettings, parts: Sequence[pl.DataFrame], task: AnyTask, context: Context) -> pl.DataFrame:
    """Return what a filter measures of each row of some parts, and what it finds, in the order of rows' numbers.

    Fates do not tell it: a row may stay or go alike by a value that is not its own. What rewrites make stands in the rows.
    """
    named = [NamedStep(0, step.word, step)] if isinstance(step, Filter) else []
    measured = [each.measures for part in parts for each in measure(part, named, context, task)]
    return pl.concat(measured).sort("row")


def _first_unlike(one: pl.DataFrame, other: pl.DataFrame) -> str:
    """Return the first measurement in which two looks at the same rows differ, by its rule's name; empty if there is none."""
    column = next((name for name in one.columns if not one[name].equals(other[name])), "")
    return column.partition(".")[2]


def limits(step: StepSettings, rows: pl.DataFrame, task: AnyTask, context: Context) -> str:  # noqa: ARG001
    """Hold that no measurement depends on the settings that are named as limits, so that they can be moved later."""
    if not isinstance(step, Filter):
        return ""
    fields = type(step).model_fields
    unknown = [name for name in step.thresholds if name not in fields]
    if unknown:
        return f"thresholds names '{unknown[0]}', which is not a setting"
    plain = step.model_copy(
        update={name: fields[name].default for name in step.thresholds if not fields[name].is_required()}
    )
    for one, other in zip(step.rules(context), plain.rules(context), strict=True):
        if one.name != other.name or not rows.select(one.measure).equals(rows.select(other.measure)):
            return f"'{one.name}' measures something else when a limit is moved"
    return ""


def round_trip(step: StepSettings, rows: pl.DataFrame, task: AnyTask, context: Context) -> str:  # noqa: ARG001
    """Hold that settings that are written down and read again are the same."""
    again = type(step).model_validate_json(step.model_dump_json())
    return "" if again == step else "its settings are not the same when they are read again"


Law = Callable[[StepSettings, pl.DataFrame, AnyTask, Context], str]
LAWS: tuple[Law, ...] = (
    conservation, determinism, given_rows, order, no_rows, partition, limits, round_trip,
)  # fmt: skip


@dataclass(frozen=True)
class Broken:
    """A law that a step breaks, and how: in words, and by what it raised if it raised something."""

    law: str
    what: str
    error: Exception | None = None


def broken_laws(
    step: StepSettings, rows: pl.DataFrame, task: AnyTask, files: Mapping[str, Path] | None = None
) -> list[Broken]:
    """Return the laws that a step breaks; what it raises is told, not raised.

    `files` says where the files lie that the step reads.
    """
    found: list[Broken] = []
    context = make_context(task, SEED, {}, files)
    for law in LAWS:
        name = law.__name__.replace("_", " ")
        try:
            what = law(step, rows, task, context)
        except ConservationError as error:
            found += [Broken("conservation", str(error))] if not found else []
        except Exception as error:  # noqa: BLE001  (code of the user's own may raise anything)
            found.append(Broken(name, f"raises {type(error).__name__}", error))
        else:
            found += [Broken(name, what)] if what else []
    return found
