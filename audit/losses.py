"""The alarm: sources, labels and groups that lost more of their rows to cleaning than the recipe allows."""

from collections.abc import Sequence

from audit.evidence import Evidence
from audit.rates import Chance, Equals, Rate, overall
from audit.results import Alarm, Measure, StepAccount
from audit.slugs import slugs
from curate.losses import Loss, alarms, in_words, judged
from curate.recipe import Recipe

ROWS_READ = "rows.read"


def unreadable(steps: Sequence[StepAccount], recipe: Recipe) -> tuple[tuple[Alarm, ...], tuple[str, ...]]:
    """Return the alarm, if they are more than the recipe's `largest_loss`, and the caution about rows that could not be read."""
    came, lost = sum(step.rows_in for step in steps[:1]), sum(step.quarantined for step in steps[:1])
    if not lost:
        return (), ()
    said = (
        f"{lost:,} of {came:,} rows ({lost / came:.1%}) could not be read and are in quarantine.parquet; nobody can say whose they "
        "were, so no figure by group counts them"
    )
    alarms = (Alarm(sentence=said, limit=recipe.audit.largest_loss, measure=ROWS_READ),)
    return (alarms if lost > recipe.audit.largest_loss * came else ()), (f"{said}.",)


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
