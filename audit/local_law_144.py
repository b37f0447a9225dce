"""The impact ratios of New York City's Local Law 144: by sex, by race/ethnicity, and by both.

A category's rate is divided by that of the most selected (or highest scoring) category, whatever its size. Who is of no known
category is counted apart. A category with less than 2 % of the data may be left out of the calculation, with a justification.
Source: Rules of the City of New York, title 6, sections 5-300 and 5-301.
"""

from collections.abc import Sequence

from audit.attributes import COUNTED
from audit.evidence import Evidence
from audit.impact_ratios import Against, selecting_rates
from audit.rates import Chance, Rate, count_groups
from audit.results import Measure, Model
from curate.audit_settings import CROSSED, LocalLaw144, crossing_name
from curate.recipe import Recipe

SMALL = 0.02
"""A category may be left out if it has less than this share of the data (section 5-301(d))."""


def tables_of(recipe: Recipe, settings: LocalLaw144) -> tuple[str, str, str]:
    """Return the attributes of the three tables: sex, race/ethnicity, and their crossing as the recipe has it."""
    both = next(pair for pair in recipe.audit.crossings if set(pair) == {settings.sex, settings.race})
    return settings.sex, settings.race, crossing_name(both)


def justification(attribute: str, category: str, settings: LocalLaw144) -> str | None:
    """Return why a category is left out, or None; what is left out of an attribute is left out of its crossing too."""
    if CROSSED not in attribute:
        return settings.left_out.get(attribute, {}).get(category)
    first, second = (settings.left_out.get(part, {}) for part in attribute.split(CROSSED))
    found = [why for name, why in first.items() if category.startswith(f"{name}{CROSSED}")]
    found += [why for name, why in second.items() if category.endswith(f"{CROSSED}{name}")]
    return found[0] if found else None


def ll144_ratios(
    evidence: Evidence, recipe: Recipe, model: Model, found: Sequence[Measure], chance: Chance
) -> list[Measure]:
    """Return the ratios of the three tables; nothing where the recipe has no `ll144`.

    What is to be left out though it has 2 % of the data or more stays in the calculation, and the document refuses it.
    """
    settings = recipe.audit.ll144
    if settings is None:
        return []
    return [
        measure
        for metric, rate in selecting_rates(found, model).items()
        for attribute in tables_of(recipe, settings)
        for measure in _of_table(evidence, rate, (model, f"ll144_{metric}"), attribute, settings, chance)
    ]


def _of_table(  # noqa: PLR0917  (what it counts, what it is called, and how sure it is to be)
    evidence: Evidence, rate: Rate, prefix: tuple[str, str], attribute: str, settings: LocalLaw144, chance: Chance
) -> list[Measure]:
    out = _left_out(evidence, rate.table, attribute, settings)
    groups = count_groups(evidence, rate, attribute)
    categories = tuple(group for group in groups.counts if group not in (*COUNTED, *out))
    against = Against.of(rate, prefix, groups, categories)
    return [against.ratio(category, chance) for category in categories]


def _left_out(evidence: Evidence, table: str, attribute: str, settings: LocalLaw144) -> tuple[str, ...]:
    everybody = Rate(prefix=(), metric="share", title="", table=table, hits={}, nothing="")
    counts, total = count_groups(evidence, everybody, attribute).counts, len(evidence.tables[table])
    return tuple(g for g, count in counts.items() if justification(attribute, g, settings) and count.n < SMALL * total)
