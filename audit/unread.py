"""How far a number could lie from what was measured once the unread answers were known: a third outcome, never a coin flip."""

from collections.abc import Mapping, Sequence

from audit import gap_intervals, metrics
from audit.gaps import TO_OVERALL
from audit.results import Interval, Measure

Ends = tuple[float, float]
OF_SCORES = ("auc", "bpsn_auc", "bnsp_auc")
CASES = ("worst_case", "best_case")


def widened(measure: Measure, measures: Mapping[str, Measure]) -> Ends | None:
    """Return the ends of a measure's interval, widened by the best and the worst case of unread answers.

    None if it has no interval, or if a model left answers unread and the number has no such cases (macro-F1, calibration). An
    AUC goes by scores alone.
    """
    if measure.interval is None:
        return None
    own = (measure.interval.low, measure.interval.high)
    if measure.metric in OF_SCORES:
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
    if measure.metric == "equalized_odds":
        worse = max if measure.compare == "difference" else min
        return _envelope(own, (worse(low for low, _high in found), worse(high for _low, high in found)))
    assert measure.compare in metrics.GROUP_GAPS
    if measure.compare in TO_OVERALL:
        return _envelope(own, _from_overall(found[0], found[1:], measure.compare))
    each = [Interval(low=low, high=high, confidence=1, method="") for low, high in found]
    gap = gap_intervals.gap_of(each, 1, measure.compare)
    return _envelope(own, (gap.low, gap.high)) if gap is not None else own


def _from_overall(overall: Ends, groups: Sequence[Ends], compare: str) -> Ends:
    """Return how far the groups could lie from all rows, at the least and at the most."""
    low, high = overall
    if compare == "difference_to_overall":
        ends = [(max(0.0, one - high, low - other), max(other - low, high - one)) for one, other in groups]
        return max(end[0] for end in ends), max(end[1] for end in ends)
    least = (min(_over(one, high), _over(low, other)) for one, other in groups)
    most = (1.0 if one <= high and low <= other else min(_over(other, low), _over(high, one)) for one, other in groups)
    return min(least), min(most)


def _over(one: float, other: float) -> float:
    return one / other if other > 0 else 1.0


def _envelope(*ends: Ends) -> Ends:
    return min(low for low, _high in ends), max(high for _low, high in ends)
