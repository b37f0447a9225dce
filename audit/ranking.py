"""AUC: how well scores put positive rows above negative ones, over all rows, within a group, and of a group against the rest.

Subgroup AUC is over the rows of a group; BPSN AUC (background positive, subgroup negative) is low where negative rows of the group
get higher scores than positive ones of others; BNSP AUC (background negative, subgroup positive) the other way round.
Source: Borkan et al. 2019, Nuanced Metrics for Measuring Unintended Bias, section 3.
"""

import math
from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

from audit import delong, resampling
from audit.cells import PAIR
from audit.changes import change_of, with_detectable
from audit.evidence import Evidence
from audit.gaps import TO_OVERALL
from audit.part_gaps import Called, Levels, Of, bare_level, part_gaps
from audit.rates import Chance, Equals
from audit.resampling import Floats
from audit.results import Interval, Measure, Model, Selection
from audit.slugs import slugs
from curate.groups import UNKNOWN, group_column

TITLES = {
    "auc": "AUC",
    "bpsn_auc": "BPSN AUC (negative rows of the group against positive rows of the rest)",
    "bnsp_auc": "BNSP AUC (positive rows of the group against negative rows of the rest)",
}
NOTHING = "there are not both positive and negative rows with a score"
DRAWN = "draws of both AUCs of each group by DeLong's covariance, percentile and basic joined"
IN_ORDER = "every pair is in order, which leaves DeLong's method nothing to say how sure this is"


def is_scored(evidence: Evidence, model: Model) -> bool:
    """Return whether the predictions of a model come with scores of the positive labels."""
    return f"{model}_score" in evidence.tables["predictions"].columns


def ranking_measures(evidence: Evidence, model: Model, attributes: Sequence[str], chance: Chance) -> list[Measure]:
    """Return AUC over all rows and by group, BPSN and BNSP AUC of every group, and the gaps of AUC between groups."""
    whole = _measure(evidence, "auc", model, chance)
    by_group = [_by_group(evidence, whole, attribute, chance) for attribute in attributes]
    return [whole, *(measure for each in by_group for measure in each)]


def _by_group(evidence: Evidence, whole: Measure, attribute: str, chance: Chance) -> list[Measure]:
    model = whole.model
    assert model is not None
    words = slugs(evidence.groups("predictions", attribute))
    found = [_bare(evidence, "auc", model, (attribute, group, word)) for group, word in words.items()]
    curves = {bare.id: curve_of(evidence, bare) for bare in (whole, *found)}
    each = [_with_curve(bare, curves[bare.id], chance) for bare in found]
    crossed = [
        _measure(evidence, metric, model, chance, (attribute, group, word))
        for group, word in words.items()
        for metric in ("bpsn_auc", "bnsp_auc")
        if group != UNKNOWN
    ]

    def interval_at(measure: Measure, confidence: float) -> Interval | None:
        curve = curves[measure.id]
        return delong.interval(curve, confidence) if curve is not None else None

    return [
        *each,
        *crossed,
        *part_gaps(evidence, Levels(_called("auc", model), attribute, whole, each, interval_at), chance),
    ]


def _measure(evidence: Evidence, metric: str, model: Model, chance: Chance, of: Of | None = None) -> Measure:
    bare = _bare(evidence, metric, model, of)
    return _with_curve(bare, curve_of(evidence, bare), chance)


def _bare(evidence: Evidence, metric: str, model: Model, of: Of | None) -> Measure:
    attribute, group, _word = of or (None, None, None)
    return bare_level(evidence, _called(metric, model), _selection(metric, model, attribute, group), of)


def _called(metric: str, model: Model) -> Called:
    return Called(TITLES[metric], metric, model)


def _with_curve(bare: Measure, curve: delong.Curve | None, chance: Chance) -> Measure:
    if curve is None:
        return bare.model_copy(update={"undefined": NOTHING})
    interval = delong.interval(curve, chance.confidence)
    said = f"{len(curve.positive):,} positive and {len(curve.negative):,} negative rows"
    note = said if interval is not None else f"{said}; {IN_ORDER}"
    return bare.model_copy(update={"value": curve.auc, "interval": interval, "note": note})


def _selection(metric: str, model: Model, attribute: str | None, group: str | None) -> Selection:
    equals: Equals = {"labelled": True, f"{model}_scored": True}
    if attribute is None or group is None:
        return Selection(table="predictions", equals=equals)
    inside, outside = {group_column(attribute): group}, {f"not_{group_column(attribute)}": group}
    if metric == "auc":
        return Selection(table="predictions", equals={**equals, **inside})
    ours = metric == "bnsp_auc"
    either = ({**inside, "label_positive": ours}, {**outside, "label_positive": not ours})
    return Selection(table="predictions", equals=equals, either=either)


def curve_of(evidence: Evidence, measure: Measure) -> delong.Curve | None:
    """Return the curve of an AUC from its rows."""
    assert measure.selection is not None
    score = f"{measure.model}_score"
    rows = evidence.select(measure.selection, "label_positive", score)
    positive = rows["label_positive"]
    return delong.curve(rows[score].filter(positive).to_numpy(), rows[score].filter(~positive).to_numpy())


def ranking_changes(evidence: Evidence, found: Sequence[Measure], chance: Chance) -> list[Measure]:
    """Return the change of each AUC from base to tuned over the same rows (DeLong's paired test), and of each gap."""
    by_id = {measure.id: measure for measure in found}
    changes = []
    for base in (m for m in found if m.model == "base" and m.metric in TITLES):
        tuned = by_id.get(f"tuned.{base.id.removeprefix('base.')}")
        if tuned is not None and base.compare not in TO_OVERALL:
            compared = _change if base.compare is None else _gap_change
            changes.append(with_detectable(compared(evidence, (base, tuned), by_id, chance)))
    return changes


def _change(
    evidence: Evidence, pair: tuple[Measure, Measure], _by_id: Mapping[str, Measure], chance: Chance
) -> Measure:
    change = change_of(*pair)
    both = _pair_of(evidence, pair[0])
    tested = delong.paired_change(both, chance.confidence) if both is not None else None
    if tested is None:
        return change
    interval, p_value = tested
    return change.model_copy(update={"interval": interval, "p_value": p_value, "test": "DeLong's paired test"})


def _pair_of(evidence: Evidence, base: Measure) -> delong.Pair | None:
    """Return both models' AUCs over the rows that one of them scored, from the measure of the base."""
    assert base.selection is not None
    equals = {name: value for name, value in base.selection.equals.items() if name != "base_scored"}
    selection = base.selection.model_copy(update={"equals": equals})
    rows = evidence.select(selection, "label_positive", *(f"{model}_score" for model in PAIR))
    before, after = (rows[f"{model}_score"].cast(pl.Float64).fill_null(math.nan).to_numpy() for model in PAIR)
    return delong.pair(before, after, rows["label_positive"].to_numpy().astype(bool))


def _gap_change(
    evidence: Evidence, pair: tuple[Measure, Measure], by_id: Mapping[str, Measure], chance: Chance
) -> Measure:
    """Return the change of a gap: both AUCs of each group are drawn together, and groups as if they shared no rows."""
    base, tuned = pair
    change = change_of(base, tuned)
    if change.value is None:
        return change
    draws = chance.draws(change.id)
    generator, drawn = draws.generator(), dict[str | None, Floats]()
    for part in dict.fromkeys((*base.parts, *(name.replace("tuned.", "base.", 1) for name in tuned.parts))):
        both = _pair_of(evidence, by_id[part])
        made = delong.paired_draws(both, draws.replicates, generator) if both is not None else None
        if made is None:
            return change
        drawn[by_id[part].group] = made
    gaps = [
        resampling.gap(base.compare or "", np.stack([drawn[by_id[part].group][:, place] for part in gap.parts], axis=1))
        for place, gap in enumerate((base, tuned))
    ]
    interval = resampling.joined_with_basic(gaps[1] - gaps[0], change.value, chance.confidence, draws.says(DRAWN))
    return change.model_copy(update={"interval": interval})
