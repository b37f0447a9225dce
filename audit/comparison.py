"""Base against tuned on the same rows: McNemar, who got better or worse, and the change of every rate and of every gap.

The interval of a change resamples the cells of (groups, truth, base answer, tuned answer), so it is paired; its p-value is
McNemar's for a rate, and for anything else comes from exchanging the two answers of a row at random. All tests of the whole and of
the gaps are one family (Holm), those of single groups another.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

from audit import intervals, metrics, resampling
from audit.cells import MODELS, Cells, cells_of
from audit.evidence import Evidence, select
from audit.fairness import ODDS, TITLES, model_rate
from audit.families import holm
from audit.quotients import TITLES as QUOTIENTS
from audit.quotients import quotient
from audit.rates import Chance, Equals, count_groups
from audit.resampling import Floats, Integers
from audit.results import Interval, Measure, Selection
from audit.slugs import join, slug, slugs
from curate.groups import group_column

BOTH = Equals({"labelled": True, "both_answered": True})


def comparison_measures(
    evidence: Evidence, attributes: Sequence[str], found: Sequence[Measure], chance: Chance
) -> list[Measure]:
    """Return the comparison of two classifiers; `found` are the measures of each of them."""
    by_id = {measure.id: measure for measure in found}
    cells: dict[str | None, Cells] = {
        place: cells_of(evidence.tables["predictions"], place) for place in (None, *attributes)
    }
    whole, groups = [], []
    for base in found:
        tuned = by_id.get(f"tuned.{base.id.removeprefix('base.')}")
        if (
            base.model != "base"
            or tuned is None
            or (base.compare is not None and (base.compare not in metrics.GROUP_GAPS or base.group))
        ):
            continue
        if base.group is not None and base.metric in TITLES:
            groups.append(_rate_change(evidence, base, tuned, cells[base.attribute], chance))
        elif base.compare is not None:
            assert base.attribute is not None
            whole.append(_gap_change(evidence, base, tuned, cells[base.attribute], chance))
        elif base.metric in TITLES and base.attribute is None:
            whole.append(_rate_change(evidence, base, tuned, cells[None], chance))
        elif base.metric == "macro_f1":
            whole.append(_macro_f1_change(base, tuned, cells[None], chance))
    tested = holm(whole, "base against tuned: the rates, macro-F1 and every gap")
    return [
        *_mcnemar(evidence),
        *tested,
        *holm(groups, "base against tuned, group by group"),
        *_better_or_worse(evidence, attributes),
    ]


def change_of(base: Measure, tuned: Measure) -> Measure:
    """Return the bare change (tuned − base) of a measure that both models have."""
    name = f"change.{base.id.removeprefix('base.')}"
    change = Measure(
        id=name,
        title=f"Change of {base.title[0].lower()}{base.title[1:].replace(', base model', '')}, tuned − base",
        metric=base.metric,
        attribute=base.attribute,
        group=base.group,
        label=base.label,
        compare=base.compare or metrics.CHANGE,
        parts=(base.id, tuned.id),
        n=max(base.n, tuned.n),
        undefined="; ".join(dict.fromkeys(part.undefined for part in (base, tuned) if part.undefined)),
    )
    return change.model_copy(update={"value": metrics.combine(change, [base.value, tuned.value])})


def _pairs(evidence: Evidence, base: Measure) -> tuple[int, int, int, int]:
    """Count the rows that both models answered by who hits: both, base alone, tuned alone, neither."""
    assert base.selection is not None
    equals = {key: value for key, value in base.selection.equals.items() if key != "base_answered"}
    rows = select(evidence.tables["predictions"], {**equals, "both_answered": True})
    (hit,) = base.hits
    first, second = rows[hit].fill_null(value=False), rows[hit.replace("base_", "tuned_", 1)].fill_null(value=False)
    return (
        int((first & second).sum()),
        int((first & ~second).sum()),
        int((~first & second).sum()),
        int((~first & ~second).sum()),
    )


def _rate_change(evidence: Evidence, base: Measure, tuned: Measure, cells: Cells, chance: Chance) -> Measure:
    """Return the change of a rate with its resampled interval.

    Where both models answered the same rows, a group's interval is Newcombe's, which says how sure it is even if no answer
    changed; so is that of the whole if resampling cannot say it.
    """
    change, pairs = change_of(base, tuned), _pairs(evidence, base)
    if change.value is None:
        return change
    groups = [base.group] if base.group is not None else []

    def value(draws: Integers) -> Floats:
        before, after = (cells.rates(draws, base.metric, model, groups)[:, 0] for model in MODELS)
        return after - before

    closed = intervals.newcombe_paired(*pairs, chance.confidence) if sum(pairs) == base.n == tuned.n else None
    if base.group is not None and closed is not None:
        interval: Interval | None = closed
    else:
        drawn = resampling.bootstrap_cells(cells.counts, value, chance.draws(change.id), "paired bootstrap")
        interval = drawn or closed
    return change.model_copy(
        update={"interval": interval, "p_value": resampling.mcnemar_p(pairs[1], pairs[2]), "test": "exact McNemar"}
    )


def _macro_f1_change(base: Measure, tuned: Measure, cells: Cells, chance: Chance) -> Measure:
    change = change_of(base, tuned)

    def value(draws: Integers) -> Floats:
        return cells.macro_f1(draws, "tuned") - cells.macro_f1(draws, "base")

    return _resampled(change, value, cells, chance, tested=True)


def _gap_change(evidence: Evidence, base: Measure, tuned: Measure, cells: Cells, chance: Chance) -> Measure:
    """Return the change of a gap. The groups that set each model's gap stay the same in every replicate."""
    change, compare = change_of(base, tuned), base.compare or ""

    def gap(draws: Integers, place: int) -> Floats:
        model = MODELS[place]
        if base.metric == "equalized_odds":
            return cells.odds(draws, model, compare, [setters[metric][place] for metric in ODDS])
        return cells.gap(draws, base.metric, model, compare, setters[base.metric][place])

    asked = ODDS if base.metric == "equalized_odds" else (base.metric,)
    setters = {
        metric: [
            count_groups(evidence, model_rate(metric, model), base.attribute or "").setters(chance.minimum)
            for model in MODELS
        ]
        for metric in asked
    }
    return _resampled(
        change, lambda draws: gap(draws, 1) - gap(draws, 0), cells, chance, tested=compare == "difference"
    )


def _resampled(change: Measure, value: resampling.OfCells, cells: Cells, chance: Chance, *, tested: bool) -> Measure:
    """Give a change its paired bootstrap interval and, if it is tested, the p-value of exchanging answers."""
    if change.value is None:
        return change
    draws = chance.draws(change.id)
    if change.compare in metrics.GROUP_GAPS:
        interval = resampling.bootstrap_gap(cells.counts, value, change.value, draws)
    else:
        interval = resampling.bootstrap_cells(cells.counts, value, draws, "paired bootstrap")
    p_value = resampling.swap_p(cells.counts, cells.swapped, value, change.value, draws) if tested else None
    test = (
        f"exchange of answers row by row, {chance.replicates} draws, seed {chance.seed}" if p_value is not None else ""
    )
    note = "" if interval is not None else resampling.NO_SPREAD
    return change.model_copy(update={"interval": interval, "p_value": p_value, "test": test, "note": note})


def _mcnemar(evidence: Evidence) -> list[Measure]:
    """Return how many rows each model alone has right, and the exact test of whether the two numbers differ."""
    selection = Selection(table="predictions", equals=BOTH)
    rows = evidence.select(selection)
    worse, better = (_count("", rows, selection, kind) for kind in ("worse", "better"))
    p_value = resampling.mcnemar_p(worse.numerator or 0, better.numerator or 0)
    test = Measure(
        id="mcnemar",
        title="Base against tuned on the same rows",
        metric="mcnemar",
        value=p_value,
        p_value=p_value,
        n=len(rows),
        parts=(worse.id, better.id),
        test=f"exact McNemar on {(worse.numerator or 0) + (better.numerator or 0)} rows where one alone is right",
    )
    return [test, worse, better]


def _count(name: str, rows: pl.DataFrame, selection: Selection, kind: str, **values: str) -> Measure:
    count = int((rows["change"] == kind).sum())
    who = f", {values['attribute']}: {values['group']}" if values else ""
    said = "tuned right and base wrong" if kind == "better" else "base right and tuned wrong"
    return Measure(
        id=join(("change", kind, name)),
        title=f"Rows that got {kind} ({said}){who}",
        metric=kind,
        value=float(count),
        numerator=count,
        n=len(rows),
        selection=selection,
        hits={"change": kind},
        **values,
    )


def _better_or_worse(evidence: Evidence, attributes: Sequence[str]) -> list[Measure]:
    """Return for every group how many of its rows got better and how many worse."""
    table, measures = evidence.tables["predictions"], []
    for attribute in attributes:
        for group, word in slugs(evidence.groups("predictions", attribute)).items():
            selection = Selection(table="predictions", equals={**BOTH, group_column(attribute): group})
            rows = select(table, selection.equals)
            measures += [
                _count(join((slug(attribute), word)), rows, selection, kind, attribute=attribute, group=group)
                for kind in ("better", "worse")
            ]
    return measures


def quotient_changes(evidence: Evidence, found: Mapping[str, Measure], chance: Chance) -> list[Measure]:
    """Return the change of the numbers that are quotients of sums over rows (see `quotients`), with paired intervals."""
    asked = [metric for metric in QUOTIENTS if {f"base.{metric}", f"tuned.{metric}"} <= set(found)]
    return [_quotient_change(evidence, found[f"base.{metric}"], found[f"tuned.{metric}"], chance) for metric in asked]


def _quotient_change(evidence: Evidence, base: Measure, tuned: Measure, chance: Chance) -> Measure:
    change = change_of(base, tuned)
    if change.value is None:
        return change
    before, after = (quotient(evidence.tables["predictions"], base.metric, model) for model in MODELS)
    border = before.columns.shape[1]

    def value(sums: Floats) -> Floats:
        return after.value(sums[:, border:]) - before.value(sums[:, :border])

    columns = np.hstack([before.columns, after.columns])
    interval = resampling.bootstrap_rows(columns, value, chance.draws(change.id), "paired bootstrap")
    return change.model_copy(
        update={"interval": interval, "note": "" if interval is not None else resampling.NO_SPREAD}
    )
