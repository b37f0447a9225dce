"""A measure held against its rows: its value, and how many rows there are and count, computed again from the evidence."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from audit import metrics
from audit.evidence import Evidence, holds
from audit.results import Measure

TOLERANCE = 1e-9
"""Two numbers are the same if they differ by less than this share of the larger one."""
NOTHING = 1e-12
"""Below this, what a sum in another order leaves of zero is zero."""


@dataclass(frozen=True)
class Recomputed:
    """A measure, its value computed again, and its rows by name, each with whether it counts; no rows where it has parts."""

    measure: Measure
    value: float | None
    rows: pl.DataFrame | None

    @property
    def hits(self) -> int:
        """How many of the rows count."""
        return 0 if self.rows is None else int(self.rows["hit"].sum())

    @property
    def agrees(self) -> bool:
        """Whether the stored value is what the rows give, and so are the counts beside it."""
        measure = self.measure
        counted = self.rows is None or (measure.n == len(self.rows) and measure.numerator in (None, self.hits))
        return counted and same(measure.value, self.value)


def recompute(measure: Measure, evidence: Evidence, measures: Mapping[str, Measure]) -> Recomputed:
    """Compute a measure's value again from the evidence, and look its rows up; `measures` are those that it may be made of."""
    value = metrics.compute(measure, evidence, measures)
    if measure.parts or measure.selection is None:
        return Recomputed(measure, value, None)
    rows = evidence.select(measure.selection)
    return Recomputed(measure, value, rows.select("row_name", holds(rows, measure.hits).alias("hit")))


def same(stored: float | None, found: float | None) -> bool:
    """Return whether two numbers are the same but for rounding; undefined is the same as undefined alone."""
    if stored is None or found is None:
        return stored is found
    return math.isclose(stored, found, rel_tol=TOLERANCE, abs_tol=NOTHING)
