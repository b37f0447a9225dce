"""Small frames and contexts for the tests."""

import polars as pl

from curate.account import Applied, NamedStep
from curate.apply import apply_row_local, apply_step, make_context
from curate.rows import number
from curate.steps.base import Filter, Rewrite
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


def apply(step: object, rows: pl.DataFrame, task: object = TASK, seed: int = 7, terms: dict | None = None) -> Applied:
    """Apply one step as the engine does."""
    named = NamedStep(0, step.step, step)
    if isinstance(step, Filter | Rewrite):
        return apply_row_local(rows, [named], task)
    return apply_step(rows, named, make_context(task, seed, terms or {}), task)


def index(rows: pl.Series) -> list[int]:
    """The positions (from 1) of row numbers."""
    return [(row >> 8) & ((1 << 40) - 1) for row in rows]


def fates(applied: Applied) -> dict[int, str]:
    """Position → reason of the dropped rows."""
    dropped = applied.ledger.filter(pl.col("event") == "dropped")
    return dict(zip(index(dropped["row"]), dropped["reason"], strict=True))
