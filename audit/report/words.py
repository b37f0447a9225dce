"""Numbers as a reader should meet them: percentages with one decimal, signs where they matter, undefined never as zero."""

import math
import re
from collections.abc import Iterable

from audit.report.choosing import CHANGE, is_change
from audit.report.content import Cell, Unit
from audit.report.definitions import define
from audit.results import Measure, Outcome

SPACE = "\u00a0"
BY_ITSELF = (
    "Each interval is by itself, and each p is corrected for all tests of its family: an interval may leave out “no difference” "
    "where p is large."
)
PERCENT, POINTS = f"{SPACE}%", f"{SPACE}points"
OUTCOME_SYMBOLS: dict[Outcome, str] = {"met": "✓", "not met": "✗", "insufficient evidence": "?"}
ILLEGIBLE = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]"
)
SMALLEST_P = 0.001
FEW_DIGITS_FROM = 10


def unit_of(measure: Measure) -> Unit:
    """Return the unit in which a measure is shown: a rate is a percentage, the difference of two rates is in points."""
    unit = define(measure.metric).unit
    if measure.compare in ("ratio", "ratio_to_overall"):
        return "ratio"
    subtracted = measure.compare in ("difference", "difference_to_overall", CHANGE) or is_change(measure)
    return "points" if unit == "percent" and subtracted else unit


def is_signed(measure: Measure) -> bool:
    """Return whether a measure's direction matters: a change, a group against others; not a gap or a count."""
    if measure.numerator is not None and measure.value == measure.numerator:
        return False
    if is_change(measure) or measure.metric == "label_shift":
        return True
    if measure.compare in ("difference", "difference_to_overall"):
        return measure.group is not None or measure.metric == "bias_amplification"
    return unit_of(measure) == "points"


def number(value: float, unit: Unit, *, signed: bool = False) -> str:
    """Write a number in its unit, with a real minus sign."""
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    sign = "+" if signed else ""
    match unit:
        case "percent":
            text = f"{100 * value:.1f}{PERCENT}"
        case "points":
            text = f"{100 * value:{sign}.1f}{POINTS}"
        case "ratio":
            text = f"{value:{sign}.2f}"
        case "count":
            text = f"{value:{sign},.0f}"
        case "number":
            text = f"{value:{sign},.3f}" if abs(value) < FEW_DIGITS_FROM else f"{value:{sign},.1f}"
    return _without_zero_sign(text).replace("-", "−")


def _without_zero_sign(text: str) -> str:
    signed_zero = text[0] in "+-" and not any(digit in text for digit in "123456789")
    return text[1:] if signed_zero else text


def count(value: int) -> str:
    """Write a number of rows."""
    return f"{value:,}"


def probability(value: float) -> str:
    """Write a p-value."""
    return f"<{SPACE}{SMALLEST_P}" if value < SMALLEST_P else f"{value:.3f}"


def plural(number_of: int, one: str, many: str | None = None) -> str:
    """Write a count with its noun."""
    return f"{count(number_of)} {one if number_of == 1 else many or one + 's'}"


def listed(words: Iterable[str]) -> str:
    """Write `a, b and c`."""
    every = list(words)
    return " and ".join([", ".join(every[:-1]), every[-1]]) if len(every) > 1 else "".join(every)


def legible(text: str) -> str:
    """Return text with a mark in place of what no page can hold or what would steer a terminal or turn the reading direction."""
    return ILLEGIBLE.sub("\ufffd", text)


def capital(text: str) -> str:
    """Return the text with its first letter large, the rest as it is."""
    return text[:1].upper() + text[1:]


def value_of(measure: Measure) -> str:
    """Write a measure's value, or that it is undefined."""
    if measure.value is None or math.isnan(measure.value):
        return "undefined"
    return number(measure.value, unit_of(measure), signed=is_signed(measure))


def interval_of(measure: Measure) -> str:
    """Write a measure's interval as `low to high`, or nothing if it has none. The value beside it says `points`."""
    interval = measure.interval
    if interval is None or math.isnan(interval.low) or math.isnan(interval.high):
        return ""
    unit, signed = unit_of(measure), is_signed(measure)
    low, high = (number(end, unit, signed=signed).removesuffix(POINTS) for end in (interval.low, interval.high))
    return f"{low.removesuffix(PERCENT)} to {high}"


def rows_of(measure: Measure) -> str:
    """Write how many rows stand behind a measure."""
    if measure.numerator is not None:
        return f"{count(measure.numerator)} of {count(measure.n)}"
    return f"n {count(measure.n)}" if measure.n else ""


def details_of(measure: Measure, minimum_group_size: int = 0) -> tuple[str, ...]:
    """Write what belongs under a value: why it is undefined, its rows, its interval, its p-value, and that the rows are few."""
    of_group = measure.group is not None and measure.value is not None and unit_of(measure) != "count"
    few = "few rows" if of_group and measure.n < minimum_group_size else ""
    parts = (measure.undefined, rows_of(measure), interval_of(measure), tested(measure), few, unseen(measure))
    return tuple(part for part in parts if part)


def unseen(measure: Measure) -> str:
    """Write, of a change that may be none, the smallest one that so few rows would have shown."""
    interval = measure.interval
    if (
        measure.detectable is None
        or interval is None
        or not is_change(measure)
        or not interval.low <= 0 <= interval.high
    ):
        return ""
    unit = unit_of(measure)
    if unit == "points" and measure.detectable > 1:
        return "could have seen none"
    return f"could have seen {number(measure.detectable, unit)}"


def tested(measure: Measure) -> str:
    """Write a measure's p-value, the adjusted one where there is one, or nothing if it was not tested."""
    if measure.p_adjusted is not None:
        return f"p{SPACE}{probability(measure.p_adjusted)}"
    return f"p{SPACE}{probability(measure.p_value)}, not adjusted" if measure.p_value is not None else ""


def cell_of(measure: Measure | None, minimum_group_size: int = 0) -> Cell:
    """Return a measure as a table's cell; a dash where there is no such measure."""
    if measure is None:
        return Cell("–")
    return Cell(value_of(measure), details_of(measure, minimum_group_size))


def methods_of(measures: Iterable[Measure]) -> tuple[str, ...]:
    """Return the sentences that stand under a table: how its intervals and tests were made, and the measures' notes."""
    every = list(measures)
    intervals = dict.fromkeys(
        f"{100 * m.interval.confidence:g}{SPACE}% {m.interval.method}" for m in every if m.interval is not None
    )
    tests = dict.fromkeys(m.test for m in every if m.test)
    said = {note: [m.group for m in every if m.note == note] for note in dict.fromkeys(m.note for m in every if m.note)}
    notes = [
        f"{capital(whose[0])}: {note}" if len(whose) == 1 and whose[0] else capital(note)
        for note, whose in said.items()
    ]
    return (
        *([f"Intervals: {'; '.join(intervals)}."] if intervals else []),
        *([f"Tests: {'; '.join(tests)}."] if tests else []),
        *([BY_ITSELF] if any(m.interval is not None and m.p_adjusted is not None for m in every) else []),
        *(note if note.endswith((".", "!", "?")) else f"{note}." for note in notes),
    )
