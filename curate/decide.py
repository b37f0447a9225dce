"""Row-local steps decided: which measured rows stay, with the ledger lines and the account of each step. Reads no text."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any, TypeVar

import polars as pl

from curate import ledger
from curate.account import NamedStep, check_conservation
from curate.apply import context_for
from curate.manifest import StepRecord
from curate.measure import detail_name, measure_name
from curate.steps.base import Context, Filter, Rule
from curate.task import AnyTask

Frame = TypeVar("Frame", pl.DataFrame, pl.LazyFrame)


@dataclass(frozen=True)
class Decided:
    """Which rows stay, the ledger lines of those that go or are noted, and each step's account."""

    rows: pl.Series
    ledger: pl.DataFrame
    records: tuple[StepRecord, ...]

    @property
    def dropped(self) -> pl.DataFrame:
        """The ledger lines of the rows that go."""
        return self.ledger.filter(pl.col("event") == "dropped")


def decide(
    measures: pl.DataFrame, changes: pl.DataFrame, steps: Sequence[NamedStep], context: Context, task: AnyTask
) -> Decided:
    """Decide one partition from its measurements (`curate.measure.Measured`) and the limits that the steps have now.

    Of the changes `row` and `place` are looked at.
    """
    rules = {
        named.name: named.step.rules(context_for(named.step, context, task))
        for named in steps
        if isinstance(named.step, Filter)
    }
    met = measures.select(**{named.name: _met_all(named, rules[named.name]) for named in steps if named.name in rules})
    lines, records = [ledger.empty()], []
    alive = pl.Series([True]).new_from_index(0, measures.height)
    for named in steps:
        before = int(alive.sum())
        if not isinstance(named.step, Filter):
            mine = changes.filter(pl.col("place") == named.place).select("row").unique()
            changed = mine.join(measures.select("row").filter(alive), on="row", how="semi").height
            records.append(_record(named, before, before, changed=changed))
            continue
        failing = alive & ~met[named.name]
        failed = int(failing.sum())
        if failed:
            judged = measures.filter(failing).with_columns(_verdict(named, rules[named.name]))
            assert not judged["reason"].null_count(), "a row that fails a rule is told which"
            event: ledger.Event = "noted" if named.step.only_notes else "dropped"
            lines.append(ledger.lines(judged, named.place, named.name, event))
        if named.step.only_notes:
            records.append(_record(named, before, before, noted=failed))
        else:
            records.append(_record(named, before, before - failed))
            alive &= met[named.name]
    return Decided(measures["row"].filter(alive), pl.concat(lines), tuple(records))


def count_staying(measures: pl.DataFrame, steps: Sequence[NamedStep], context: Context, task: AnyTask) -> int:
    """Return how many rows of a partition `decide` lets stay, without the lines and accounts that it makes."""
    met = [
        _met_all(named, named.step.rules(context_for(named.step, context, task)))
        for named in steps
        if isinstance(named.step, Filter) and not named.step.only_notes
    ]
    return int(measures.select(pl.all_horizontal(pl.lit(value=True), *met).sum()).item()) if met else measures.height


def _met_all(named: NamedStep, rules: Sequence[Rule]) -> pl.Expr:
    """Return whether a row meets all rules of a filter."""
    every = (_met(measure_name(named, rule), rule) for rule in rules)
    return pl.all_horizontal(pl.repeat(value=True, n=pl.len(), dtype=pl.Boolean), *every)


def _met(column: str, rule: Rule) -> pl.Expr:
    value = pl.col(column)
    low = value >= rule.minimum if rule.minimum is not None else pl.lit(value=True)
    high = value <= rule.maximum if rule.maximum is not None else pl.lit(value=True)
    return value.is_not_null() & low & high


def told(changes: Frame, dropped: Frame) -> Frame:
    """Return the changes that a row met before it went: those of rows that no earlier step dropped."""
    gone = dropped.filter(pl.col("event") == "dropped").select("row", __gone="place")
    known = changes.join(gone, on="row", how="left", maintain_order="left")
    return known.filter(pl.col("__gone").is_null() | (pl.col("__gone") > pl.col("place"))).drop("__gone")


def _verdict(named: NamedStep, rules: Sequence[Rule]) -> list[pl.Expr]:
    """Return `reason`, `value`, `threshold`, `detail` of the first rule that a row does not meet, or null."""
    nothing = pl.struct(
        reason=pl.lit(None, dtype=pl.String),
        value=pl.lit(None, dtype=pl.Float64),
        threshold=pl.lit(None, dtype=pl.Float64),
        detail=pl.lit(None, dtype=pl.String),
    )
    failed = reduce(lambda rest, rule: _failed(named, rule, rest), reversed(rules), nothing)
    return [failed.struct.field(name) for name in ("reason", "value", "threshold", "detail")]


def _failed(named: NamedStep, rule: Rule, rest: pl.Expr) -> pl.Expr:
    """Return what a row fails of one rule, or the rest where it meets it."""
    value = pl.col(measure_name(named, rule))
    detail = pl.col(detail_name(named, rule)) if rule.detail is not None else pl.lit(None, dtype=pl.String)

    def said(reason: str, limit: float | None) -> pl.Expr:
        threshold = pl.lit(limit, dtype=pl.Float64)
        return pl.struct(reason=pl.lit(reason), value=value, threshold=threshold, detail=detail)

    verdict: Any = pl.when(value.is_null()).then(said(rule.unmeasured, None))
    if rule.minimum is not None:
        verdict = verdict.when(value < rule.minimum).then(said(rule.below, rule.minimum))
    if rule.maximum is not None:
        verdict = verdict.when(value > rule.maximum).then(said(rule.above, rule.maximum))
    found: pl.Expr = verdict.otherwise(rest)
    return found


def sum_records(records: Sequence[Sequence[StepRecord]]) -> tuple[StepRecord, ...]:
    """Add up the accounts of partitions, step by step."""
    names = ("rows_in", "rows_out", "dropped", "quarantined", "added", "changed", "refused", "noted")
    return tuple(
        StepRecord(step=parts[0].step, **{name: sum(getattr(part, name) for part in parts) for name in names})
        for parts in zip(*records, strict=True)
    )


def _record(named: NamedStep, rows_in: int, rows_out: int, *, changed: int = 0, noted: int = 0) -> StepRecord:
    return check_conservation(
        StepRecord(
            step=named.name,
            rows_in=rows_in,
            rows_out=rows_out,
            dropped=rows_in - rows_out,
            quarantined=0,
            added=0,
            changed=changed,
            refused=0,
            noted=noted,
        )
    )
