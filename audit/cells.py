"""The table of distinct cells (groups, truth, base answer, tuned answer): rates and gaps of both models for many tables at once."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from audit import metrics, resampling
from audit.evidence import holds
from audit.fairness import ODDS, model_rate
from audit.resampling import Floats, Integers
from audit.results import Model
from curate.groups import group_column

MODELS: tuple[Model, Model] = ("base", "tuned")
JUDGED = ("answer", "answered", "positive", "correct")


@dataclass(frozen=True)
class Cells:
    """Distinct cells in a fixed order, the rows in each, and the cell that each becomes when the answers change places."""

    frame: pl.DataFrame
    counts: Integers
    swapped: Integers
    attribute: str | None

    def rates(self, draws: Integers, metric: str, model: Model, groups: Sequence[str] = ()) -> Floats:
        """Return a model's rate for tables of cells: replicates × groups, or replicates × 1 over all rows."""
        rate = model_rate(metric, model)
        asked = self.frame.select(holds(self.frame, rate.equals)).to_series().to_numpy()
        hit = asked & self.frame.select(holds(self.frame, rate.hits)).to_series().to_numpy()
        members = self._members(groups)
        return resampling.rates_of(draws @ (hit[:, None] * members), draws @ (asked[:, None] * members))

    def _members(self, groups: Sequence[str]) -> Integers:
        if self.attribute is None or not groups:
            return np.ones((len(self.counts), 1), dtype=np.int64)
        column = pl.col(group_column(self.attribute))
        members = self.frame.select(column.list.contains(group).alias(str(place)) for place, group in enumerate(groups))
        return members.to_numpy().astype(np.int64)

    def gap(self, draws: Integers, metric: str, model: Model, compare: str, groups: Sequence[str]) -> Floats:
        """Return a model's gap over groups (max − min, or min / max) for tables of cells."""
        rates = self.rates(draws, metric, model, groups)
        return resampling.spread(rates) if compare == "difference" else resampling.share_of_most(rates)

    def odds(self, draws: Integers, model: Model, compare: str, groups: Sequence[Sequence[str]]) -> Floats:
        """Return a model's worse gap of true and false positive rate; `groups` are those that set each."""
        gaps = [self.gap(draws, metric, model, compare, setters) for metric, setters in zip(ODDS, groups, strict=True)]
        return np.maximum(*gaps) if compare == "difference" else np.minimum(*gaps)

    def macro_f1(self, draws: Integers, model: Model) -> Floats:
        """Return a model's macro-F1 for tables of cells, over the rows with a label and an answer."""
        judged = (
            self.frame.select(holds(self.frame, {"labelled": True, f"{model}_answered": True})).to_series().to_numpy()
        )
        kept = self.frame.filter(judged)
        return metrics.macro_f1_of_cells(draws[:, judged], kept["label"].to_list(), kept[f"{model}_answer"].to_list())


def cells_of(table: pl.DataFrame, attribute: str | None = None) -> Cells:
    """Return the cells of a table of predictions, with the mirrored cell of each (without rows, if need be)."""
    groups = [group_column(attribute)] if attribute else []
    shared = [*groups, "label", "labelled", "label_positive"]
    answers = [f"{model}_{judged}" for judged in JUDGED for model in MODELS]
    mirror = {f"{model}_{judged}": f"{other}_{judged}" for judged in JUDGED for model, other in (MODELS, MODELS[::-1])}
    sorted_groups = [pl.col(column).list.sort() for column in groups]
    found = table.with_columns(sorted_groups).group_by(*shared, *answers).agg(pl.len().cast(pl.Int64).alias("n"))
    mirrored = found.rename(mirror).select(*shared, *answers, pl.lit(0, dtype=pl.Int64).alias("n"))
    key = [
        pl.col(column).list.join("\x1f") if column in groups else pl.col(column)
        for column in ("base_answer", "tuned_answer", "label", *groups)
    ]
    every = pl.concat([found, mirrored]).group_by(*shared, *answers).agg(pl.col("n").sum()).sort(*key, nulls_last=True)
    numbered = every.with_row_index("cell")
    other = numbered.select(*shared, *answers, "cell").rename({**mirror, "cell": "swapped"})
    joined = numbered.join(other, on=[*shared, *answers], how="left", nulls_equal=True, maintain_order="left")
    assert joined["swapped"].null_count() == 0, "a cell has no mirror"
    return Cells(every.drop("n"), every["n"].to_numpy(), joined["swapped"].cast(pl.Int64).to_numpy(), attribute)
