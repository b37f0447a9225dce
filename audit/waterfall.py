"""The bias waterfall: the share and the label rate of each group, and the gap between them, after every stage of the curation.

A stage is the rows as read, the rows that are left after each step that dropped some of all rows, those that enter the training
steps, and those that are learned from.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from audit.attributes import attributes
from audit.evidence import Evidence
from audit.families import holm_apart
from audit.gaps import gap_measures
from audit.rates import Chance, Equals, Rate, count_groups, counted
from audit.results import Measure
from audit.slugs import slug, slugs
from curate.groups import group_column
from curate.recipe import Recipe
from curate.task import Classification

READ, ENTERED, LEARNED = "as read", "before training steps", "learned from"
NO_ROWS, NO_LABEL = "no row is left", "no row here has a label"


@dataclass(frozen=True)
class Stage:
    """Rows at one point of the curation: what the point is called, and which rows of which table were there."""

    name: str
    table: str
    equals: Equals


def stages_of(evidence: Evidence, recipe: Recipe) -> tuple[Stage, ...]:
    """Return the stages of a run in order; a step that dropped nobody is none, and rows that were only read have none."""
    curation, learned = evidence.tables["curation"], evidence.learned_from
    dropping = [place for place in evidence.places if not place.train_only and curation[f"dropped_{place.name}"].any()]
    after = [Stage(f"after {place.name}", "curation", {f"after_{place.name}": True}) for place in dropping]
    if not dropping and recipe.split is None:
        return ()
    entered = [Stage(ENTERED, "curation", {"entered_train_steps": True})] if recipe.train_steps else []
    return (Stage(READ, "curation", {}), *after, *entered, Stage(LEARNED, learned.table, dict(learned.equals)))


def waterfall_measures(evidence: Evidence, recipe: Recipe, chance: Chance) -> list[Measure]:
    """Return for every stage and group its share of the rows, its label rate, and the gaps of the label rate."""
    positive = recipe.task.positive if isinstance(recipe.task, Classification) else ()
    measures: list[Measure] = []
    for stage in stages_of(evidence, recipe):
        for attribute in attributes(recipe):
            measures += _shares(evidence, stage, attribute)
            measures += _labels(evidence, stage, attribute, positive, chance) if positive else ()
    return holm_apart(measures, "label rates after the stages")


def _shares(evidence: Evidence, stage: Stage, attribute: str) -> Iterator[Measure]:
    """Yield each group's share at a stage. It describes these rows and estimates nothing, so it has no interval."""
    rate = Rate(("stage_share", stage.name), "stage_share", "", stage.table, {}, NO_ROWS, stage.equals, step=stage.name)
    groups = count_groups(evidence, rate, attribute)
    for group, word in slugs(tuple(groups.counts)).items():
        n = groups.total.n
        yield rate.measure(
            rate.id(slug(attribute), word),
            f"Share of rows {stage.name}, {attribute}: {group}",
            attribute=attribute,
            group=group,
            value=groups.counts[group].n / n if n else None,
            undefined="" if n else NO_ROWS,
            n=n,
            numerator=groups.counts[group].n,
            selection={"table": stage.table, "equals": stage.equals},
            hits={group_column(attribute): group},
        )


def _labels(
    evidence: Evidence, stage: Stage, attribute: str, positive: tuple[str, ...], chance: Chance
) -> Iterator[Measure]:
    """Yield each group's label rate at a stage, and the gap between groups."""
    equals, hits = Equals({**stage.equals, "labelled": True}), Equals({"label_positive": True})
    title, label = f"Label rate {stage.name}", " or ".join(positive)
    prefix = ("stage_label_rate", stage.name)
    rate = Rate(prefix, "stage_label_rate", title, stage.table, hits, NO_LABEL, equals, label=label, step=stage.name)
    groups = count_groups(evidence, rate, attribute)
    words = slugs(tuple(groups.counts))
    for group, word in words.items():
        called = (rate.id(slug(attribute), word), f"{title}, {attribute}: {group}")
        members = Equals({group_column(attribute): group})
        named = {"attribute": attribute, "group": group}
        yield counted(rate, called, groups.counts[group], members, chance.confidence, **named)
    yield from gap_measures(rate, groups, words, chance, ("difference",))
