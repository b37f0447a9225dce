"""An audit in which every free string is an attack."""

from typing import TypeVar

from sample_audits import classification

from audit.results import Audit, Example, Measure, Provenance, Verdict

Record = TypeVar("Record", Measure, Verdict, Example, Provenance)
ATTACK = "<script>alert('1')</script>|`*_[x](javascript:alert(1))<img src=x onerror=alert(1)>\n# \x1b[31m"


def hostile() -> Audit:
    """Return the classification audit with an attack in every free string, and a measure whose metric is one too."""
    whole = classification()
    few = {"native american", None, "he"}
    measures = [
        attacked(m.model_copy(update={"parts": ()}), {"metric", "model", "compare"})
        for m in whole.measures
        if m.group in few
    ]
    return whole.model_copy(update={
        "name": whole.name + ATTACK, "task": whole.task + ATTACK, "overlapping": tuple(word + ATTACK for word in whole.overlapping),
        "measures": (*measures, attacked(whole.measures[0], {"model"})),
        "steps": tuple(step.model_copy(update={
            "step": step.step + ATTACK, "reasons": {reason + ATTACK: count for reason, count in step.reasons.items()},
        }) for step in whole.steps),
        "verdicts": tuple(attacked(verdict, {"outcome", "direction"}) for verdict in whole.verdicts),
        "examples": tuple(attacked(example, set()) for example in whole.examples),
        "cautions": tuple(caution + ATTACK for caution in whole.cautions),
        "split": {side + ATTACK: rows for side, rows in whole.split.items()},
        "provenance": tuple(attacked(line, set()) for line in whole.provenance),
    })  # fmt: skip


def attacked(record: Record, spared: set[str]) -> Record:
    """Return a record with an attack at the end of each of its strings, except in the fields that are spared."""
    return type(record).model_validate(_attacked(record.model_dump(), spared))


def _attacked(value: object, spared: set[str]) -> object:
    match value:
        case str():
            return value + ATTACK
        case dict():
            return {key: inner if key in spared else _attacked(inner, spared) for key, inner in value.items()}
        case list() | tuple():
            return tuple(_attacked(inner, spared) for inner in value)
    return value
