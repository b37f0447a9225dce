"""The change of one number from the base model to the tuned one, and the smallest change that so few rows could have shown."""

from audit import intervals, metrics
from audit.results import Measure

NAMES = ("Brier",)


def change_of(base: Measure, tuned: Measure) -> Measure:
    """Return the bare change (tuned − base) of a measure that both models have."""
    name = f"change.{base.id.removeprefix('base.')}"
    change = Measure(
        id=name,
        title=f"Change of {_within_sentence(base.title.replace(', base model', ''))}, tuned − base",
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


def _within_sentence(title: str) -> str:
    """Return a title as it is written within a sentence: names and abbreviations keep their capitals."""
    first = title.split(maxsplit=1)[0]
    return title if first in NAMES or not first[1:].islower() else title[0].lower() + title[1:]


def with_detectable(change: Measure) -> Measure:
    """Give a change the smallest one that an interval of this width would show four times out of five."""
    if change.interval is None:
        return change
    return change.model_copy(update={"detectable": intervals.detectable_change(change.interval)})
