"""Rows measured in partitions: in order whatever the frames, and no further than to the first error."""

import time
from contextlib import closing
from itertools import chain

import polars as pl
import pytest
from frames import TASK

from curate import measure as measuring
from curate.account import NamedStep
from curate.apply import make_context
from curate.measure import measure, measure_each
from curate.steps.length import Length

STEPS = [NamedStep(0, "length", Length(min=5))]
CONTEXT = make_context(TASK, 7, {})


def frames(*heights: int) -> list[pl.DataFrame]:
    starts = [sum(heights[:place]) for place in range(len(heights))]
    return [
        pl.DataFrame({"row": range(start, start + height)}).with_columns(text=pl.col("row").cast(pl.String))
        for start, height in zip(starts, heights, strict=True)
    ]


def test_partitions_of_all_frames_come_in_order(monkeypatch):
    monkeypatch.setattr(measuring, "PARTITION_ROWS", 30)
    given = frames(500, 0, 3, 200)
    with closing(measure_each(iter(given), STEPS, CONTEXT, TASK, as_read=False)) as found:
        measured = [[part.measures["row"].to_list() for part in parts] for parts in found]
    assert [list(chain.from_iterable(parts)) for parts in measured] == [frame["row"].to_list() for frame in given]
    assert [len(parts) > 4 for parts in measured] == [True, False, False, True]
    assert [part.rows["row"].to_list() for part in measure(given[0], STEPS, CONTEXT, TASK)] == measured[0]


def test_nothing_is_begun_after_an_error(monkeypatch):
    begun = []

    def fail(rows, *_rest, **_named):
        begun.append(rows)
        time.sleep(0.01)
        raise ZeroDivisionError

    monkeypatch.setattr(measuring, "PARTITION_ROWS", 5)
    monkeypatch.setattr(measuring, "_measure_partition", fail)
    with (
        pytest.raises(ZeroDivisionError),
        closing(measure_each(frames(1000, 1000), STEPS, CONTEXT, TASK, as_read=False)) as found,
    ):
        next(next(found))
    assert len(begun) < 100, "of 400"
