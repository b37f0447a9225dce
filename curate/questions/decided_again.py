"""The measured stages of a finished run decided again with other limits, beside what the run decided."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import polars as pl

from curate import ledger
from curate.account import NamedStep
from curate.apply import make_context
from curate.decide import Decided, decide
from curate.files import scan_parquet
from curate.limits import Limit, MeasuredStage
from curate.questions.moved_limits import Moved
from curate.steps.base import Context, Filter, Rule
from curate.store import RunDirectory


class Recorded(Filter):
    """A filter known by the limits that a run recorded: enough to decide, without its code and its files."""

    step: Literal["recorded"] = "recorded"
    limits: tuple[Limit, ...]

    @property
    def only_notes(self) -> bool:
        """Whether rows beyond its limits stay: all limits of a step say the same."""
        return self.limits[0].only_notes

    def rules(self, context: Context) -> tuple[Rule, ...]:  # noqa: ARG002
        """Return the rules as they were recorded; their measurements are in the run already."""
        names = ("minimum", "maximum", "below", "above", "unmeasured")
        measured = pl.lit(None, dtype=pl.Float64)
        return tuple(
            Rule(limit.rule, measured, **{name: getattr(limit, name) for name in names}) for limit in self.limits
        )


@dataclass(frozen=True)
class Verdicts:
    """One measured stage: what was decided of its rows, and what would be.

    `unknown` counts the rows that an earlier stage would keep anew: they were never measured here.
    """

    before: Decided
    after: Decided
    unknown: int

    def rows_reaching(self, step: str) -> tuple[pl.Series, pl.Series]:
        """Return the rows that reach a step of this stage, before and after."""
        return _reaching(self.before, step), _reaching(self.after, step)

    def newly_passed(self) -> pl.Series:
        """Return the rows that meet every limit of this stage now, and did not."""
        return without(self.after.rows, self.before.rows)


def decide_again(run: RunDirectory, moved: Moved) -> list[Verdicts]:
    """Decide every measured stage that a move can reach with the new limits; rows dropped anew do not reach the next stage."""
    places = {move.place for move in moved.moves}
    context, task = make_context(moved.recipe.task, moved.recipe.seed, {}), moved.recipe.task
    found: list[Verdicts] = []
    gone, unknown = pl.Series("row", [], dtype=pl.Int64), 0
    for stage in moved.stages:
        before = _as_decided(run, stage, scan_parquet(stage.path).select("row").collect()["row"])
        after = before
        if gone.len() or any(limit.place in places for limit in stage.limits):
            measures = _measures(stage).join(gone.to_frame(), on="row", how="anti", maintain_order="left")
            after = decide(measures, ledger.empty(), _recorded(stage.limits), context, task)
        found.append(Verdicts(before, after, unknown))
        unknown += found[-1].newly_passed().len()
        gone = pl.concat([gone, without(before.rows, after.rows)])
    return found


def _measures(stage: MeasuredStage) -> pl.DataFrame:
    """Return the measurements that the limits are about; what the rules found is not read."""
    return scan_parquet(stage.path).select("row", *dict.fromkeys(limit.column for limit in stage.limits)).collect()


def _as_decided(run: RunDirectory, stage: MeasuredStage, rows: pl.Series) -> Decided:
    """Return what the run decided of a stage's rows, from its ledger and its account."""
    steps = [limit.step for limit in stage.limits]
    dropped = (pl.col("event") == "dropped") & pl.col("step").is_in(steps)
    lines = scan_parquet(run.ledger).filter(dropped).select(list(ledger.SCHEMA)).collect()
    records = tuple(record for record in run.read_manifest().steps if record.step in steps)
    return Decided(without(rows, lines["row"]), lines, records)


def without(rows: pl.Series, others: pl.Series) -> pl.Series:
    """Return the rows that are not among others, in their order."""
    return rows.to_frame("row").join(others.to_frame("row"), on="row", how="anti", maintain_order="left")["row"]


def _recorded(limits: Sequence[Limit]) -> list[NamedStep]:
    steps = dict.fromkeys((limit.place, limit.step) for limit in limits)
    return [
        NamedStep(place, name, Recorded(limits=tuple(limit for limit in limits if limit.place == place)))
        for place, name in steps
    ]


def _reaching(decided: Decided, step: str) -> pl.Series:
    """Return the rows that stay, and those that a step or one after it drops."""
    names = [record.step for record in decided.records]
    later = names[names.index(step) :]
    return pl.concat([decided.rows, decided.dropped.filter(pl.col("step").is_in(later))["row"]])
