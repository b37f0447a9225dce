"""How the report opens: its title, what it is, and a handful of figures, alike in every rendering."""

from dataclasses import dataclass

from audit.report.choosing import having, only
from audit.report.content import Fact
from audit.report.sections.account import sides, totals
from audit.report.sections.alarms import raised
from audit.report.words import OUTCOME_SYMBOLS, SPACE, count, listed, number, value_of
from audit.results import Audit, Outcome
from audit.vocabulary import came_with_data, model_names

WORST_FIRST: dict[Outcome, str] = {
    "not met": "not met",
    "insufficient evidence": "without enough evidence",
    "met": "met",
}
"""The outcomes in the order in which they are told, and how they are told of some gates."""


@dataclass(frozen=True)
class Opening:
    """The head of the report."""

    title: str
    sentence: str
    facts: tuple[Fact, ...]


def opening(audit: Audit) -> Opening:
    """Return the head of an audit's report."""
    sentence = f"Evidence for a reviewer about {_about(audit)}. The task is {audit.task}. It helps to decide; it does not decide."
    return Opening(f"Audit of {audit.name}", sentence, _facts(audit))


def _about(audit: Audit) -> str:
    if not audit.models:
        return "its data"
    if audit.models == ("given",):
        return "its data and the predictions given with it"
    models = listed(model_names(audit)[model].lower() for model in audit.models)
    return (
        f"its data and what was given with it ({models})"
        if came_with_data(audit)
        else f"its data and its models ({models})"
    )


def _facts(audit: Audit) -> tuple[Fact, ...]:
    facts = [_verdicts(audit)]
    facts += _accuracy(audit)
    alarms = raised(audit)
    if alarms:
        facts.append(Fact("Alarms", f"! {len(alarms)}", "; ".join(dict.fromkeys(alarm.short for alarm in alarms))))
    if audit.steps:
        came, dropped, quarantined, added = totals(audit)
        left = dropped + quarantined
        facts.append(Fact("Rows came in", count(came)))
        unread = f"; {count(quarantined)} could not be read" if quarantined else ""
        facts.append(
            Fact("Rows removed", count(left), f"{number(left / came, 'percent')} of all{unread}" if came else "")
        )
        facts.append(Fact("Rows added", count(added), "by augmentation or balancing" if added else ""))
    where = sides(audit)
    if where:
        said = " · ".join(f"{side}{SPACE}{count(rows)}" for side, rows in where.items())
        facts.append(Fact("Rows in the end", count(sum(where.values())), said))
    return tuple(facts)


def _accuracy(audit: Audit) -> list[Fact]:
    """Return the accuracy of the last model beside what the base and the commonest label reach; nothing where there is none."""
    whole = having(audit.measures, metric="accuracy", attribute=None, label=None, compare=None, probe=None)
    shown = only(whole, model=audit.models[-1]) if audit.models else None
    baseline = only(audit.measures, metric="majority_baseline", attribute=None, probe=None)
    if shown is None or baseline is None:
        return []
    names = model_names(audit)
    others = [f"{names[m.model].lower()} {value_of(m)}" for m in whole if m.model is not None and m is not shown]
    few = only(audit.measures, metric="few_shot_accuracy", compare=None)
    others += [f"base with examples {value_of(few)}"] if few is not None else []
    beside = [*others, f"always {baseline.label} {value_of(baseline)}"]
    assert shown.model is not None
    return [Fact(f"Accuracy, {names[shown.model].lower()}", value_of(shown), " · ".join(beside))]


def _verdicts(audit: Audit) -> Fact:
    outcomes = [verdict.outcome for verdict in audit.verdicts]
    if not outcomes:
        return Fact("Verdicts", "none", "the recipe set no gate")
    worst = next(word for word in WORST_FIRST if word in outcomes)
    rest = [
        f"{symbol} {outcomes.count(word)} {word}"
        for word, symbol in OUTCOME_SYMBOLS.items()
        if word in outcomes and word != worst
    ]
    every = outcomes.count(worst) == len(outcomes)
    said = f"all {len(outcomes)}" if every and len(outcomes) > 1 else f"{outcomes.count(worst)} of {len(outcomes)}"
    return Fact("Gates", f"{OUTCOME_SYMBOLS[worst]} {said} {WORST_FIRST[worst]}", " · ".join(rest))
