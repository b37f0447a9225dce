"""Finding measures in an audit, and putting groups in an order that a reader can follow."""

from collections.abc import Iterable

from audit.metrics import FEW_SHOT
from audit.results import Audit, Measure
from curate.groups import NONE_MENTIONED, UNKNOWN

LAST = (NONE_MENTIONED, UNKNOWN)
DATA_METRICS = (
    "rows", "share", "known_share", "label_rate", "stage_share", "stage_label_rate", "label_shift", "made_label_rate",
    "drop_rate", "changed_rate", "added_rows", "refused",
    "mention_before", "mention_after", "mention_change", "label_impact_ratio", "label_impact_ratio_one_more",
    "npmi", "npmi_group", "npmi_label", "word_rows", "word_share", "log_odds",
    "flip", "swapped", "swap_lost", "swap_gained", "flipped_at", "changed_differently",
)  # fmt: skip
CHANGE = "tuned_minus_base"
WRITTEN_METRICS = ("ended", "written_tokens", "repetition", "written_unparsed", "written_accuracy")
"""What a model wrote by itself: a table of its own."""
BASELINES = ("majority_baseline", "majority_macro_f1")


def having(measures: Iterable[Measure], **wanted: object) -> tuple[Measure, ...]:
    """Return the measures whose fields equal these values."""
    return tuple(m for m in measures if all(getattr(m, field) == value for field, value in wanted.items()))


def only(measures: Iterable[Measure], **wanted: object) -> Measure | None:
    """Return the first measure whose fields equal these values, or None."""
    return next(iter(having(measures, **wanted)), None)


def without_probes(audit: Audit) -> Audit:
    """Return the audit without the measures of probes, which are about no row of the data."""
    return audit.model_copy(update={"measures": tuple(m for m in audit.measures if m.probe is None)})


def without_seeds(audit: Audit) -> Audit:
    """Return the audit without the figures of further models that differ in the seed of training."""
    return audit.model_copy(update={"measures": tuple(m for m in audit.measures if not m.metric.startswith("seed_"))})


def of_few_shot(measure: Measure) -> bool:
    """Return whether a measure is of the base with examples in its prompt."""
    return measure.metric.startswith(FEW_SHOT)


def is_change(measure: Measure) -> bool:
    """Return whether a measure compares the tuned model with the base."""
    return measure.compare == CHANGE or measure.id.startswith("change.")


def attributes_of(measures: Iterable[Measure]) -> tuple[str, ...]:
    """Return the attributes that these measures speak of, in order of first appearance."""
    return tuple(dict.fromkeys(m.attribute for m in measures if m.attribute is not None))


def groups_of(measures: Iterable[Measure]) -> tuple[str, ...]:
    """Return the groups that these measures speak of; the counted leftovers (none mentioned, unknown) stand last."""
    found = dict.fromkeys(m.group for m in measures if m.group is not None)
    return tuple(sorted(found, key=lambda group: LAST.index(group) + 1 if group in LAST else 0))


def by_value(groups: tuple[str, ...], measures: Iterable[Measure]) -> tuple[str, ...]:
    """Sort groups by the value of their measure, highest first; undefined and leftovers last."""
    value = {m.group: m.value for m in measures}

    def place(group: str) -> tuple[int, float]:
        found = value.get(group)
        leftover = LAST.index(group) + 1 if group in LAST else 0
        return (leftover, float("inf") if found is None else -found)

    return tuple(sorted(groups, key=place))


def spread(audit: Audit, measures: Iterable[Measure]) -> float:
    """Return the highest value less the lowest among groups large enough to set a gap; 0 where fewer than two are."""
    values = [
        m.value for m in measures if m.group is not None and m.value is not None and m.n >= audit.minimum_group_size
    ]
    return max(values) - min(values) if len(values) > 1 else 0.0


def ids_of(*measures: Measure | None) -> tuple[str, ...]:
    """Return the ids of the measures that there are."""
    return tuple(m.id for m in measures if m is not None)
