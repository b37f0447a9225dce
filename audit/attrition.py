"""Who was removed by what: for each step and group the drop rate among the rows that reached the step, against all other rows."""

from collections.abc import Sequence

from audit.attributes import attributes
from audit.evidence import Evidence, Place
from audit.families import holm_apart
from audit.group_rates import group_measures
from audit.rates import Chance, Rate, overall
from audit.results import Measure
from curate.recipe import Recipe

NOT_REACHED = "no row here reached the step"


def attrition_measures(evidence: Evidence, recipe: Recipe, chance: Chance) -> list[Measure]:
    """Return drop rates of every step that dropped a row or that a gate names, then of all steps together.

    Two families of tests: every group against the rest, and every gap, at every step.
    """
    named = {gate.step for gate in recipe.audit.gates if gate.metric == "drop_rate"}
    curation = evidence.tables["curation"]
    places = [place for place in evidence.places if place.name in named or curation[f"dropped_{place.name}"].any()]
    rates = [*(_step_rate(place, "drop_rate", "Drop rate", "dropped") for place in places), _all_steps()]
    dropped = _by_group(evidence, recipe, rates, "the drop rates of every step", chance)
    return [*dropped, *_changed(evidence, recipe, chance)]


def _step_rate(place: Place, metric: str, title: str, done: str) -> Rate:
    """Return how often a step did something (`dropped`, `changed`) to the rows that reached it."""
    return Rate(
        prefix=(metric, place.name),
        metric=metric,
        title=f"{title} of {place.name}",
        table="curation",
        step=place.name,
        equals={f"reached_{place.name}": True},
        hits={f"{done}_{place.name}": True},
        nothing=NOT_REACHED,
    )


def _all_steps() -> Rate:
    return Rate(
        prefix=("drop_rate", "all_steps"),
        metric="drop_rate",
        title="Drop rate of all steps together",
        table="curation",
        hits={"dropped_all_steps": True},
        nothing="no row was read",
    )


def _changed(evidence: Evidence, recipe: Recipe, chance: Chance) -> list[Measure]:
    """Return how often each step rewrote (masked, repaired) a row, overall and by group, for the steps that rewrote one."""
    curation = evidence.tables["curation"]
    places = [place for place in evidence.places if curation[f"changed_{place.name}"].any()]
    rates = [_step_rate(place, "changed_rate", "Rewrite rate", "changed") for place in places]
    return _by_group(evidence, recipe, rates, "the rewrite rates of every step", chance)


def _by_group(evidence: Evidence, recipe: Recipe, rates: Sequence[Rate], family: str, chance: Chance) -> list[Measure]:
    """Return rates over all rows, then by group against the rest, corrected together."""
    whole = [overall(evidence, rate, chance) for rate in rates]
    groups = [
        measure
        for rate in rates
        for attribute in attributes(recipe)
        for measure in group_measures(evidence, rate, attribute, chance)
    ]
    return [*whole, *holm_apart(groups, family)]
