"""Base against tuned on the same rows: McNemar, who got better or worse, and the change of every number and of every gap.

The change of a rate over the same rows has Newcombe's paired interval and McNemar's test. The interval of any other change
resamples the cells of (groups, truth, base answer, tuned answer), so it is paired; its p-value comes from exchanging a row's two
answers at random. All tests of the whole and of the gaps are one family (Holm), those of single groups another.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from audit import intervals, metrics, resampling
from audit.cells import PAIR, Cells, Number, cells_of
from audit.changes import change_of, with_detectable
from audit.evidence import Evidence
from audit.families import holm
from audit.model_rates import OF_SAME_ROWS
from audit.rates import Chance
from audit.resampling import JOINED, Floats, OfTables
from audit.results import Measure, Model
from audit.selecting import COUNT, holds, select
from curate.audit_settings import GAP_METRICS, ODDS_METRICS, RATE_METRICS, SCORE_METRICS

OF_CELLS = (*RATE_METRICS, *SCORE_METRICS)
GAPS = metrics.GROUP_GAPS
TESTED = "difference"
"""A change of this gap is tested by exchanging answers; one of another gap would be the same question asked again."""


def comparison_measures(
    evidence: Evidence,
    attributes: Sequence[str],
    found: Sequence[Measure],
    chance: Chance,
    *,
    one_by_one: str = "group by group",
    compared: str = "base against tuned",
) -> list[Measure]:
    """Return the changes of two classifiers; `found` are the measures of each of them.

    `compared` says who they are, and `one_by_one` names the family of groups.
    """
    by_id = {measure.id: measure for measure in found}
    whole: list[Measure] = []
    groups: list[Measure] = []
    for attribute in (None, *attributes):  # one attribute's draws are in memory at a time
        paired = _Paired(evidence, cells_of(evidence, PAIR, attribute), by_id, chance)
        for base in (measure for measure in found if measure.model == "base" and measure.attribute == attribute):
            tuned = by_id.get(f"tuned.{base.id.removeprefix('base.')}")
            change = paired.change(base, tuned) if tuned is not None else None
            if change is not None:
                (whole if change.group is None else groups).append(with_detectable(change))
    return [
        *holm(whole, f"{compared}: the numbers over all rows and every gap"),
        *holm(groups, f"{compared}, {one_by_one}"),
    ]


@dataclass(frozen=True)
class _Paired:
    """What the changes of one attribute's measures are worked out from."""

    evidence: Evidence
    cells: Cells
    by_id: Mapping[str, Measure]
    chance: Chance

    def change(self, base: Measure, tuned: Measure) -> Measure | None:
        """Return the change of one measure, or None for one whose change says nothing: the rest, bounds, labels' own figures."""
        if base.compare is None and base.label is None and base.metric in OF_CELLS:
            return self._level(base, tuned)
        gap = base.group is None and base.compare in GAPS and base.attribute is not None
        return self._gap(base, tuned) if gap and base.metric in (*OF_CELLS, *GAP_METRICS) else None

    def _level(self, base: Measure, tuned: Measure) -> Measure:
        """Return the change of a number over all rows, or over those of a group."""
        change = change_of(base, tuned)
        if change.value is None:
            return change
        groups = [base.group] if base.group is not None else []

        def values(tables: Floats) -> Floats:
            before, after = (self.cells.values(tables, Number(base.metric, model), groups)[:, 0] for model in PAIR)
            return after - before

        if base.metric not in OF_SAME_ROWS:
            return self._resampled(change, values, tested=True)
        pairs = _pairs(self.evidence, base)
        p_value = resampling.mcnemar_p(pairs[1], pairs[2])
        tested = change.model_copy(update={"p_value": p_value, "test": "exact McNemar"})
        if sum(pairs) == base.n == tuned.n:  # it says how sure it is even if no answer changed, or none for the worse
            return tested.model_copy(update={"interval": intervals.newcombe_paired(*pairs, self.chance.confidence)})
        return self._drawn(tested, values)

    def _gap(self, base: Measure, tuned: Measure) -> Measure:
        """Return the change of a gap. The groups that set each model's gap stay the same in every replicate."""
        change = change_of(base, tuned)
        if change.value is None:
            return change

        def values(tables: Floats) -> Floats:
            return self._gaps(tables, tuned, "tuned") - self._gaps(tables, base, "base")

        return self._resampled(change, values, tested=base.compare == TESTED)

    def _gaps(self, tables: Floats, measure: Measure, model: Model) -> Floats:
        """Return the gap of a measure for tables of cells."""
        compare = measure.compare or ""
        if measure.metric in ODDS_METRICS:
            setters = [self._setters(self.by_id[part]) for part in measure.parts]
            return self.cells.odds(tables, Number(measure.metric, model), compare, setters)
        if measure.metric == "bias_amplification":
            selected, labelled = (self._setters(self.by_id[part]) for part in measure.parts)
            selection = self.cells.gap(tables, Number("selection_rate", model), compare, selected)
            return selection - self.cells.label_gap(tables, model, labelled)
        return self.cells.gap(tables, Number(measure.metric, model, measure.label), compare, self._setters(measure))

    def _setters(self, gap: Measure) -> list[str]:
        """Return the groups that set a gap."""
        return [group for part in gap.parts if (group := self.by_id[part].group) is not None]

    def _drawn(self, change: Measure, values: OfTables) -> Measure:
        """Give a change its paired bootstrap interval."""
        assert change.value is not None
        drawn = values(self.cells.resampled(self.chance))
        interval = resampling.joined_with_basic(drawn, change.value, self.chance.confidence, self.chance.says(JOINED))
        note = "" if interval is not None else resampling.NO_SPREAD
        return change.model_copy(update={"interval": interval, "note": note})

    def _resampled(self, change: Measure, values: OfTables, *, tested: bool) -> Measure:
        """Give a change its paired bootstrap interval and, if it is tested, the p-value of exchanging answers."""
        drawn = self._drawn(change, values)
        if not tested or change.value is None:
            return drawn
        chance = self.chance
        p_value = resampling.exchange_p(values(self.cells.exchanged(chance)), change.value)
        said = f"exchange of answers row by row, {chance.replicates} draws, seed {chance.seed}"
        return drawn.model_copy(update={"p_value": p_value, "test": said if p_value is not None else ""})


def _pairs(evidence: Evidence, base: Measure) -> tuple[int, int, int, int]:
    """Count the rows that both models answered by who hits: both, base alone, tuned alone, neither."""
    assert base.selection is not None
    equals = {key: value for key, value in base.selection.equals.items() if key != "base_answered"}
    cells = select(evidence.cells("predictions"), {**equals, "both_answered": True})
    first = holds(cells, base.hits)
    second = holds(cells, {key.replace("base_", "tuned_", 1): value for key, value in base.hits.items()})
    counts = cells.group_by(first=first, second=second).agg(pl.col(COUNT).sum())
    found = {(one, other): rows for one, other, rows in counts.iter_rows()}
    both, alone, other, neither = (
        found.get(cell, 0) for cell in ((True, True), (True, False), (False, True), (False, False))
    )
    return both, alone, other, neither
