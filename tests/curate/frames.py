"""Small frames and contexts for the tests."""

import polars as pl

from curate.account import Applied
from curate.apply import context_for, make_context
from curate.laws import apply_to
from curate.rows import number
from curate.steps.base import Filter
from curate.task import Classification

TASK = Classification(kind="classification", text="text", label="label")


def frame(*texts: str | None, labels: list[str] | None = None, **columns: list[object]) -> pl.DataFrame:
    """Rows of one source, numbered from 1, with a text and a label."""
    rows = [number(0, index) for index in range(1, len(texts) + 1)]
    return pl.DataFrame(
        {
            "row": pl.Series(rows, dtype=pl.Int64),
            "parent": pl.Series([None] * len(texts), dtype=pl.Int64),
            "text": pl.Series(texts, dtype=pl.String),
            "label": pl.Series(labels or ["a"] * len(texts), dtype=pl.String),
            **columns,
        }
    )


def apply(
    step: object,
    rows: pl.DataFrame,
    task: object = TASK,
    *,
    seed: int = 7,
    terms: dict | None = None,
    files: dict | None = None,
    sources: tuple[str, ...] = (),
) -> Applied:
    """Apply one step as the engine does."""
    return apply_to(step, rows, task, make_context(task, seed, terms or {}, files, sources))


def values(step: Filter, *texts: str | None, task: object = TASK) -> list[float | None]:
    """What the first rule of a filter measures of some texts."""
    rule = step.rules(context_for(step, make_context(task, 7, {}), task))[0]
    measured = rule.measure if rule.field is None else rule.measure.struct.field(rule.field)
    return frame(*texts).select(measured.cast(pl.Float64).alias("value"))["value"].to_list()


def index(rows: pl.Series) -> list[int]:
    """The positions (from 1) of row numbers."""
    return [(row >> 8) & ((1 << 40) - 1) for row in rows]


def of_sources(**texts: int) -> pl.DataFrame:
    """Rows of several sources: so many of each, with the source's name as label too."""
    numbers = [number(place, index) for place, count in enumerate(texts.values()) for index in range(1, count + 1)]
    names = [name for name, count in texts.items() for _ in range(count)]
    rows = frame(*(f"text {place}" for place in range(len(numbers))), labels=names)
    return rows.with_columns(row=pl.Series(numbers, dtype=pl.Int64))


def sizes(rows: pl.DataFrame, column: str = "label") -> dict[object, int]:
    """How many rows have each value of a column."""
    return dict(rows.group_by(column).len().sort(column).iter_rows())


def fates(applied: Applied) -> dict[int, str]:
    """Position → reason of the dropped rows."""
    dropped = applied.ledger.filter(pl.col("event") == "dropped")
    return dict(zip(index(dropped["row"]), dropped["reason"], strict=True))
