"""Steps applied to rows: row-local ones fused into one lazy plan, others one by one; each with its account."""

from collections.abc import Callable, Mapping, Sequence

import polars as pl

from curate import ledger
from curate.account import Applied, NamedStep, check_conservation
from curate.compare import compare
from curate.errors import Mistake, UserError
from curate.steps.base import Batch, Context, Filter, Rewrite, Whole
from curate.store import StepRecord
from curate.task import AnyTask, Chat, as_text, whole_text

PARTITION_ROWS = 10_000
"""Small enough that the widest thing a step makes, the n-grams of a partition of usual texts, stays under a gigabyte."""


def apply_row_local(
    rows: pl.DataFrame, steps: Sequence[NamedStep], task: AnyTask, tick: Callable[[int], None] = lambda _n: None
) -> Applied:
    """Apply consecutive filters and rewrites as one lazy plan a partition of rows."""
    parts = [_apply_partition(part, steps, task, tick) for part in rows.iter_slices(PARTITION_ROWS)] or [
        _apply_partition(rows, steps, task, tick)
    ]
    return Applied(
        pl.concat([part.rows for part in parts]),
        pl.concat([part.ledger for part in parts]),
        tuple(_sum_records([part.records[place] for part in parts]) for place in range(len(steps))),
    )


def _sum_records(records: Sequence[StepRecord]) -> StepRecord:
    names = ("rows_in", "rows_out", "dropped", "quarantined", "added", "changed", "refused")
    return StepRecord(
        step=records[0].step, **{name: sum(getattr(record, name) for record in records) for name in names}
    )


def _apply_partition(
    rows: pl.DataFrame, steps: Sequence[NamedStep], task: AnyTask, tick: Callable[[int], None]
) -> Applied:
    plan = rows.lazy()
    for named in steps:
        plan = _rewritten(plan, named, task) if isinstance(named.step, Rewrite) else _measured(plan, named, task)
    try:
        wide = plan.collect()
    except (pl.exceptions.PolarsError, TypeError) as error:
        raise _condition_error(rows, steps, error) from error
    lines, records = [ledger.empty()], []
    alive = pl.Series("alive", [True]).new_from_index(0, len(wide))
    for named in steps:
        before = int(alive.sum())
        found, alive = _account(wide, named, alive, task)
        lines.append(found)
        dropped = found.filter(pl.col("event") == "dropped").height
        changed = found.filter(pl.col("event") == "changed")["row"].n_unique()
        records.append(
            check_conservation(
                StepRecord(
                    step=named.name,
                    rows_in=before,
                    rows_out=int(alive.sum()),
                    dropped=dropped,
                    quarantined=0,
                    added=0,
                    changed=changed,
                    refused=0,
                )
            )
        )
    tick(len(rows))
    return Applied(wide.filter(alive).select(rows.columns), pl.concat(lines), tuple(records))


def _condition_error(rows: pl.DataFrame, steps: Sequence[NamedStep], error: Exception) -> Exception:
    """Return the user's mistake if a condition fails by itself; else the error as it is, which is ours."""
    mistakes = []
    for named in steps:
        if named.step.word == "where" and isinstance(named.step, Filter):
            try:
                rows.head(1000).select(named.step.measure(pl.lit("")))
            except (pl.exceptions.PolarsError, TypeError) as reason:
                what = f"its condition does not fit the columns' types ({str(reason).splitlines()[0]})"
                mistakes.append(
                    Mistake(f"step '{named.name}'", what, "declare types in the source: types: {column: number}")
                )
    return UserError(mistakes) if mistakes else error


def _rewritten(plan: pl.LazyFrame, named: NamedStep, task: AnyTask) -> pl.LazyFrame:
    assert isinstance(named.step, Rewrite)
    step = named.step
    for place, column in enumerate(task.text_columns):
        old, mark = pl.col(column), f"__{named.place}_{place}"
        if isinstance(task, Chat):
            content = pl.element().struct.field("content")
            new = old.list.eval(pl.struct(pl.element().struct.field("role"), step.rewrite(content).alias("content")))
            reasons = old.list.eval(
                pl.when(step.rewrite(content) != content).then(step.reason(content))
            ).list.drop_nulls()
            reason = reasons.list.unique(maintain_order=True).list.join("+")
        else:
            new, reason = step.rewrite(old), step.reason(old)
        plan = plan.with_columns(old.alias(f"{mark}_before"), reason.alias(f"{mark}_reason")).with_columns(
            new.alias(column)
        )
        changed = pl.col(column).ne_missing(pl.col(f"{mark}_before"))
        kept = pl.lit(None, dtype=pl.String) if step.secret else as_text(pl.col(f"{mark}_before"), task)
        plan = plan.with_columns(changed.alias(f"{mark}_changed")).with_columns(
            pl.when(f"{mark}_changed").then(kept).alias(f"{mark}_before")
        )
    return plan


def _measured(plan: pl.LazyFrame, named: NamedStep, task: AnyTask) -> pl.LazyFrame:
    assert isinstance(named.step, Filter)
    return plan.with_columns(named.step.measure(whole_text(task)).cast(pl.Float64).alias(f"__{named.place}_value"))


def _account(wide: pl.DataFrame, named: NamedStep, alive: pl.Series, task: AnyTask) -> tuple[pl.DataFrame, pl.Series]:
    """Return one step's ledger lines, and which rows are still there after it."""
    if isinstance(named.step, Filter):
        measured = pl.col(f"__{named.place}_value")
        keep = wide.select(named.step.keep(measured).fill_null(value=False)).to_series()
        reason, threshold = named.step.reason(measured), named.step.threshold(measured)
        gone = wide.filter(alive & ~keep).select("row", reason=reason, value=measured, threshold=threshold)
        return ledger.lines(
            gone.with_columns(pl.col("reason").fill_null("not_measurable")), named.place, named.name, "dropped"
        ), alive & keep
    lines = [ledger.empty()]
    here = wide.filter(alive)
    for place, column in enumerate(task.text_columns):
        mark = f"__{named.place}_{place}"
        changed = here.filter(f"{mark}_changed").select(
            "row",
            pl.lit(column).alias("column"),
            pl.col(f"{mark}_before").alias("before"),
            pl.col(f"{mark}_reason").alias("reason"),
        )
        lines.append(ledger.lines(changed, named.place, named.name, "changed"))
    return pl.concat(lines), alive


def apply_step(rows: pl.DataFrame, named: NamedStep, context: Context, task: AnyTask) -> Applied:
    """Apply one `Batch` or `Whole` step, and account for it by comparing its rows before and after."""
    assert isinstance(named.step, Batch | Whole)
    outcome = named.step.apply(rows, context)
    return compare(rows, outcome, (named.place, named.name), context, task)


def make_context(
    task: AnyTask,
    seed: int,
    terms: Mapping[str, Mapping[str, tuple[str, ...]]],
    tick: Callable[[int], None] = lambda _n: None,
) -> Context:
    """Return what the steps are told."""
    return Context(
        text=whole_text(task), text_columns=task.text_columns, label=task.label, seed=seed, terms=terms, tick=tick
    )
