"""Which label goes with which group in what is learned from: normalised pointwise mutual information of each pair.

It is over the labelled rows whose groups are known: who is outside a group is not known of the others.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from audit.association import Together, npmi, npmi_interval
from audit.evidence import Evidence
from audit.intervals import Count
from audit.rates import Chance, Rate, counted
from audit.results import Measure, Selection
from audit.slugs import join, slug, slugs
from curate.groups import UNKNOWN, group_column
from curate.recipe import Recipe
from curate.task import Classification

NOTHING = "no labelled row has a known group"
COPIES = "copies that the run made count as rows of their own, which makes the intervals narrower than they should be"


@dataclass(frozen=True)
class Pairs:
    """The rows of one attribute in which pairs are counted, and how many have each group, each label, and both."""

    attribute: str
    selection: Selection
    n: int
    groups: Mapping[str, int]
    labels: Mapping[str, int]
    both: Mapping[tuple[str, str], int]
    note: str

    def counts(self, group: str, label: str) -> Together:
        """Return the counts of one pair."""
        return Together(self.both.get((group, label), 0), self.groups[group], self.labels[label], self.n)


def label_associations(evidence: Evidence, recipe: Recipe, chance: Chance) -> list[Measure]:
    """Return for each attribute how many rows each group and each label has, and how strongly each pair goes together."""
    if not isinstance(recipe.task, Classification):
        return []
    return [
        measure for attribute in recipe.attributes for measure in _of_attribute(_count(evidence, attribute), chance)
    ]


def _count(evidence: Evidence, attribute: str) -> Pairs:
    learned, column = evidence.learned_from, group_column(attribute)
    known = {**learned.equals, "labelled": True, f"not_{group_column(attribute)}": UNKNOWN}
    selection = Selection(table=learned.table, equals=known)
    rows = evidence.select(selection)
    members = rows.select(column, "label").explode(column, empty_as_null=True)
    groups = dict(members.group_by(column).len().iter_rows())
    labels = dict(rows.group_by("label").len().iter_rows())
    return Pairs(
        attribute=attribute,
        selection=selection,
        n=len(rows),
        groups={group: groups.get(group, 0) for group in evidence.groups(learned.table, attribute) if group != UNKNOWN},
        labels={label: labels.get(label, 0) for label in _labels(evidence)},
        both={(group, label): n for group, label, n in members.group_by(column, "label").len().iter_rows()},
        note=COPIES if rows["made"].any() else "",
    )


def _labels(evidence: Evidence) -> list[str]:
    """Return every label that stands on a kept row, also where no row to learn from has it."""
    labels: list[str] = evidence.tables["rows"]["label"].drop_nulls().unique().sort().to_list()
    return labels


def _of_attribute(pairs: Pairs, chance: Chance) -> list[Measure]:
    groups, labels = slugs(tuple(pairs.groups)), slugs(tuple(pairs.labels))
    margins = [
        *(_margin(pairs, "npmi_group", {"group": group}, word, chance) for group, word in groups.items()),
        *(_margin(pairs, "npmi_label", {"label": label}, word, chance) for label, word in labels.items()),
    ]
    return margins + [
        _pair(pairs, (group, label), join(("npmi", slug(pairs.attribute), group_word, label_word)), chance)
        for group, group_word in groups.items()
        for label, label_word in labels.items()
    ]


def _margin(pairs: Pairs, metric: str, whose: Mapping[str, str], word: str, chance: Chance) -> Measure:
    """Return how many of the rows have a group, or a label."""
    ((kind, name),) = whose.items()
    found, column = (
        (pairs.groups[name], group_column(pairs.attribute)) if kind == "group" else (pairs.labels[name], "label")
    )
    title = f"Rows of the {kind} {name}, of those labelled whose groups by {pairs.attribute} are known"
    rate = Rate((), metric, title, pairs.selection.table, {column: name}, NOTHING, dict(pairs.selection.equals))
    called = join((metric, slug(pairs.attribute), word)), title
    return counted(rate, called, Count(found, pairs.n), {}, chance.confidence, attribute=pairs.attribute, **whose)


def _pair(pairs: Pairs, pair: tuple[str, str], name: str, chance: Chance) -> Measure:
    group, label = pair
    counts = pairs.counts(group, label)
    return Measure(
        id=name,
        title=f"How much more often than by chance {pairs.attribute} {group} and the label {label} go together (nPMI)",
        metric="npmi",
        attribute=pairs.attribute,
        group=group,
        label=label,
        value=npmi(counts),
        undefined=undefined(counts, "of the group", "with the label"),
        n=counts.n,
        numerator=counts.both,
        interval=npmi_interval(counts, chance.draws(name)),
        selection=pairs.selection,
        hits={group_column(pairs.attribute): group, "label": label},
        note=pairs.note,
    )


def undefined(counts: Together, one: str, other: str) -> str:
    """Say why two things can not be said to go together; nothing if they can."""
    if counts.n == 0:
        return NOTHING
    for found, said in ((counts.one, one), (counts.other, other)):
        if found in (0, counts.n):
            return f"{'every' if found else 'no'} row is one {said}"
    return ""
