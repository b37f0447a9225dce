"""Gates: what a recipe demands, what was found, and one of three verdicts in plain words. Never a bare pass."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from audit import intervals
from audit.intervals import Count
from audit.results import Measure, Outcome, Verdict
from audit.slugs import join, slug
from audit.unread import Ends, widened
from curate.audit_settings import DATA_METRICS, Gate
from curate.recipe import Recipe

NAMES = {
    "macro_f1": "macro-F1",
    "label_rate": "label rate of the rows to learn from",
    "mention_change": "change of mentions",
    "auc": "AUC",
    "f1": "F1",
    "log_loss": "log loss",
    "equalized_odds": "equalized odds (the worse gap of true and false positive rate)",
    "equalized_odds_mean": "equalized odds (the mean of the gaps of true and false positive rate)",
    "loss": "loss per token",
    "bits_per_byte": "bits per byte",
    "bleu": "BLEU",
    "rouge_l": "ROUGE-L",
    "chrf": "chrF",
    "general_accuracy": "accuracy on the general probe",
    "kl_to_base": "KL divergence per token from the base",
}
COMPARED = {
    "difference": "the difference of {number} between groups of {group}",
    "ratio": "the ratio of {number} between groups of {group}",
    "difference_to_overall": "the largest difference of {number} between a group of {group} and all rows",
    "ratio_to_overall": "the ratio of {number} farthest from 1 between a group of {group} and all rows",
    "lowest": "{number} of the group of {group} where it is lowest",
    "highest": "{number} of the group of {group} where it is highest",
}
OWNERS = {"tuned": " of the tuned model", "base": " of the base model", "given": " of the given predictions"}
NUMBERS = ("auc", "calibration_error", "log_loss", "loss", "bits_per_byte", "bleu", "rouge_l", "chrf", "kl_to_base")
RATIOS = ("ratio", "ratio_to_overall")
PAIRED = {"difference": intervals.detectable_difference, "ratio": intervals.detectable_ratio}
"""The gaps that two groups set, and the smallest of each that two rates would show."""


@dataclass(frozen=True)
class Question:
    """A gate, and whose number it asks for: a model's, `tuned_minus_base`, or nobody's where it is about the data."""

    gate: Gate
    whose: str

    @property
    def limit(self) -> float:
        """The number that must not be passed."""
        limit = self.gate.max if self.gate.max is not None else self.gate.min
        assert limit is not None
        return limit

    @property
    def measure_id(self) -> str:
        """The id of the measure that the gate is about."""
        gate = self.gate
        place = (slug(gate.group), gate.compare) if gate.group else ()
        if gate.metric == "label_rate":
            return join((gate.metric, *place))
        if gate.metric in DATA_METRICS:
            return join((gate.metric, slug(gate.step) if gate.step else "all_steps", *place))
        return join(("change" if self.whose == "tuned_minus_base" else self.whose, gate.metric, *place))

    @property
    def called(self) -> str:
        """What the gate asks about, in words."""
        gate = self.gate
        everywhere = " over all steps" if gate.metric in ("drop_rate", "mention_change") else ""
        number = NAMES.get(gate.metric, gate.metric.replace("_", " ")) + (
            f" of step {gate.step}" if gate.step else everywhere
        )
        number = f"the {number}{OWNERS.get(self.whose, '')}"
        if gate.group:
            number = COMPARED[gate.compare or ""].format(number=number, group=gate.group)
        return f"the change of {number} from base to tuned" if self.whose == "tuned_minus_base" else number

    @property
    def asked(self) -> str:
        """The whole demand, in words."""
        return (
            f"{self.called} must be {'at most' if self.gate.max is not None else 'at least'} {self.shown(self.limit)}"
        )

    @property
    def unit(self) -> str:
        """What stands after a number: percent, points, or nothing."""
        if self.gate.compare in RATIOS or self.gate.metric in NUMBERS:
            return ""
        subtracted = self.gate.compare in ("difference", "difference_to_overall") or self.whose == "tuned_minus_base"
        return " points" if subtracted else " %"

    def bare(self, value: float) -> str:
        """Write a number without its unit."""
        if self.unit:
            return f"{100 * value:.1f}"
        return f"{value:.2f}" if self.gate.compare in RATIOS else f"{value:.3f}"

    def shown(self, value: float) -> str:
        """Write a number with its unit."""
        return self.bare(value) + self.unit


def judge(recipe: Recipe, measures: Mapping[str, Measure]) -> list[Verdict]:
    """Return the verdict on every gate of a recipe."""
    return [
        verdict(Question(gate, _owner(gate, recipe)), measures, recipe.audit.confidence) for gate in recipe.audit.gates
    ]


def _owner(gate: Gate, recipe: Recipe) -> str:
    """Return whose number a gate asks for; where it does not say, the tuned model's, or that of the given predictions."""
    if gate.metric in DATA_METRICS:
        return ""
    return gate.of or ("given" if "given" in recipe.models else "tuned")


def verdict(question: Question, measures: Mapping[str, Measure], confidence: float) -> Verdict:
    """Compare one number, with its interval, with the limit: met or not met only if the whole interval says so."""
    measure = measures.get(question.measure_id)
    ends = widened(measure, measures) if measure is not None and measure.value is not None else None
    outcome = _outcome(question.gate, ends)
    return Verdict(
        gate=question.asked,
        outcome=outcome,
        sentence=_sentence(question, measure, ends, outcome, measures),
        measure=question.measure_id,
        limit=question.limit,
        direction="max" if question.gate.max is not None else "min",
        smallest_detectable=smallest_detectable(measure, measures, confidence) if measure is not None else None,
        needed=needed_rows(measure, ends, question.limit) if outcome == "insufficient evidence" else None,
    )


def _outcome(gate: Gate, ends: Ends | None) -> Outcome:
    if ends is None:
        return "insufficient evidence"
    low, high = ends
    if gate.max is not None:
        return "met" if high <= gate.max else "not met" if low > gate.max else "insufficient evidence"
    assert gate.min is not None
    return "met" if low >= gate.min else "not met" if high < gate.min else "insufficient evidence"


def _beside(question: Question, measure: Measure, measures: Mapping[str, Measure]) -> str:
    """Return, for a change of accuracy, what both models and the commonest label reach: the base may be no better than that."""
    if question.measure_id != "change.accuracy":
        return ""
    named = {"base": measure.parts[0], "tuned": measure.parts[1]} if measure.parts else {}
    reached = {who: measures[name].value for who, name in named.items() if name in measures}
    said = [f"{who} {100 * value:.1f} %" for who, value in reached.items() if value is not None]
    baseline = measures.get("majority_baseline")
    if baseline is not None and baseline.value is not None:
        said.append(f"always answering the commonest label ({baseline.label}) {100 * baseline.value:.1f} %")
    return f"Accuracy: {', '.join(said)}. " if said else ""


def _sentence(
    question: Question, measure: Measure | None, ends: Ends | None, outcome: Outcome, measures: Mapping[str, Measure]
) -> str:
    """Say the value, n, interval, limit and verdict in two or three plain sentences."""
    what = question.called[0].upper() + question.called[1:]
    limit = (
        f"The limit is {'at most' if question.gate.max is not None else 'at least'} {question.shown(question.limit)}"
    )
    if measure is None:
        return f"{what} was not measured in this run. {limit}: insufficient evidence."
    if measure.value is None:
        return f"{what} is undefined: {measure.undefined} (n = {measure.n:,}). {limit}: insufficient evidence."
    who = f": {measure.note.split(';')[0]}; " if measure.note.startswith("highest") else ", "
    found = f"{what} is {question.shown(measure.value)}{who}n = {measure.n:,}"
    if ends is None or measure.interval is None:
        why = "without an interval" if measure.interval is None else "but what the unread answers would be is open"
        return f"{found}, {why}. {limit}: insufficient evidence."
    low, high = ends
    wider = (
        ""
        if ends == (measure.interval.low, measure.interval.high)
        else ", best and worst case of unread answers included"
    )
    between = f"{100 * measure.interval.confidence:g} % interval {question.bare(low)} to {question.shown(high)}{wider}"
    words = {"met": "all of it keeps the limit: met", "not met": "all of it breaks the limit: not met"}
    beside = _beside(question, measure, measures)
    return f"{found}, {between}. {beside}{limit}; {words.get(outcome, 'the interval crosses the limit: insufficient evidence')}."


def needed_rows(measure: Measure | None, ends: Ends | None, limit: float) -> int | None:
    """Return about how many rows would settle an open verdict: as many times more as narrows the interval to end at the limit.

    An interval's width falls with the square root of the rows (of a ratio, that of its logarithm). None where the figure lies at
    the limit, or where more rows would not narrow what unread answers leave open.
    """
    if measure is None or measure.value is None or ends is None or measure.interval is None or not measure.n:
        return None
    if ends != (measure.interval.low, measure.interval.high):
        return None
    low, high, value = ends[0], ends[1], measure.value
    if measure.compare in RATIOS:
        if min(low, value, limit) <= 0:
            return None
        low, high, value, limit = (math.log(end) for end in (low, high, value, limit))
    away = abs(value - limit)
    half = high - value if limit > value else value - low
    return math.ceil(measure.n * (half / away) ** 2) if away > 0 and half > 0 else None


def smallest_detectable(measure: Measure, measures: Mapping[str, Measure], confidence: float) -> float | None:
    """Return the smallest disparity that rows like these would show with a power of 80 %, at the interval's own confidence.

    For a difference or a ratio of rates it is that between the two groups that set it, with the confidence divided over all pairs;
    for any other number the distance from the limit, as its interval tells it, and none for another ratio.
    """
    is_gap = measure.group is None and measure.compare in PAIRED and not measure.id.startswith("change.")
    parts = [measures[part] for part in measure.parts if part in measures]
    rated = [
        (part.value, Count(part.numerator, part.n))
        for part in parts
        if part.numerator is not None and part.value is not None
    ]
    if is_gap and len(rated) == len(parts) > 1:
        counts = [count for _value, count in sorted(rated)]
        each = 1 - (1 - confidence) / (len(counts) * (len(counts) - 1) / 2)
        return PAIRED[measure.compare or ""](counts[0], counts[-1], each)
    if measure.interval is None or measure.compare in RATIOS:
        return None
    return intervals.detectable_change(measure.interval)
