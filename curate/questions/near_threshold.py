"""The rows just kept and just dropped at every limit of a finished run: what a curator looks at to set a threshold."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from curate import rows as row_numbers
from curate.errors import Mistake, UserError, did_you_mean
from curate.files import scan_parquet
from curate.limits import CONDITION, End, Limit, MeasuredStage, measured_stages, number_in_words
from curate.measure import detail_of
from curate.questions.near_rows import Beyond, Edge, NearRow, NearThreshold, Pairs, Unmeasured
from curate.questions.row_texts import one_line, rewritten_until, rows_as_read
from curate.recipe import Recipe
from curate.recipe_file import load_finished
from curate.steps.minhash import CHAINED, OLDER
from curate.store import RunDirectory


@dataclass(frozen=True)
class _Asked:
    """The run, the step that is asked about (None for all), and how many rows are wanted on either side."""

    run: RunDirectory
    recipe: Recipe
    step: str | None
    rows: int


def near_threshold(run: RunDirectory, step: str | None = None, rows: int = 10) -> NearThreshold:
    """Return up to `rows` rows on either side of each limit, of one step or of all. Raises `UserError` for an unknown step."""
    run.check_phase("curate")
    recipe = load_finished(run.recipe)
    names = recipe.step_names()
    if step is not None and step not in names:
        raise UserError(Mistake(step, "is not a step of this run", did_you_mean(step, names)))
    asked, stages = _Asked(run, recipe, step, rows), measured_stages(run)
    told = [found for stage in stages for found in _of_stage(asked, stage)]
    edges = _edges_among(told)
    unmeasured = tuple(found for found in told if isinstance(found, Unmeasured))
    pairs = tuple(_pairs(asked))
    if step is not None and not (told or pairs):
        asked_step = (*recipe.steps, *recipe.train_steps)[names.index(step)]
        if "threshold" in type(asked_step).model_fields:
            raise UserError(Mistake(step, "dropped no row, and pairs below its threshold are not stored", "lower it"))
        able = dict.fromkeys(limit.step for stage in stages for limit in stage.limits if limit.rule != CONDITION)
        hint = f"steps with limits: {', '.join(able)}" if able else "no step of this run measures"
        raise UserError(Mistake(step, "holds no row against a limit", hint))
    return NearThreshold(edges=edges, unmeasured=unmeasured, pairs=pairs)


def edges_of_run(run: RunDirectory, recipe: Recipe, rows: int) -> tuple[Edge, ...]:
    """Return the edges alone of a run whose files were checked already."""
    asked = _Asked(run, recipe, None, rows)
    return _edges_among(found for stage in measured_stages(run) for found in _of_stage(asked, stage))


def _edges_among(found: Iterable[Edge | Unmeasured]) -> tuple[Edge, ...]:
    return tuple(each for each in found if isinstance(each, Edge))


def _of_stage(asked: _Asked, stage: MeasuredStage) -> Iterator[Edge | Unmeasured]:
    """Yield the edges of one stage; the rows that a rule drops do not reach the next one, and a condition has no edge.

    One column of measurements is read at a time, and none after the step that is asked about.
    """
    places = [place for place, limit in enumerate(stage.limits) if asked.step in (None, limit.step)]
    reached: pl.Series | None = None
    for place, limit in enumerate(stage.limits[: places[-1] + 1] if places else ()):
        values = scan_parquet(stage.path).select("row", value=limit.column).collect()
        stays = values.select(_stays(limit)).to_series()
        if place in places:
            yield from _of_limit(asked, stage, limit, values if reached is None else values.filter(reached))
        if not limit.only_notes:
            reached = stays if reached is None else reached & stays


def _of_limit(asked: _Asked, stage: MeasuredStage, limit: Limit, values: pl.DataFrame) -> Iterator[Edge | Unmeasured]:
    for end, low in ((End.of_minimum(limit.minimum), True), (End.of_maximum(limit.maximum), False)):
        if end is not None and limit.rule != CONDITION:
            yield _edge(asked, stage, limit, values, end, low=low)
    missing = values.filter(pl.col("value").is_null())
    if missing.height:
        row = missing["row"][0]
        yield Unmeasured(
            step=limit.step,
            rule=limit.rule,
            reason=limit.unmeasured,
            beyond=_beyond(limit),
            rows=missing.height,
            row=row_numbers.name(row, asked.recipe.source_names),
            text=_lines(asked, [row], limit.place).get(row, ""),
        )


def _stays(limit: Limit) -> pl.Expr:
    value = pl.col("value")
    stays = value.is_not_null()
    if limit.minimum is not None:
        stays &= value >= limit.minimum
    return (stays & (value <= limit.maximum) if limit.maximum is not None else stays).fill_null(value=False)


def _beyond(limit: Limit) -> Beyond:
    return "noted" if limit.only_notes else "dropped"


def _edge(asked: _Asked, stage: MeasuredStage, limit: Limit, values: pl.DataFrame, end: End, *, low: bool) -> Edge:
    gone = values.filter(pl.col("value") < limit.minimum if low else pl.col("value") > limit.maximum)
    stay = values.filter(_stays(limit))
    kept = stay.sort("value", "row", descending=[not low, False]).head(asked.rows)
    dropped = gone.sort("value", "row", descending=[low, False]).head(asked.rows)
    kept_rows, dropped_rows = _near(asked, stage, limit, (kept, dropped))
    return Edge(
        step=limit.step,
        rule=limit.rule,
        end="minimum" if low else "maximum",
        limit=end.value,
        limit_in_words=limit.value_in_words(end.value),
        included=end.included,
        reason=limit.below if low else limit.above,
        beyond=_beyond(limit),
        rows_kept=stay.height,
        rows_dropped=gone.height,
        rows_at_limit=stay.filter(pl.col("value") == end.value).height,
        kept=kept_rows,
        dropped=dropped_rows,
    )


def _near(
    asked: _Asked, stage: MeasuredStage, limit: Limit, sides: Sequence[pl.DataFrame]
) -> Iterator[tuple[NearRow, ...]]:
    """Yield the rows of each side with their texts and with what the rule found, which is read of these rows alone."""
    rows = [row for side in sides for row in side["row"]]
    lines, details = _lines(asked, rows, limit.place), _details(stage, limit, rows)
    for side in sides:
        yield tuple(
            NearRow(
                row=row_numbers.name(row, asked.recipe.source_names),
                value=value,
                value_in_words=limit.value_in_words(value),
                text=lines.get(row, ""),
                detail=details.get(row),
            )
            for row, value in side.iter_rows()
        )


def _details(stage: MeasuredStage, limit: Limit, rows: Sequence[int]) -> dict[int, str | None]:
    scan, column = scan_parquet(stage.path), detail_of(limit.column)
    if column not in scan.collect_schema().names():
        return {}
    found = scan.filter(pl.col("row").is_in(sorted(rows))).select("row", column).collect()
    return dict(found.iter_rows())


def _lines(asked: _Asked, rows: Sequence[int], place: int) -> dict[int, str]:
    """Return the texts of rows as they reached the step at a place, one line each."""
    return one_line(rewritten_until(rows_as_read(asked.run, rows), asked.recipe, place), asked.recipe)


def _pairs(asked: _Asked) -> Iterator[Pairs]:
    """Yield what the ledger holds of steps that compare rows: the dropped row, the value, the row that stayed or the older one."""
    of_two = pl.col("other_row").is_not_null() | (pl.col("reason") == OLDER)
    lines = scan_parquet(asked.run.ledger).filter(
        (pl.col("event") == "dropped")
        & (pl.col("place") < len(asked.recipe.steps))
        & of_two
        & pl.col("threshold").is_not_null()
        & pl.col("value").is_not_null()
    )
    is_chained = (pl.col("reason") == CHAINED).fill_null(value=False)
    counted = lines.group_by("place", "step").agg(
        pl.col("threshold").first(), chained=is_chained.sum(), dropped=(~is_chained).sum()
    )
    for place, name, threshold, chained, dropped in counted.sort("place").collect(engine="streaming").iter_rows():
        if asked.step in (None, name):
            found = lines.filter((pl.col("place") == place) & ~is_chained).sort("value", "row").head(asked.rows)
            nearest = found.select("row", "value", "threshold", "other_row", "detail").collect(engine="streaming")
            texts = _lines(asked, [*nearest["row"], *nearest["other_row"].drop_nulls()], place)
            yield Pairs(
                step=name,
                threshold=threshold,
                rows_dropped=dropped,
                rows_chained=chained,
                dropped=tuple(_pair(line, asked.recipe, texts) for line in nearest.iter_rows(named=True)),
            )


def _pair(line: dict[str, Any], recipe: Recipe, lines: dict[int, str]) -> NearRow:
    row, other = line["row"], line["other_row"]
    return NearRow(
        row=row_numbers.name(row, recipe.source_names),
        value=line["value"],
        value_in_words=number_in_words(line["value"], (line["threshold"],)),
        text=lines.get(row, ""),
        other_row=line["detail"] if other is None else row_numbers.name(other, recipe.source_names),
        other_text=None if other is None else lines.get(other, ""),
    )
