"""What the training steps did to label rates: of each group before them and after them, and of the rows that each step made."""

from collections.abc import Mapping, Sequence

from audit import metrics
from audit.attributes import attributes
from audit.evidence import Evidence
from audit.rates import Chance, Equals, Rate, overall, plain_groups
from audit.results import Measure
from audit.slugs import join, slug
from curate.recipe import Recipe
from curate.task import Classification

NOTHING = "the step made no such row that is still there"
GONE = "no row of the group is learned from"
SAME_ROWS = "these are the rows themselves before and after, not a sample of others, so that it has no interval"


def label_shift_measures(evidence: Evidence, recipe: Recipe, known: Sequence[Measure], chance: Chance) -> list[Measure]:
    """Return label rates after less before the training steps, and those of made rows; `known` are the label rates."""
    if not (recipe.train_steps and isinstance(recipe.task, Classification) and recipe.task.positive):
        return []
    by_id = {measure.id: measure for measure in known}
    before = [m for m in known if m.id.startswith("label_rate.split") and m.compare is None]
    return [*(_shift(measure, by_id) for measure in before), *_made(evidence, recipe, chance)]


def _shift(before: Measure, by_id: Mapping[str, Measure]) -> Measure:
    rest = before.id.removeprefix("label_rate.split").removeprefix(".")
    after = by_id.get(join(("label_rate", rest)))
    parts = (before,) if after is None else (before, after)
    shift = Measure(
        id=join(("label_shift", rest)),
        title=f"Label rate after less before the training steps{_of(before)}",
        metric="label_shift",
        attribute=before.attribute,
        group=before.group,
        label=before.label,
        parts=tuple(part.id for part in parts) if after is not None else (),
        n=max(part.n for part in parts),
        undefined=GONE
        if after is None
        else "; ".join(dict.fromkeys(part.undefined for part in parts if part.undefined)),
        note=SAME_ROWS,
    )
    values = [part.value for part in parts] if after is not None else [None]
    return shift.model_copy(update={"value": metrics.combine(shift, values)})


def _of(measure: Measure) -> str:
    return f", {measure.attribute}: {measure.group}" if measure.group is not None else ""


def _made(evidence: Evidence, recipe: Recipe, chance: Chance) -> list[Measure]:
    """Return the label rate of the rows that each training step made, overall and by group."""
    assert isinstance(recipe.task, Classification)
    made = evidence.tables["rows"]["made_by"].drop_nulls().unique().sort().to_list()
    measures = []
    for step in made:
        rate = Rate(
            prefix=("made_label_rate", slug(step)),
            metric="made_label_rate",
            title=f"Label rate of the rows made by {step}",
            table="rows",
            equals=Equals({"made_by": step, "labelled": True}),
            hits=Equals({"label_positive": True}),
            nothing=NOTHING,
            step=step,
            label=" or ".join(recipe.task.positive),
        )
        measures.append(overall(evidence, rate, chance))
        for attribute in attributes(recipe):
            measures += plain_groups(evidence, rate, attribute, chance)
    return measures
