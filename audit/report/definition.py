"""What a metric is called, what it counts and what it means: the form that each definition has."""

from dataclasses import dataclass

from audit.report.content import Unit


@dataclass(frozen=True)
class Definition:
    """A metric's name in the report, the unit of its bare value, and one sentence that says what it is."""

    name: str
    unit: Unit
    meaning: str
