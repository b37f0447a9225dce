"""Tables of distinct cells (groups, truth, answers), and every number of a classifier that depends on their counts alone.

A bootstrap draws such tables, not rows, so that its cost does not grow with the rows; all numbers of an attribute are worked out on
the same draws.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import polars as pl

from audit import metrics, resampling
from audit.evidence import Evidence
from audit.model_rates import ODDS, label_rate_of, model_rate
from audit.rates import Chance
from audit.resampling import Flags, Floats, Integers
from audit.results import Model
from audit.selecting import COUNT, Equals, holds
from curate.audit_settings import RATE_METRICS
from curate.groups import group_column


class Number(NamedTuple):
    """Which number of which model; with a label a rate is that of the label against all others."""

    metric: str
    model: Model
    label: str | None = None


PAIR: tuple[Model, Model] = ("base", "tuned")
JUDGED = ("answer", "answered", "positive", "correct")
SHARED = ("label", "labelled", "label_positive")


@dataclass(frozen=True)
class Cells:
    """Distinct cells in a fixed order with the rows in each.

    Of two models `swapped` is the cell that each becomes when their answers change places.
    """

    frame: pl.DataFrame
    counts: Integers
    attribute: str | None
    swapped: Integers | None = None
    _drawn: dict[str, Floats] = field(default_factory=dict, repr=False, compare=False)

    def observed(self) -> Floats:
        """Return the counts as one table: 1 × cells."""
        return self.counts.astype(np.float64)[None, :]

    def resampled(self, chance: Chance) -> Floats:
        """Return bootstrap tables (replicates × cells); drawn once, from the seed and the name of the attribute."""
        return self._once("bootstrap", lambda: resampling.resample(self.counts, chance.draws(self._purpose)))

    def exchanged(self, chance: Chance) -> Floats:
        """Return tables in which each row's two answers were exchanged or not, at random (replicates × cells)."""
        swapped = self.swapped
        assert swapped is not None, "one model has nobody to exchange answers with"
        draws = chance.draws(f"exchange {self._purpose}")
        return self._once("exchange", lambda: resampling.exchange(self.counts, swapped, draws))

    @property
    def _purpose(self) -> str:
        return f"cells {self.attribute}"

    def _once(self, name: str, make: Callable[[], Floats]) -> Floats:
        if name not in self._drawn:
            self._drawn[name] = make()
        return self._drawn[name]

    def values(self, tables: Floats, number: Number, groups: Sequence[str] = ()) -> Floats:
        """Return a number for tables of cells: tables × groups, or tables × 1 over all rows; nan where undefined."""
        metric, model, label = number
        if metric in RATE_METRICS:
            rate = model_rate(metric, model) if label is None else label_rate_of(metric, model, label)
            asked = self._where(rate.equals)
            return self._rate(tables, asked, asked & self._where(rate.hits), groups)
        judged = self._where({"labelled": True, f"{model}_answered": True})
        if metric == "macro_f1":
            return self._macro_f1(tables, model, judged, groups)
        told, truly = self._where({f"{model}_positive": True}), self._where({"label_positive": True})
        if metric == "f1":
            weights = (judged & told).astype(np.float64) + (judged & truly)
            members = self.members(groups)
            both = tables @ ((judged & told & truly)[:, None] * members)
            return resampling.rates_of(2 * both, tables @ (weights[:, None] * members))
        assert metric == "balanced_accuracy", f"no way to compute {metric} from cells"
        right = (self._rate(tables, judged & side, judged & side & (told == truly), groups) for side in (truly, ~truly))
        return np.asarray(sum(right) / 2, dtype=np.float64)

    def gap(self, tables: Floats, number: Number, compare: str, groups: Sequence[str]) -> Floats:
        """Return a number's gap over groups for tables of cells, one a table."""
        return resampling.gap(compare, self.values(tables, number, groups), self.values(tables, number)[:, 0])

    def odds(self, tables: Floats, number: Number, compare: str, groups: Sequence[Sequence[str]]) -> Floats:
        """Return what a model's gaps of true and false positive rate make together (`of_odds`); `groups` set each."""
        rates = zip(ODDS, groups, strict=True)
        gaps = np.stack([self.gap(tables, Number(rate, number.model), compare, setters) for rate, setters in rates])
        if number.metric == "equalized_odds_mean":
            return np.asarray(gaps.mean(axis=0), dtype=np.float64)
        return np.asarray(gaps.max(axis=0) if compare == "difference" else gaps.min(axis=0), dtype=np.float64)

    def label_gap(self, tables: Floats, model: Model, groups: Sequence[str]) -> Floats:
        """Return max − min over groups of the share of positive labels, among the rows with a label and an answer."""
        asked = self._where({"labelled": True, f"{model}_answered": True})
        rates = self._rate(tables, asked, asked & self._where({"label_positive": True}), groups)
        return resampling.gap("difference", rates)

    def members(self, groups: Sequence[str]) -> Floats:
        """Return which cells are in which group (cells × groups), or in one column that every cell is in."""
        if self.attribute is None or not groups:
            return np.ones((len(self.counts), 1))
        column = pl.col(group_column(self.attribute))
        members = self.frame.select(column.list.contains(group).alias(str(place)) for place, group in enumerate(groups))
        return members.to_numpy().astype(np.float64)

    def _where(self, equals: Equals) -> Flags:
        return self.frame.select(holds(self.frame, equals).alias("holds"))["holds"].to_numpy()

    def _rate(self, tables: Floats, asked: Flags, hit: Flags, groups: Sequence[str]) -> Floats:
        members = self.members(groups)
        return resampling.rates_of(tables @ (hit[:, None] * members), tables @ (asked[:, None] * members))

    def _macro_f1(self, tables: Floats, model: Model, judged: Flags, groups: Sequence[str]) -> Floats:
        kept = self.frame.filter(judged)
        truths, answers = kept["label"].to_list(), kept[f"{model}_answer"].to_list()
        members = self.members(groups)[judged]
        columns = [metrics.macro_f1_of_cells(tables[:, judged] * column, truths, answers) for column in members.T]
        return np.stack(columns, axis=1)


def cells_of(evidence: Evidence, models: Sequence[Model], attribute: str | None = None) -> Cells:
    """Return the cells of one model's predictions, or of base and tuned with the mirror of each (without rows, if need be)."""
    groups = [group_column(attribute)] if attribute else []
    answers = [f"{model}_{judged}" for judged in JUDGED for model in models]
    keys = [*groups, *SHARED, *answers]
    found = evidence.cells("predictions").group_by(keys).agg(pl.col(COUNT).sum())
    if len(models) == 1:
        ordered = found.sort(*_order(groups, models))
        return Cells(ordered.drop(COUNT), ordered[COUNT].to_numpy(), attribute)
    mirror = {f"{model}_{judged}": f"{other}_{judged}" for judged in JUDGED for model, other in (PAIR, PAIR[::-1])}
    mirrored = found.rename(mirror).select(*keys, pl.lit(0, dtype=pl.Int64).alias(COUNT))
    every = pl.concat([found, mirrored]).group_by(keys).agg(pl.col(COUNT).sum()).sort(*_order(groups, models))
    numbered = every.with_row_index("cell")
    other = numbered.select(*keys, "cell").rename({**mirror, "cell": "swapped"})
    joined = numbered.join(other, on=keys, how="left", nulls_equal=True, maintain_order="left")
    assert joined["swapped"].null_count() == 0, "a cell has no mirror"
    return Cells(every.drop(COUNT), every[COUNT].to_numpy(), attribute, joined["swapped"].cast(pl.Int64).to_numpy())


def _order(groups: Sequence[str], models: Sequence[Model]) -> list[pl.Expr]:
    answers = [pl.col(f"{model}_answer").fill_null("\x00") for model in models]
    return [*answers, pl.col("label").fill_null("\x00"), *(pl.col(column).list.join("\x1f") for column in groups)]
