"""The verdicts in words: what was asked, what was found, how sure."""

from audit.report.choosing import ids_of, is_change, only
from audit.report.content import Block, Card, Cards, Prose, Section, Tone
from audit.report.sections.alarms import raised
from audit.report.words import (
    OUTCOME_SYMBOLS,
    PERCENT,
    POINTS,
    capital,
    count,
    interval_of,
    listed,
    number,
    plural,
    unit_of,
)
from audit.representation import COPIES
from audit.results import Audit, Interval, Measure, Outcome, Verdict

TONES: dict[Outcome, Tone] = {"met": "good", "not met": "bad", "insufficient evidence": "open"}
ORDER: tuple[Outcome, ...] = ("not met", "insufficient evidence", "met")


def section(audit: Audit) -> Section:
    """Return the verdicts, those that need attention first."""
    cards = tuple(alarm.card for alarm in raised(audit))
    alarms: tuple[Block, ...] = (Cards(cards),) if cards else ()
    if not audit.verdicts:
        return Section(
            "verdicts",
            "Verdicts",
            "The recipe set no gate, so no verdict was reached. The figures below stand for themselves"
            + (", but for what raised an alarm." if alarms else "."),
            alarms,
        )
    ordered = sorted(audit.verdicts, key=lambda verdict: ORDER.index(verdict.outcome))
    blocks: tuple[Block, ...] = (
        *alarms,
        Cards(tuple(_card(audit, verdict) for verdict in ordered)),
        Prose(
            "A verdict compares one figure, with its interval, with one limit of the recipe. It is evidence for a decision; "
            "whether the limit is the right one, and what follows, is for a person to say."
        ),
    )
    return Section("verdicts", "Verdicts", tally(audit), blocks)


def tally(audit: Audit) -> str:
    """Say how many limits were met, not met, or could not be judged."""
    counts = {outcome: sum(v.outcome == outcome for v in audit.verdicts) for outcome in ORDER}
    parts = [
        f"{'for ' if outcome == 'insufficient evidence' else ''}{_how_many(n, outcome)}"
        for outcome, n in counts.items()
        if n
    ]
    return f"The recipe set {plural(len(audit.verdicts), 'limit')}: {listed(parts)}."


def _how_many(count: int, outcome: Outcome) -> str:
    if outcome == "insufficient evidence":
        return f"{count} the evidence is insufficient"
    return f"{count} {'was' if count == 1 else 'were'} {outcome}"


def _card(audit: Audit, verdict: Verdict) -> Card:
    return Card(
        outcome=verdict.outcome,
        symbol=OUTCOME_SYMBOLS[verdict.outcome],
        tone=TONES[verdict.outcome],
        asked=capital(verdict.gate),
        found=verdict.sentence.replace(" %", PERCENT),
        sure=how_sure(audit, verdict),
        ids=ids_of(only(audit.measures, id=verdict.measure)),
    )


def how_sure(audit: Audit, verdict: Verdict) -> str:
    """Say the interval with its method, and the smallest disparity that so few rows could have shown."""
    measure = only(audit.measures, id=verdict.measure)
    if measure is None:
        return "This run measured nothing that could answer it."
    sentences = []
    if measure.interval is not None:
        sentences.append(
            _interval(
                verdict, measure.interval, f"{interval_of(measure)}{POINTS if unit_of(measure) == 'points' else ''}"
            )
        )
    copies = [note for note in measure.note.split("; ") if COPIES in note]
    sentences += [f"{capital(note)}." for note in copies]
    if measure.value is None:
        sentences.append(f"The figure is undefined: {measure.undefined}.")
    elif measure.interval is None:
        sentences.append("No interval could be computed, so how sure this is cannot be said.")
    if verdict.smallest_detectable is not None:
        sentences.append(
            f"Rows like these would show {_disparity(measure, verdict.smallest_detectable)} four times out of five."
        )
    if verdict.needed is not None:
        sentences.append(
            f"About {count(verdict.needed)} rows like these would settle it, if the figure stayed as it is."
        )
    return " ".join(sentences)


def _interval(verdict: Verdict, interval: Interval, shown: str) -> str:
    """Say the interval and its method; only the method where the sentence of the verdict gives the interval itself."""
    if "interval" in verdict.sentence:
        return f"Interval: {interval.method}."
    return f"{100 * interval.confidence:g}{PERCENT} interval: {shown} ({interval.method})."


def _disparity(measure: Measure, smallest: float) -> str:
    """Say the smallest disparity that could be seen, as what it is: a ratio, a change, a gap, or a distance from the limit."""
    unit = unit_of(measure)
    if unit == "ratio":
        return f"a ratio of {number(smallest, unit)}, or one farther from 1,"
    if unit in ("percent", "points") and smallest > 1:
        return f"no {'change' if is_change(measure) else 'gap'}, however large,"
    said = number(smallest, "points" if unit == "percent" else unit)
    if measure.compare in (None, "lowest", "highest") and not is_change(measure):
        return f"a distance of {said} or more from the limit"
    return f"a {'change' if is_change(measure) else 'gap'} of {said} or more"
