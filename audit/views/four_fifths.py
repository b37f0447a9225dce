"""The four-fifths view: every group's rate over the highest one, with a test and with one person more, as the Guidelines read it.

Sources: Uniform Guidelines on Employee Selection Procedures, 29 CFR 1607.4(D); their Questions and Answers, 44 FR 11996,
question 21 (see `audit/one_person_more.py`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from audit.attributes import COUNTED
from audit.model_rates import named
from audit.one_person_more import below_four_fifths, clears, overtakes
from audit.report.choosing import attributes_of, by_value, having, ids_of, only
from audit.report.content import Block, Cell, Column, Heading, Items, Row, Section, Table
from audit.report.definitions import define
from audit.report.tables import overlap
from audit.report.words import SPACE, cell_of, interval_of, listed, methods_of, probability, value_of
from audit.results import Audit, Measure, Model
from audit.views.material import Material, count_of, document
from audit.vocabulary import told

RATES = {
    "impact_ratio": ("selection_rate", "Selection rate"),
    "scoring_impact_ratio": ("scoring_rate", "Scoring rate"),
    "label_impact_ratio": ("label_rate", "Label rate"),
}
"""The ratios of the view, and the rates that they are of."""
LEAD = (
    "A group whose rate of selection is less than four fifths of that of the group with the highest rate is generally regarded "
    "as evidence of adverse impact (29 CFR 1607.4(D)). It is a rule of thumb and not a threshold of the law: smaller differences "
    "may count where they are significant, and larger ones may not where they rest on small numbers."
)
READING = (
    (
        "The rule takes being selected for the better outcome. Where it is a harm, such as being called a high risk, the group "
        "with the highest rate is the one that bears it."
    ),
    (
        "Significant: Fisher's exact test of the two rates, two-sided, with a p below {limit:g} that is adjusted for how many "
        "ratios are tested at once (Holm). Beside it stands the p without the adjustment, which the customary test of two standard "
        "deviations approximates: it answers for a group that was asked about alone, before anyone saw the figures."
    ),
    (
        "One person more: would the group clear four fifths if one more of its members had been selected, and one fewer of the "
        "group with the highest rate? It is asked of groups below four fifths (44 FR 11996, question 21) and answered against "
        "the highest rate after the exchange. Where that would even give the group the highest rate, the same answer calls it "
        "inappropriate to require evidence of validity."
    ),
    "Groups with fewer than {minimum} rows are listed and do not set the highest rate; unknown is no group and has no ratio.",
)
OF_DATA = (
    "This is a rate of the data and not of a selection: how often the positive label stands on the rows to learn from. What it "
    "shows, a model may learn."
)


@dataclass(frozen=True)
class Judged:
    """A group's ratio, its rate and the rates that it is held against, with what one person more would make of it."""

    ratio: Measure
    rates: tuple[Measure, ...]
    more: Measure | None

    @property
    def is_highest(self) -> bool:
        """Whether the group has the highest rate."""
        return len(set(self.ratio.parts)) == 1

    @property
    def is_below(self) -> bool:
        """Whether the group is below four fifths, in whole people."""
        return self.ratio.value is not None and below_four_fifths(*map(count_of, self.rates[:2]))

    def is_significant(self, confidence: float) -> bool:
        """Whether chance alone would seldom show such a difference to the highest rate, many ratios at once counted with."""
        p_value = self.ratio.p_value if self.ratio.p_adjusted is None else self.ratio.p_adjusted
        return p_value is not None and p_value < 1 - confidence

    @property
    def clears(self) -> bool:
        """Whether one person more would put the group at four fifths or above."""
        return self.more is not None and clears([count_of(rate) for rate in self.rates])

    @property
    def overtakes(self) -> bool:
        """Whether one person more would give the group the highest rate."""
        return self.more is not None and overtakes([count_of(rate) for rate in self.rates])


def four_fifths(material: Material) -> str:
    """Return the document; raises `UserError` where no rate of selection and no label rate was measured."""
    audit = material.audit
    kinds = [
        (metric, model)
        for metric in RATES
        for model in (None, *audit.models)
        if having(audit.measures, metric=metric, model=model)
    ]
    if not kinds:
        raise material.lacks(
            "has no rate of selection and no label rate by group",
            "name groups and, for a classification, task.positive: the labels that count as selected",
        )
    limits = {"limit": round(1 - audit.confidence, 6), "minimum": audit.minimum_group_size}
    sections = [
        _summary(audit, kinds),
        Section(
            "reading", "How to read it", READING[0], (Items(tuple(line.format(**limits) for line in READING[1:])),)
        ),
        *(_section(audit, metric, model) for metric, model in kinds),
    ]
    return document(material, f"Four fifths: {audit.name}", LEAD, sections)


def judged(audit: Audit, metric: str, model: Model | None, attribute: str) -> dict[str, Judged]:
    """Return the groups of an attribute that have a ratio."""
    by_id = {measure.id: measure for measure in audit.measures}
    same = {"model": model, "attribute": attribute}
    found = {}
    for ratio in having(audit.measures, metric=metric, **same):
        assert ratio.group is not None
        more = only(audit.measures, metric=f"{metric}_one_more", group=ratio.group, **same)
        parts = more.parts if more is not None else ratio.parts
        found[ratio.group] = Judged(ratio, tuple(by_id[part] for part in parts), more)
    return found


def _attributes(audit: Audit, metric: str, model: Model | None) -> tuple[str, ...]:
    return attributes_of(having(audit.measures, metric=metric, model=model))


def _name(audit: Audit, metric: str, model: Model | None) -> str:
    whose = "data" if model is None else named(model)
    return told(audit, f"{RATES[metric][1]} of the {whose}")


def _summary(audit: Audit, kinds: Sequence[tuple[str, Model | None]]) -> Section:
    lines = [
        f"{_name(audit, metric, model)}, by {attribute}: {_said(audit, judged(audit, metric, model, attribute))}."
        for metric, model in kinds
        for attribute in _attributes(audit, metric, model)
    ]
    return Section(
        "summary", "In short", "Which groups are below four fifths of the highest rate:", (Items(tuple(lines)),)
    )


def _said(audit: Audit, groups: dict[str, Judged]) -> str:
    below = {group: each for group, each in groups.items() if each.is_below}
    undefined = [group for group, each in groups.items() if each.ratio.value is None]
    parts = [listed(below) if below else "none"] if len(undefined) < len(groups) else []
    chance = [group for group, each in below.items() if not each.is_significant(audit.confidence)]
    parts += [f"not significant: {listed(chance)}"] if chance else []
    one = [group for group, each in below.items() if each.clears]
    parts += [f"one person more would clear {listed(one)}"] if one else []
    parts += [f"undefined: {listed(undefined)}"] if undefined else []
    return "; ".join(parts)


def _section(audit: Audit, metric: str, model: Model | None) -> Section:
    name = _name(audit, metric, model)
    blocks: list[Block] = []
    for attribute in _attributes(audit, metric, model):
        blocks += [Heading(f"By {attribute}"), *overlap(audit, attribute), _table(audit, metric, model, attribute)]
    lead = define(RATES[metric][0]).meaning
    return Section(metric, name, f"{lead} {OF_DATA}" if model is None else lead, tuple(blocks))


def _table(audit: Audit, metric: str, model: Model | None, attribute: str) -> Table:
    groups = judged(audit, metric, model, attribute)
    rates = _rates(audit, metric, model, attribute, groups)
    rows = []
    for group in by_value(tuple(rates), rates.values()):
        found = groups.get(group)
        cells = (Cell(group, _standing(audit, rates[group], found)), cell_of(rates[group]), *_cells(audit, found))
        ids = ids_of(rates[group], *((found.ratio, found.more) if found is not None else ()))
        rows.append(Row(cells, ids))
    numbers = ("Rate", "Impact ratio", "Below four fifths", "Significant", "One person more")
    columns = (Column("Group"), *(Column(heading, number=True) for heading in numbers))
    shown = (*rates.values(), *(each.ratio for each in groups.values()))
    return Table(f"{_name(audit, metric, model)}, by {attribute}", columns, tuple(rows), methods_of(shown))


def _rates(
    audit: Audit, metric: str, model: Model | None, attribute: str, groups: dict[str, Judged]
) -> dict[str, Measure]:
    """Return the rates of the groups that have a ratio, and of the unknown."""
    labels = {each.ratio.label for each in groups.values()}
    wanted = {"metric": RATES[metric][0], "model": model, "attribute": attribute}
    found = having(audit.measures, **wanted, compare=None, step=None, probe=None)
    return {m.group: m for m in found if m.group is not None and m.label in labels and m.group in (*groups, *COUNTED)}


def _standing(audit: Audit, rate: Measure, found: Judged | None) -> tuple[str, ...]:
    if found is None:
        return ("no group",)
    if found.is_highest:
        return ("highest rate",)
    return ("few rows, does not set the highest rate",) if rate.n < audit.minimum_group_size else ()


def _cells(audit: Audit, found: Judged | None) -> tuple[Cell, ...]:
    """Return the ratio, whether it is below four fifths, its test, and what one person more would make of it."""
    dash = Cell("–")
    if found is None:
        return (dash,) * 4
    ratio, interval = found.ratio, interval_of(found.ratio)
    value = Cell(value_of(ratio), tuple(part for part in (ratio.undefined, interval) if part))
    if ratio.value is None:
        return value, Cell("undefined"), dash, dash
    return value, Cell("yes" if found.is_below else "no"), _test(audit, found), _more(found)


def _test(audit: Audit, found: Judged) -> Cell:
    ratio = found.ratio
    if ratio.p_value is None:
        return Cell("–")
    said, alone = "yes" if found.is_significant(audit.confidence) else "no", f"p{SPACE}{probability(ratio.p_value)}"
    if ratio.p_adjusted is None:
        return Cell(said, (f"{alone}, not adjusted",))
    return Cell(said, (f"adjusted p{SPACE}{probability(ratio.p_adjusted)}", f"{alone} alone"))


def _more(found: Judged) -> Cell:
    if found.more is None:
        return Cell("–")
    value = f"{value_of(found.more)}" if found.more.value is not None else found.more.undefined
    if found.overtakes:
        return Cell("would have the highest rate", (value,))
    return Cell("would clear four fifths" if found.clears else "would not clear it", (value,))
