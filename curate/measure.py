"""Row-local steps measured: rewrites done and every filter's rules measured, for all rows, in one lazy plan a partition."""

from collections.abc import Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass

import polars as pl

from curate import ledger
from curate.account import NamedStep
from curate.apply import context_for
from curate.errors import Mistake, UserError
from curate.steps.base import Context, Filter, Rewrite, Rule
from curate.task import AnyTask, Chat, as_text

PARTITION_ROWS = 50_000
"""So many rows are a partition at most, however short their texts: what steps make of it, columns and lines, is held at once."""

_FEW_ROWS = 100
"""So few rows are one partition: threads would take longer than the work."""

_DETAIL = ".detail"

_TOLD = ("text", "reason", "detail")


@dataclass(frozen=True)
class Measured:
    """What one partition came to: its rows as rewritten, their measurements, and the ledger lines of the rewrites.

    `measures` holds `row` and the columns of `measure_names`. Every row is measured by every rule, also the rows that an
    earlier filter will drop: so any limit can be moved later.
    """

    rows: pl.DataFrame
    measures: pl.DataFrame
    changes: pl.DataFrame


def measure_name(named: NamedStep, rule: Rule) -> str:
    """Return the column of a measurement: `length.characters`."""
    return f"{named.name}.{rule.name}"


def detail_of(column: str) -> str:
    """Return the column of what a rule found, from the column of its measurement."""
    return f"{column}{_DETAIL}"


def is_detail(column: str) -> bool:
    """Return whether a column of the measurements tells what a rule found."""
    return column.endswith(_DETAIL)


def detail_name(named: NamedStep, rule: Rule) -> str:
    """Return the column of what a rule found."""
    return detail_of(measure_name(named, rule))


def measure(
    rows: pl.DataFrame, steps: Sequence[NamedStep], context: Context, task: AnyTask, *, as_read: bool = False
) -> Iterator[Measured]:
    """Yield each partition of some rows, measured, in order. Of texts that are `as_read` the changes do not repeat the source."""
    with closing(measure_each([rows], steps, context, task, as_read=as_read)) as frames:
        for parts in frames:
            yield from parts


def measure_each(
    frames: Iterable[pl.DataFrame], steps: Sequence[NamedStep], context: Context, task: AnyTask, *, as_read: bool
) -> Generator[Iterator[Measured]]:
    """Yield the partitions of each frame, measured, in order; each frame's are to be taken before the next frame.

    As many partitions are worked on at once as there are processors, those of the next frame beside the last of one. Close it
    where something goes wrong: what waits is then not begun.
    """
    pool = ThreadPoolExecutor(pl.thread_pool_size())

    def begin(frame: pl.DataFrame) -> list[Future[Measured]]:
        parts = _partitions(frame)
        return [pool.submit(_measure_partition, part, steps, context, task, as_read=as_read) for part in parts]

    try:
        ahead: list[Future[Measured]] = []
        for frame in frames:
            begun, ahead = ahead, begin(frame)
            if begun:
                yield (future.result() for future in begun)
        if ahead:
            yield (future.result() for future in ahead)
    finally:
        pool.shutdown(cancel_futures=True)


def _partitions(rows: pl.DataFrame) -> list[pl.DataFrame]:
    """Return rows in parts of about one size, as many as processors can work on at once or a multiple of that."""
    at_once = pl.thread_pool_size()
    rounds = -(-rows.height // (PARTITION_ROWS * at_once)) or 1
    return list(rows.iter_slices(-(-rows.height // (rounds * at_once)))) if rows.height > _FEW_ROWS else [rows]


def _measure_partition(
    rows: pl.DataFrame, steps: Sequence[NamedStep], context: Context, task: AnyTask, *, as_read: bool
) -> Measured:
    plan, names = rows.lazy(), dict[str, str]()
    if as_read:
        plan = plan.with_columns(pl.col(column).alias(_as_read(column)) for column in task.text_columns)
    for named in steps:
        if isinstance(named.step, Rewrite):
            plan = _rewritten(plan, named, task, as_read=as_read)
        elif isinstance(named.step, Filter):
            rules = named.step.rules(context_for(named.step, context, task))
            columns = _rule_columns(named, rules)
            names |= {column: name for column, (name, _expression) in columns.items()}
            # structs in columns of their own first, so that what several rules read is worked out once
            plan = plan.with_columns(measure.alias(column) for column, measure in _structs(named, rules).items())
            plan = plan.with_columns(expression.alias(column) for column, (_name, expression) in columns.items())
    try:
        wide = plan.collect(engine="in-memory")  # for a partition the streaming engine takes longer than the work
    except (pl.exceptions.PolarsError, TypeError) as error:
        raise _condition_error(rows, steps, error) from error
    changes = [_changes(wide, named, task) for named in steps if isinstance(named.step, Rewrite)]
    measures = wide.select("row", pl.col(names).name.map(names.__getitem__)) if names else wide.select("row")
    return Measured(
        wide.select(rows.columns),
        measures.with_columns(
            pl.col(pl.Float64).fill_nan(None)
        ),  # here, because in the plan it would measure three times
        pl.concat([ledger.empty(), *changes]),
    )


def _rule_columns(named: NamedStep, rules: Sequence[Rule]) -> dict[str, tuple[str, pl.Expr]]:
    """Return our column → (name, expression) of each rule's value, and of its detail where it has one."""
    columns = {}
    for place, rule in enumerate(rules):
        mark = f"__{named.place}_{place}"
        value = rule.measure if rule.field is None else pl.col(_struct_name(named, rule)).struct.field(rule.field)
        columns[mark] = (measure_name(named, rule), value.cast(pl.Float64))
        if rule.detail is not None:
            detail = rule.detail
            if isinstance(detail, str):
                detail = pl.col(_struct_name(named, rule)).struct.field(detail)
            columns[f"{mark}_detail"] = (detail_name(named, rule), detail.cast(pl.String))
    return columns


def _structs(named: NamedStep, rules: Sequence[Rule]) -> dict[str, pl.Expr]:
    """Return our column → struct, each struct that rules read fields of once."""
    return {_struct_name(named, rule): rule.measure for rule in rules if rule.field is not None}


def _struct_name(named: NamedStep, rule: Rule) -> str:
    return f"__{named.place}_struct_{id(rule.measure)}"  # rules read the same struct if their measure is one object


def _as_read(column: str) -> str:
    return f"__read_{column}"


def _rewritten(plan: pl.LazyFrame, named: NamedStep, task: AnyTask, *, as_read: bool) -> pl.LazyFrame:
    assert isinstance(named.step, Rewrite)
    step = named.step
    for place, column in enumerate(_columns_of(step, task)):
        old, mark = pl.col(column), f"__{named.place}_{place}"
        told = _of_turns(step, old) if isinstance(task, Chat) else step.told(old)
        new = _turns_told(mark) if isinstance(task, Chat) else {name: pl.col(mark).struct.field(name) for name in _TOLD}
        # told in a column of its own, so that it is worked out once
        plan = plan.with_columns(old.alias(f"{mark}_before"), told.alias(mark)).with_columns(
            new["text"].alias(column), new["reason"].alias(f"{mark}_reason"), new["detail"].alias(f"{mark}_detail")
        )
        changed = pl.col(column).ne_missing(pl.col(f"{mark}_before"))
        kept = pl.lit(None, dtype=pl.String) if step.secret else as_text(pl.col(f"{mark}_before"), task)
        told_nowhere = pl.lit(value=True)
        if as_read and not step.code:  # of a step whose code a finished run does not have, a null before is a secret
            told_nowhere = pl.col(f"{mark}_before").ne_missing(pl.col(_as_read(column)))
        plan = plan.with_columns(changed.alias(f"{mark}_changed")).with_columns(
            pl.when(pl.col(f"{mark}_changed") & told_nowhere).then(kept).alias(f"{mark}_before")
        )
    return plan


def _columns_of(step: Rewrite, task: AnyTask) -> tuple[str, ...]:
    if isinstance(task, Chat) or not step.on:
        return task.text_columns
    return tuple(column for column in task.text_columns if column in step.on)


def _of_turns(step: Rewrite, old: pl.Expr) -> pl.Expr:
    """Return the turns, each with what its contents become, or null where another role speaks."""
    role, content = pl.element().struct.field("role"), pl.element().struct.field("content")
    meant = role.is_in(list(step.on)) if step.on else pl.lit(value=True)
    return old.list.eval(pl.struct(role, content, pl.when(meant).then(step.told(content)).alias("told")))


def _turns_told(mark: str) -> dict[str, pl.Expr]:
    """Return the turns with the contents of those that are meant rewritten, and the reasons and details of those that changed."""
    content, told = pl.element().struct.field("content"), pl.element().struct.field("told")
    new = pl.when(told.is_not_null()).then(told.struct.field("text")).otherwise(content)
    turns = pl.col(mark).list.eval(pl.struct(pl.element().struct.field("role"), new.alias("content")))
    said = {
        name: pl.col(mark)
        .list.eval(pl.when(new != content).then(told.struct.field(name)))
        .list.drop_nulls()
        .list.unique(maintain_order=True)
        .list.join("+")
        for name in ("reason", "detail")
    }
    return {"text": turns, "reason": said["reason"], "detail": said["detail"].replace("", None)}


def _changes(wide: pl.DataFrame, named: NamedStep, task: AnyTask) -> pl.DataFrame:
    """Return the ledger lines of one rewrite, for every row that it changed."""
    assert isinstance(named.step, Rewrite)
    lines = [ledger.empty()]
    for place, column in enumerate(_columns_of(named.step, task)):
        mark = f"__{named.place}_{place}"
        told = {name: pl.col(f"{mark}_{name}") for name in ("before", "reason", "detail")}
        changed = wide.filter(f"{mark}_changed").select("row", pl.lit(column).alias("column"), **told)
        lines.append(ledger.lines(changed, named.place, named.name, "changed"))
    return pl.concat(lines)


def _condition_error(rows: pl.DataFrame, steps: Sequence[NamedStep], error: Exception) -> Exception:
    """Return the user's mistake if the rows do not fit a step; else the error as it is, which is ours."""
    mistakes = [
        Mistake.of_problem(f"step '{named.name}'", unfit)
        for named in steps
        for unfit in named.step.unfit(rows.head(1000))
    ]
    return UserError(mistakes) if mistakes else error
