"""How far a number could lie from what was measured once the unread answers were known: a third outcome, never a coin flip."""

from collections.abc import Mapping

from audit import gap_intervals, metrics
from audit.gaps import TO_OVERALL
from audit.results import Interval, Measure
from curate.audit_settings import ODDS_METRICS

Ends = tuple[float, float]
OF_SCORES = ("auc", "bpsn_auc", "bnsp_auc")
CASES = ("worst_case", "best_case")


def widened(measure: Measure, measures: Mapping[str, Measure]) -> Ends | None:
    """Return the ends of a measure's interval, widened by the best and the worst case of unread answers.

    None if it has no interval, or if a model left answers unread and the number has no such cases (macro-F1, calibration). An
    AUC goes by scores alone, and so do probes.
    """
    if measure.interval is None:
        return None
    own = (measure.interval.low, measure.interval.high)
    if measure.metric in OF_SCORES or measure.probe is not None:
        return own
    if measure.parts:
        return _of_parts(measure, own, measures)
    unread = measures.get(f"{measure.model}.unparsed")
    if measure.model is None or unread is None or not unread.numerator:
        return own
    cases = [measures[name].interval for name in (f"{measure.id}.{case}" for case in CASES) if name in measures]
    known = [case for case in cases if case is not None]
    return _envelope(own, *((case.low, case.high) for case in known)) if known else None


def _of_parts(measure: Measure, own: Ends, measures: Mapping[str, Measure]) -> Ends | None:
    parts = [measures[part] for part in measure.parts]
    ends = [widened(part, measures) for part in parts]
    if any(end is None for end in ends):
        return (
            None
            if any(part.interval is not None for part, end in zip(parts, ends, strict=True) if end is None)
            else own
        )
    found = [end for end in ends if end is not None]
    if all(
        part.interval is not None and end == (part.interval.low, part.interval.high)
        for part, end in zip(parts, found, strict=True)
    ):
        return own
    if measure.id.startswith("change."):
        (base_low, base_high), (low, high) = found
        return _envelope(own, (low - base_high, high - base_low))
    if measure.metric in ODDS_METRICS:
        joined = metrics.of_odds(measure.metric, measure.compare or "")
        return _envelope(own, (joined(low for low, _high in found), joined(high for _low, high in found)))
    assert measure.compare in metrics.GROUP_GAPS
    if measure.compare in TO_OVERALL:
        return _envelope(own, gap_intervals.from_overall(found[0], found[1:], measure.compare))
    each = [Interval(low=low, high=high, confidence=1, method="") for low, high in found]
    gap = gap_intervals.gap_of(each, 1, measure.compare)
    return _envelope(own, (gap.low, gap.high)) if gap is not None else own


def _envelope(*ends: Ends) -> Ends:
    return min(low for low, _high in ends), max(high for _low, high in ends)
