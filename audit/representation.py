"""Who is in the data: rows and shares of every group with the unknown counted, and how often each group has each label."""

from dataclasses import replace

from audit.attributes import attributes
from audit.evidence import SIDES, Evidence
from audit.families import holm_apart
from audit.group_rates import group_measures
from audit.rates import Chance, Equals, Rate, count_groups, overall, plain_groups
from audit.results import Measure, Selection
from audit.slugs import join, slug, slugs
from curate.groups import group_column
from curate.recipe import Recipe
from curate.task import Classification

UNLABELLED = "no row here has a label"

COPIES = "they count as rows of their own, which makes intervals narrower and p smaller than they should be"


def representation_measures(evidence: Evidence, recipe: Recipe, chance: Chance) -> list[Measure]:
    """Return rows and shares as read and on every side, and the label rates of what was read and of what is learned from."""
    measures = _sizes(evidence, recipe)
    if isinstance(recipe.task, Classification):
        measures += label_rates(evidence, recipe, chance)
        measures += _label_shares(evidence, recipe, chance)
    return measures


def _places(evidence: Evidence) -> list[tuple[str, str, Equals, str]]:
    """Return the word, table and equalities of the rows as read and of every side, and how a title calls them."""
    present = evidence.tables["rows"]["side"].unique().to_list()
    sides = [side for side in (*SIDES, "all") if side in present]
    return [
        ("", "curation", Equals(), "as read"),
        *((side, "rows", Equals({"side": side}), f"{side} rows") for side in sides),
    ]


def _sizes(evidence: Evidence, recipe: Recipe) -> list[Measure]:
    measures = []
    for word, table, equals, called in _places(evidence):
        selection = Selection(table=table, equals=equals)
        n = evidence.count(selection)
        measures.append(
            Measure(
                id=join(("rows", word or "read")),
                title=f"Rows, {called}",
                metric="rows",
                value=float(n),
                n=n,
                numerator=n,
                selection=selection,
            )
        )
        for attribute in attributes(recipe):
            measures.extend(_shares(evidence, attribute, word, selection, called))
    return measures


def _shares(evidence: Evidence, attribute: str, word: str, selection: Selection, called: str) -> list[Measure]:
    """Return each group's share of some rows. It describes these rows and estimates nothing, so it has no interval."""
    rate = Rate(
        prefix=(), metric="share", title="", table=selection.table, equals=dict(selection.equals), hits={}, nothing=""
    )
    counts, total = count_groups(evidence, rate, attribute), evidence.count(selection)
    return [
        Measure(
            id=join(("share", word, slug(attribute), name)),
            title=f"Share of rows, {called}, {attribute}: {group}",
            metric="share",
            attribute=attribute,
            group=group,
            value=counts.counts[group].n / total if total else None,
            undefined="" if total else "there are no rows",
            n=total,
            numerator=counts.counts[group].n,
            selection=selection,
            hits={group_column(attribute): group},
        )
        for group, name in slugs(tuple(counts.counts)).items()
    ]


def label_rates(evidence: Evidence, recipe: Recipe, chance: Chance) -> list[Measure]:
    """Return the share of positive labels, overall and by group: of what is learned from, as read, and before train_steps."""
    assert isinstance(recipe.task, Classification)
    if not recipe.task.positive:
        return []
    main, labelled = learned_label_rate(evidence, recipe.task), Equals({"labelled": True})
    read = replace(
        main,
        prefix=("label_rate", "read"),
        title=f"{main.title}, as read",
        table="curation",
        equals=labelled,
        step="read",
    )
    before = replace(
        read,
        prefix=("label_rate", "split"),
        title=f"{main.title}, training rows before train_steps",
        equals={**labelled, "entered_train_steps": True},
        step="split",
    )
    rates = [read, *([before] if recipe.train_steps else [])]
    known = [measure for rate in rates for measure in _by_group(evidence, rate, recipe, chance)]
    made = evidence.count(Selection(table="rows", equals={**evidence.learned_from.equals, "made": True}))
    learned = _by_group(evidence, main, recipe, chance)
    return [*((_with_copies(measure, made) for measure in learned) if made else learned), *known]


def _with_copies(measure: Measure, made: int) -> Measure:
    """Say of a label rate of what is learned from that so many copies are counted."""
    said = f"{made:,} of the rows to learn from are copies that the run made: {COPIES}"
    return measure.model_copy(update={"note": "; ".join(note for note in (measure.note, said) if note)})


def learned_label_rate(evidence: Evidence, task: Classification) -> Rate:
    """Return the share of positive labels among the labelled rows that are learned from."""
    learned, label = evidence.learned_from, " or ".join(task.positive)
    return Rate(
        ("label_rate",),
        "label_rate",
        f"Label rate ({label})",
        learned.table,
        {"label_positive": True},
        UNLABELLED,
        {**learned.equals, "labelled": True},
        label=label,
    )


def _by_group(evidence: Evidence, rate: Rate, recipe: Recipe, chance: Chance) -> list[Measure]:
    found = [
        measure for attribute in attributes(recipe) for measure in group_measures(evidence, rate, attribute, chance)
    ]
    return [overall(evidence, rate, chance), *holm_apart(found, rate.title)]


def _label_shares(evidence: Evidence, recipe: Recipe, chance: Chance) -> list[Measure]:
    """Return the share of every label, overall and by group, in what is learned from; one positive label of two says it all."""
    learned, measures = evidence.learned_from, []
    labels = evidence.tables["rows"]["label"].drop_nulls().unique().sort().to_list()
    assert isinstance(recipe.task, Classification)
    if len(labels) <= 2 and len(recipe.task.positive) == 1:  # noqa: PLR2004  (positive or not)
        return []
    for label in [label for label in labels if (label,) != recipe.task.positive]:
        rate = Rate(
            ("label_share", label),
            "label_rate",
            f"Share of label {label}",
            learned.table,
            {"label": label},
            UNLABELLED,
            {**learned.equals, "labelled": True},
            label=label,
        )
        measures.append(overall(evidence, rate, chance))
        for attribute in attributes(recipe):
            measures.extend(plain_groups(evidence, rate, attribute, chance))
    return measures
