"""The alarm: sources, labels and groups that lost more of their rows to cleaning than the recipe allows."""

from audit.evidence import Evidence
from audit.rates import Chance, Equals, Rate, overall
from audit.results import Alarm, Measure
from audit.slugs import slugs
from curate.losses import Loss, alarms, in_words, judged
from curate.recipe import Recipe


def alarms_of(
    lost: tuple[Loss, ...], recipe: Recipe, evidence: Evidence, chance: Chance
) -> tuple[tuple[Alarm, ...], list[Measure]]:
    """Return what is flagged, and the measure behind each flag; where nothing is, the measure of the largest loss."""
    found = judged(lost, recipe)
    flagged = alarms(found, recipe)
    measures = []
    names = {
        column: slugs(tuple(loss.name for loss in found if loss.column == column))
        for column in {loss.column for loss in found}
    }
    for loss in flagged or found[:1]:
        rate = Rate(
            prefix=("lost", loss.column, names[loss.column][loss.name]),
            metric="lost",
            title=f"Lost to cleaning, {loss.kind}: {loss.name}",
            table="curation",
            equals=Equals({loss.column: loss.name}),
            hits={"lost_to_cleaning": True},
            nothing="no row was read",
        )
        measures.append(overall(evidence, rate, chance))
    told = [
        Alarm(sentence=in_words(loss), limit=recipe.audit.largest_loss, measure=measure.id)
        for loss, measure in zip(flagged, measures, strict=False)
    ]
    return tuple(told), measures
