"""The alarm: sources, labels and groups that lost more of their rows to cleaning than the recipe allows."""

from audit.evidence import Evidence
from audit.rates import Chance, Equals, Rate, overall
from audit.results import Alarm, Measure
from curate.groups import group_column
from curate.losses import alarms, in_words, losses
from curate.recipe import Recipe
from curate.store import RunDirectory


def alarms_of(
    run: RunDirectory, recipe: Recipe, evidence: Evidence, chance: Chance
) -> tuple[tuple[Alarm, ...], list[Measure]]:
    """Return what is flagged, and the measure behind each flag; where nothing is, the measure of the largest loss."""
    found = losses(run, recipe)
    flagged = alarms(found, recipe)
    measures = []
    for loss in flagged or found[:1]:
        column = loss.kind if loss.kind in ("source", "label") else group_column(loss.kind)
        rate = Rate(
            prefix=("lost", loss.kind, loss.name),
            metric="lost",
            title=f"Lost to cleaning, {loss.kind}: {loss.name}",
            table="curation",
            equals=Equals({column: loss.name}),
            hits={"lost_to_cleaning": True},
            nothing="no row was read",
        )
        measures.append(overall(evidence, rate, chance))
    told = [
        Alarm(sentence=in_words(loss), limit=recipe.audit.largest_loss, measure=measure.id)
        for loss, measure in zip(flagged, measures, strict=False)
    ]
    return tuple(told), measures
