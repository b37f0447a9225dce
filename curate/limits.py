"""The limits that a finished run's filters had, kept beside the measurements, so that both can be read without any step's code."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from math import inf, nextafter
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from curate.account import NamedStep
from curate.apply import context_for
from curate.files import write_text
from curate.steps.base import Context, Filter, Rule
from curate.store import RunDirectory
from curate.task import AnyTask

LIMITS_VERSION = 1
CONDITION = "condition"
"""The rule that measures 1 for true and 0 for false."""
DATES = ("date", "date_from", "date_to")
"""The rules that measure seconds since 1970-01-01 UTC."""
LIMITS = "limits.json"
"""The name of the limits in a stage's folder."""


@dataclass(frozen=True)
class End:
    """One end of a range as it is told: the number that follows 0.12 as a minimum is `more than 0.12`, as no row lies between."""

    value: float
    included: bool
    bound: str

    @classmethod
    def of_minimum(cls, limit: float | None) -> "End | None":
        """Return the lower end; None where there is none."""
        return None if limit is None else cls._of(limit, nextafter(limit, -inf), ("at least", "more than"))

    @classmethod
    def of_maximum(cls, limit: float | None) -> "End | None":
        """Return the upper end; None where there is none."""
        return None if limit is None else cls._of(limit, nextafter(limit, inf), ("at most", "less than"))

    @classmethod
    def _of(cls, limit: float, beside: float, bounds: tuple[str, str]) -> "End":
        included = len(repr(float(limit))) <= len(repr(beside))
        return cls(limit if included else beside + 0.0, included, bounds[not included])  # -0.0 would be told as -0


class Limit(BaseModel):
    """The range of one rule, both ends included, with the reason codes at either end. `place` is the step's in the recipe.

    With `only_notes` a row beyond it is named in the ledger and stays.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    place: int
    step: str
    rule: str
    minimum: float | None
    maximum: float | None
    below: str
    above: str
    unmeasured: str
    only_notes: bool = False

    @classmethod
    def of_rule(cls, named: NamedStep, rule: Rule) -> "Limit":
        """Return the limit of a filter's rule."""
        assert isinstance(named.step, Filter)
        told = {name: getattr(rule, name) for name in ("minimum", "maximum", "below", "above", "unmeasured")}
        return cls(place=named.place, step=named.name, rule=rule.name, only_notes=named.step.only_notes, **told)

    @property
    def column(self) -> str:
        """The column of the measurement."""
        return f"{self.step}.{self.rule}"

    def reason(self, value: float | None) -> str | None:
        """Return the reason for which a row of this value goes, or None if it stays."""
        if value is None:
            return self.unmeasured
        if self.minimum is not None and value < self.minimum:
            return self.below
        return self.above if self.maximum is not None and value > self.maximum else None

    @property
    def ends(self) -> tuple["End", ...]:
        """The ends that there are, as they are told."""
        found = (End.of_minimum(self.minimum), End.of_maximum(self.maximum))
        return tuple(end for end in found if end is not None)

    def in_words(self) -> str:
        """Return the range: `20 to 2,000`, `at least 0.5`, `more than 0.12`, `less than 1`."""
        if self.rule == CONDITION and self.minimum is not None:
            return f"must be {self.value_in_words(self.minimum)}"
        if None not in (self.minimum, self.maximum) and all(end.included for end in self.ends):
            return " to ".join(self.value_in_words(end.value) for end in self.ends)
        return ", ".join(f"{end.bound} {self.value_in_words(end.value)}" for end in self.ends) or "no limit"

    def value_in_words(self, value: float) -> str:
        """Return a value as a person reads it: a number, a moment of a date, true or false of a condition."""
        if self.rule == CONDITION:
            return "true" if value else "false"
        if self.rule in DATES:
            return _moment(value)
        return number_in_words(value, [end.value for end in self.ends])

    def measured_in_words(self, value: float | None) -> str:
        """Return a measurement: `87 characters`, `letter share 0.42`; the rule's name is left out where it is the step's."""
        if value is None:
            return "not measurable"
        number, name = self.value_in_words(value), self.rule.replace("_", " ")
        if self.step.partition("-")[0] == self.rule:
            return number
        limits = (value, self.minimum, self.maximum)
        named_first = self.rule in (CONDITION, *DATES) or any(
            limit is not None and limit != int(limit) for limit in limits
        )
        return f"{name} {number}" if named_first else f"{number} {name}"


class _Limits(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_version: int = LIMITS_VERSION
    limits: tuple[Limit, ...]


@dataclass(frozen=True)
class MeasuredStage:
    """One published file of measurements with the limits that decided from it, in the order in which they decided."""

    path: Path
    limits: tuple[Limit, ...]


def number_in_words(value: float, near: Sequence[float | None] = ()) -> str:
    """Return a number with four digits that tell, or as many as keep it from looking like one of the numbers in `near`."""
    if value == int(value):
        return f"{value:,.0f}"
    told = (f"{value:.{digits}g}" for digits in range(4, 17))
    unlike = (
        short for short in told if all(limit is None or limit == value or float(short) != limit for limit in near)
    )
    return next(unlike, repr(value))


def _moment(seconds: float) -> str:
    """Return seconds since 1970 as a day, with its time unless that is midnight; a row without a date lies beyond all years."""
    try:
        found = datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        return "no date"
    return (
        found.strftime("%Y-%m-%d") if seconds % 86_400 == 0 else found.isoformat(" ", "seconds").removesuffix("+00:00")
    )


def limits_of(steps: Sequence[NamedStep], context: Context, task: AnyTask) -> tuple[Limit, ...]:
    """Return the limits of the filters among some steps."""
    return tuple(
        Limit.of_rule(named, rule)
        for named in steps
        if isinstance(named.step, Filter)
        for rule in named.step.rules(context_for(named.step, context, task))
    )


def write_limits(path: Path, limits: tuple[Limit, ...]) -> None:
    """Write limits as JSON."""
    write_text(path, _Limits(limits=limits).model_dump_json(indent=2) + "\n")


def read_limits(path: Path) -> tuple[Limit, ...]:
    """Read limits that were written as JSON."""
    return _Limits.model_validate(json.loads(path.read_text(encoding="utf-8"))).limits


def measured_stages(run: RunDirectory) -> tuple[MeasuredStage, ...]:
    """Return a run's measurements, in the order of its stages."""
    paths = sorted(run.measures.glob("*.parquet"))
    return tuple(MeasuredStage(path, read_limits(path.with_suffix(".json"))) for path in paths)
