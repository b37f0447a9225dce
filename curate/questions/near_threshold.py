"""The rows just kept and just dropped at every limit of a finished run: what a curator looks at to set a threshold."""

from collections.abc import Iterator, Sequence
from typing import Any, Literal

import polars as pl
from pydantic import BaseModel, ConfigDict

from curate import rows as row_numbers
from curate.errors import Mistake, UserError, did_you_mean
from curate.files import read_parquet, scan_parquet
from curate.limits import CONDITION, Limit, measured_stages, number_in_words
from curate.measure import detail_of
from curate.questions.row_texts import one_line, rewritten_until, rows_as_read
from curate.recipe import Recipe
from curate.recipe_file import load_finished
from curate.store import RunDirectory


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class NearRow(_Frozen):
    """One row near a limit, with its text on one line and what the rule found in it; for a pair also the row that stayed."""

    row: str
    value: float
    value_in_words: str
    text: str
    detail: str | None = None
    other_row: str | None = None
    other_text: str | None = None


class Edge(_Frozen):
    """One end of a rule's range. Only rows that reached the rule count; `kept` and `dropped` are the nearest, nearest first.

    `rows_kept` and `rows_dropped` count all rows on either side (where a step only notes, those beyond the limit stay too);
    `rows_at_limit` those kept whose value is the limit itself.
    """

    step: str
    rule: str
    end: Literal["minimum", "maximum"]
    limit: float
    limit_in_words: str
    reason: str
    rows_kept: int
    rows_dropped: int
    rows_at_limit: int
    kept: tuple[NearRow, ...]
    dropped: tuple[NearRow, ...]


class Pairs(_Frozen):
    """The pairs just above the threshold of a step that compares rows. Pairs below it were not stored by the run."""

    step: str
    threshold: float
    rows_dropped: int
    dropped: tuple[NearRow, ...]


class NearThreshold(_Frozen):
    """Every edge of a run, in the order in which its steps ran, and every comparison with a threshold."""

    edges: tuple[Edge, ...]
    pairs: tuple[Pairs, ...]


def near_threshold(run: RunDirectory, step: str | None = None, rows: int = 10) -> NearThreshold:
    """Return up to `rows` rows on either side of each limit, of one step or of all. Raises `UserError` for an unknown step."""
    run.check_phase("curate")
    recipe = load_finished(run.recipe)
    names = recipe.step_names()
    if step is not None and step not in names:
        raise UserError(Mistake(step, "is not a step of this run", did_you_mean(step, names)))
    edges = tuple(
        edge
        for stage in measured_stages(run)
        if step is None or any(limit.step == step for limit in stage.limits)
        for edge in _edges(run, recipe, read_parquet(stage.path), stage.limits, (step, rows))
    )
    pairs = tuple(_pairs(run, recipe, step, rows))
    if step is not None and not edges and not pairs:
        able = list(
            dict.fromkeys(
                limit.step for stage in measured_stages(run) for limit in stage.limits if limit.rule != CONDITION
            )
        )
        hint = f"steps with limits: {', '.join(able)}" if able else "no step of this run measures"
        raise UserError(Mistake(step, "holds no row against a limit", hint))
    return NearThreshold(edges=edges, pairs=pairs)


def _edges(
    run: RunDirectory, recipe: Recipe, measures: pl.DataFrame, limits: Sequence[Limit], wanted: tuple[str | None, int]
) -> Iterator[Edge]:
    """Yield the edges of one stage; the rows that a rule drops do not reach the next one, and a condition has no edge."""
    step, rows = wanted
    alive = measures
    for limit in limits:
        value, detail = pl.col(limit.column), detail_of(limit.column)
        found = pl.col(detail) if detail in alive.columns else pl.lit(None, dtype=pl.String)
        if step in (None, limit.step) and limit.rule != CONDITION:
            for end, bound in (("minimum", limit.minimum), ("maximum", limit.maximum)):
                if bound is not None:
                    yield _edge(run, recipe, alive.select("row", value=value, detail=found), limit, (end, bound, rows))
        if not limit.only_notes:
            alive = alive.filter(_stays(limit, limit.column))


def _stays(limit: Limit, column: str) -> pl.Expr:
    value = pl.col(column)
    stays = value.is_not_null()
    if limit.minimum is not None:
        stays &= value >= limit.minimum
    return stays & (value <= limit.maximum) if limit.maximum is not None else stays


def _edge(run: RunDirectory, recipe: Recipe, values: pl.DataFrame, limit: Limit, asked: tuple[str, float, int]) -> Edge:
    end, bound, rows = asked
    low = end == "minimum"
    gone = values.filter(pl.col("value") < bound if low else pl.col("value") > bound)
    stay = values.filter(_stays(limit, "value"))
    kept = stay.sort("value", "row", descending=[not low, False]).head(rows)
    dropped = gone.sort("value", "row", descending=[low, False]).head(rows)
    lines = _lines(run, recipe, [*kept["row"], *dropped["row"]], limit.place)
    return Edge(
        step=limit.step,
        rule=limit.rule,
        end="minimum" if low else "maximum",
        limit=bound,
        limit_in_words=limit.value_in_words(bound),
        reason=limit.below if low else limit.above,
        rows_kept=stay.height,
        rows_dropped=gone.height,
        rows_at_limit=stay.filter(pl.col("value") == bound).height,
        kept=_near(kept, recipe, lines, limit),
        dropped=_near(dropped, recipe, lines, limit),
    )


def _lines(run: RunDirectory, recipe: Recipe, rows: Sequence[int], place: int) -> dict[int, str]:
    """Return the texts of rows as they reached the step at a place, one line each."""
    return one_line(rewritten_until(rows_as_read(run, rows), recipe, place), recipe)


def _near(found: pl.DataFrame, recipe: Recipe, lines: dict[int, str], limit: Limit) -> tuple[NearRow, ...]:
    return tuple(
        NearRow(
            row=row_numbers.name(row, recipe.source_names),
            value=value,
            value_in_words=limit.value_in_words(value),
            text=lines.get(row, ""),
            detail=detail,
        )
        for row, value, detail in found.select("row", "value", "detail").iter_rows()
    )


def _pairs(run: RunDirectory, recipe: Recipe, step: str | None, rows: int) -> Iterator[Pairs]:
    """Yield what the ledger holds of steps that compare rows before the split: the dropped row, the value, the row that stayed."""
    compared = (
        scan_parquet(run.ledger)
        .filter(
            (pl.col("event") == "dropped")
            & (pl.col("place") < len(recipe.steps))
            & pl.col("other_row").is_not_null()
            & pl.col("threshold").is_not_null()
        )
        .select("row", "place", "step", "value", "threshold", "other_row")
        .collect()
    )
    for (name,), found in compared.sort("place", "value", "row").group_by("step", maintain_order=True):
        if step in (None, name):
            nearest = found.head(rows)
            lines = _lines(run, recipe, [*nearest["row"], *nearest["other_row"]], int(found["place"][0]))
            yield Pairs(
                step=str(name),
                threshold=found["threshold"][0],
                rows_dropped=found.height,
                dropped=tuple(_pair(line, recipe, lines) for line in nearest.iter_rows(named=True)),
            )


def _pair(line: dict[str, Any], recipe: Recipe, lines: dict[int, str]) -> NearRow:
    row, other = (row_numbers.name(line[name], recipe.source_names) for name in ("row", "other_row"))
    return NearRow(
        row=row,
        value=line["value"],
        value_in_words=number_in_words(line["value"], (line["threshold"],)),
        text=lines.get(line["row"], ""),
        other_row=other,
        other_text=lines.get(line["other_row"], ""),
    )
