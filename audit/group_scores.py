"""Numbers of the table of truth and answer that are no share of rows: balanced accuracy, F1 and macro-F1, overall and by group.

Their intervals resample the table of cells: percentiles of the same draws for every number of an attribute.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from audit import resampling
from audit.cells import Cells, Number, cells_of
from audit.evidence import Evidence
from audit.part_gaps import Called, Levels, Of, bare_level, part_gaps
from audit.rates import Chance, Equals
from audit.resampling import Floats
from audit.results import Interval, Measure, Model, Selection
from audit.slugs import slugs
from curate.audit_settings import POSITIVE_METRICS, SCORE_METRICS
from curate.groups import group_column
from curate.task import Classification

TITLES = {"balanced_accuracy": "Balanced accuracy", "f1": "F1 of positive labels", "macro_f1": "Macro F1"}
NOTHING = {
    "balanced_accuracy": "there are not both truly positive and truly negative rows",
    "f1": "no row is truly positive or answered with a positive label",
    "macro_f1": "no row here has both a label and an answer",
}


@dataclass(frozen=True)
class _Scored:
    """One score of one model: where its rows are, and its resampled values."""

    metric: str
    model: Model
    cells: Cells
    chance: Chance
    _drawn: dict[str | None, Floats] = field(default_factory=dict, repr=False, compare=False)

    @property
    def called(self) -> Called:
        """What it is called."""
        return Called(TITLES[self.metric], self.metric, self.model)

    @property
    def equals(self) -> Equals:
        """The rows that have a label and an answer."""
        return {"labelled": True, f"{self.model}_answered": True}

    def values(self, groups: Sequence[str], *, drawn: bool) -> Floats:
        """Return the score (tables × groups), of the observed table or of the resampled ones."""
        tables = self.cells.resampled(self.chance) if drawn else self.cells.observed()
        return self.cells.values(tables, Number(self.metric, self.model), groups)

    def interval_at(self, measure: Measure, confidence: float) -> Interval | None:
        """Return the percentile interval of a measure's resampled values."""
        if measure.group not in self._drawn:
            self._drawn[measure.group] = self.values([measure.group] if measure.group is not None else [], drawn=True)
        values = self._drawn[measure.group][:, 0]
        return resampling.percentile(values, confidence, self.chance.says("bootstrap of cells"))


def scores_among(task: Classification) -> tuple[str, ...]:
    """Return the scores that fit a task: those of positive labels only where it names some."""
    return tuple(metric for metric in SCORE_METRICS if task.positive or metric not in POSITIVE_METRICS)


def overall_scores(evidence: Evidence, model: Model, asked: Sequence[str], chance: Chance) -> list[Measure]:
    """Return the scores that are asked for over all rows."""
    cells = cells_of(evidence, [model])
    return [_measure(evidence, _Scored(metric, model, cells, chance)) for metric in asked]


def score_measures(
    evidence: Evidence, model: Model, attribute: str, asked: Sequence[str], chance: Chance
) -> list[Measure]:
    """Return the scores that are asked for, for every group of an attribute, and the gaps between its groups."""
    if not asked:
        return []
    cells = cells_of(evidence, [model], attribute)
    words = slugs(evidence.groups("predictions", attribute))
    measures = []
    for metric in asked:
        scored = _Scored(metric, model, cells, chance)
        each = [_measure(evidence, scored, (attribute, group, word)) for group, word in words.items()]
        whole = _measure(evidence, scored)
        measures += [
            *each,
            *part_gaps(evidence, Levels(scored.called, attribute, whole, each, scored.interval_at), chance),
        ]
    return measures


def _measure(evidence: Evidence, scored: _Scored, of: Of | None = None) -> Measure:
    attribute, group, _word = of or (None, None, None)
    members: Equals = {group_column(attribute): group} if attribute is not None and group is not None else {}
    selection = Selection(table="predictions", equals={**scored.equals, **members})
    bare = bare_level(evidence, scored.called, selection, of)
    value = float(scored.values([group] if group is not None else [], drawn=False)[0, 0])
    if np.isnan(value):
        return bare.model_copy(update={"undefined": NOTHING[scored.metric]})
    return bare.model_copy(update={"value": value, "interval": scored.interval_at(bare, scored.chance.confidence)})
