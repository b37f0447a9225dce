"""One step that sees many rows applied: what it selects or makes is compared with what it was given, and accounted for."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import polars as pl

from curate import ledger
from curate.account import Applied, ConservationError, NamedStep, check_conservation
from curate.compare import compare, filled
from curate.manifest import StepRecord
from curate.steps.base import Batch, Context, OfText, Select, StepSettings, Whole
from curate.task import AnyTask, turns_of, whole_text


def make_context(
    task: AnyTask,
    seed: int,
    terms: Mapping[str, Mapping[str, tuple[str, ...]]],
    files: Mapping[str, Path] | None = None,
    sources: tuple[str, ...] = (),
) -> Context:
    """Return what the steps of a recipe are told."""
    return Context(
        text=whole_text(task),
        text_columns=task.text_columns,
        label=task.label,
        turns=turns_of(task),
        seed=seed,
        terms=terms,
        files=files or {},
        sources=sources,
    )


def context_for(step: StepSettings, context: Context, task: AnyTask) -> Context:
    """Return the context with the text that one step looks at."""
    if not isinstance(step, OfText) or not step.on:
        return context
    return replace(context, text=whole_text(task, step.on))


def apply_select(facts: pl.DataFrame, named: NamedStep, context: Context) -> Applied:
    """Choose from the facts of every row; the rows that go on are told by `row` alone."""
    assert isinstance(named.step, Select)
    choice = named.step.choose(facts, context)
    dropped, noted = filled(choice.dropped).sort("row"), filled(choice.noted).sort("row")
    stay = facts.join(dropped, on="row", how="anti", maintain_order="left")
    record = StepRecord(
        step=named.name,
        rows_in=facts.height,
        rows_out=stay.height,
        dropped=dropped.height,
        quarantined=0,
        added=0,
        changed=0,
        refused=0,
        noted=ledger.rows_noted(noted),
    )
    if dropped["reason"].null_count():
        raise ConservationError(f"step '{named.name}' dropped rows without a reason")
    lines = [
        ledger.lines(dropped, named.place, named.name, "dropped"),
        ledger.lines(noted, named.place, named.name, "noted"),
    ]
    return Applied(stay.select("row"), pl.concat(lines), (check_conservation(record),))


def facts_of(rows: pl.DataFrame, named: NamedStep, context: Context) -> pl.DataFrame:
    """Return what a selecting step must know of some rows."""
    assert isinstance(named.step, Select)
    return rows.select("row", **named.step.facts(replace(context, schema=rows.schema)))


def apply_step(rows: pl.DataFrame, named: NamedStep, context: Context, task: AnyTask) -> Applied:
    """Apply one `Batch` or `Whole` step, and account for it by comparing its rows before and after."""
    assert isinstance(named.step, Batch | Whole)
    rows = widened(rows, named.step)
    outcome = named.step.apply(rows, context_for(named.step, context, task))
    return compare(rows, outcome, (named.place, named.name), context, task)


def widened(rows: pl.DataFrame, step: StepSettings) -> pl.DataFrame:
    """Return the rows with the columns that a step will fill, null where they are new."""
    new = step.new_columns() if isinstance(step, Whole) else {}
    return rows.with_columns(
        pl.lit(None, dtype=kind).alias(name) for name, kind in new.items() if name not in rows.columns
    )
