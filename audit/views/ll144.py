"""The Local Law 144 view: the three tables of a bias audit in the law's words, and what a person must add to them.

Source: Rules of the City of New York, title 6, sections 5-300 (definitions), 5-301 (bias audit) and 5-303 (published results).
"""

import json
from collections.abc import Iterator, Mapping, Sequence

from audit.attributes import COUNTED
from audit.card_sections import sources
from audit.local_law_144 import SMALL, justification, tables_of
from audit.report.choosing import by_value, having, ids_of, only
from audit.report.content import Block, Cell, Column, Fact, Facts, Heading, Items, Row, Section, Table
from audit.report.words import count, plural, value_of
from audit.results import Measure, Model
from audit.views.material import Material, document, person
from curate.audit_settings import LocalLaw144
from curate.errors import Mistake, UserError, did_you_mean
from curate.recipe import Recipe
from curate.task import Classification

RATES = {
    "ll144_impact_ratio": ("selection_rate", "Selection rate"),
    "ll144_scoring_impact_ratio": ("scoring_rate", "Scoring rate"),
}
TOOLS: tuple[Model, ...] = ("given", "tuned")
"""Whose predictions are those of the tool: finished ones, else those of the tuned model."""
LEAD = (
    "Evidence for a bias audit of an automated employment decision tool (New York City, Local Law 144; rules of the city, title 6, "
    "section 5-300 and following). The law sets no threshold for the impact ratio."
)
DEFINED = (
    "Selection rate: the share of the individuals of a category who were selected.",
    "Scoring rate: the share of the individuals of a category whose score is above the median score of the full sample.",
    "Impact ratio: the rate of a category divided by that of the most selected (or highest scoring) category.",
    (
        "A category that is less than 2 % of the data may be left out of the impact ratios, with the auditor's justification; its "
        "number of applicants and its rate are shown. The tables say which are so small; who sets the highest rate may be one of "
        "them. Left out of race/ethnicity or sex, it is left out of the intersections, too."
    ),
)
TITLES = ("Sex categories", "Race/ethnicity categories", "Intersectional categories")
TO_WRITE = (
    ("Date of the bias audit", "The audit must not be older than a year when the tool is used."),
    ("Distribution date of the tool", "When the employer began to use it."),
    ("Independent auditor", "Who it is, and that they neither made, use nor sell the tool and have no interest in it."),
    ("Historical or test data", "Which of the two the rows are; of test data why, and how they were made."),
    ("Source and explanation of the data", "Whose applicants they are, from when, and for which positions."),
    ("Categories", "That they are those of the EEO-1 report."),
)


def ll144(material: Material) -> str:
    """Return the document; raises `UserError` where the recipe has no `ll144`, or leaves out what it may not."""
    law, audit = material.recipe.audit.ll144, material.audit
    if law is None:
        raise UserError(Mistake(str(material.data.run.recipe), "has no audit.ll144", _how_to_ask(material.recipe)))
    model = next((each for each in TOOLS if each in audit.models), None)
    kinds = [metric for metric in RATES if having(audit.measures, metric=metric, model=model)]
    if model is None or not kinds:
        run = material.data.run.path
        raise material.lacks(
            "has no predictions of a tool yet", f"run 'fairlead train {run}' and 'fairlead audit {run}'"
        )
    _check_left_out(material, law)
    sections = [
        Section("terms", "Terms", "As the rules define them.", (Items(DEFINED),)),
        *(_rates(material, law, metric, model) for metric in kinds),
        _data(material),
        Section("person", "What only a person can state", "The summary of results needs these too.", (_to_write(),)),
    ]
    return document(material, f"Local Law 144: {audit.name}", LEAD, sections)


def _how_to_ask(recipe: Recipe) -> str:
    """Say what to write into the recipe; for predictions alone, which may have been audited by options, a whole recipe."""
    hint = "say under audit which attributes are meant, such as ll144: {sex: sex, race: race}, and run the recipe again"
    if not isinstance(recipe.task, Classification) or recipe.task.prediction is None or recipe.steps:
        return hint
    both = [name if name in recipe.attributes else name.upper() for name in ("sex", "race")]
    other = [name for name in both if name not in recipe.attributes]
    named = f" (for {' and '.join(other)} write which of its groups is meant)" if other else ""
    law = f"run 'fairlead run law.yaml' with this in law.yaml{named}: {_asking(recipe, both)}"
    return f"{hint}; a table that was audited by its options has no recipe of yours: {law}"


def _asking(recipe: Recipe, both: list[str]) -> str:
    """Return a recipe of the same table, in one line, that asks for this document with the attributes of sex and race."""
    whole = recipe.model_dump(mode="json", exclude_defaults=True)
    crossings = [list(pair) for pair in recipe.audit.crossings]
    crossed = crossings if any(set(pair) == set(both) for pair in crossings) else [both]
    asked = {"crossings": crossed, "ll144": dict(zip(("sex", "race"), both, strict=True))}
    return json.dumps({**whole, "audit": {**whole.get("audit", {}), **asked}}, ensure_ascii=False)


def _check_left_out(material: Material, law: LocalLaw144) -> None:
    """Raise `UserError` for names that no category has, and for categories with 2 % of the data or more."""
    mistakes = []
    for attribute, names in law.left_out.items():
        shares = {str(share.group): share for share in _shares(material, attribute)}
        where = f"{material.data.run.recipe}: audit.ll144.left_out.{attribute}"
        mistakes += [(where, what) for name in names for what in _not_to_leave_out(name, shares)]
    if mistakes:
        raise UserError([Mistake(where, what, "change the recipe and run it again") for where, what in mistakes])


def _not_to_leave_out(name: str, shares: Mapping[str, Measure]) -> Iterator[str]:
    """Say why a category of an attribute may not be left out, if so."""
    share = shares.get(name)
    if share is None:
        yield f"no category is called '{name}'; {did_you_mean(name, tuple(shares))}"
    elif not _is_small(share):
        counted = f"({count(share.numerator or 0)} of {count(share.n)})"
        yield f"'{name}' is {value_of(share)} of the data {counted}, 2 % or more, so it may not be left out"


def _shares(material: Material, attribute: str) -> tuple[Measure, ...]:
    shares = having(material.audit.measures, metric="share", attribute=attribute)
    return tuple(m for m in shares if m.selection is not None and m.selection.equals.get("side") == material.side)


def _rates(material: Material, law: LocalLaw144, metric: str, model: Model) -> Section:
    rate, title = RATES[metric]
    blocks: list[Block] = []
    for heading, attribute in zip(TITLES, tables_of(material.recipe, law), strict=True):
        blocks += [Heading(f"{heading}: {attribute}"), _table(material, metric, model, attribute)]
        blocks += [Items(tuple(_not_counted(material, law, rate, model, attribute)))]
    wanted = {"metric": rate, "model": model, "attribute": None, "label": None, "compare": None, "probe": None}
    whole = only(material.audit.measures, **wanted)
    every = f"{title} of all applicants: {value_of(whole)} ({count(whole.n)} applicants; {whole.id})." if whole else ""
    return Section(rate, title, every, tuple(blocks))


def _by_category(material: Material, rate: str, model: Model, attribute: str) -> dict[str, Measure]:
    wanted = {"metric": rate, "model": model, "attribute": attribute}
    found = having(material.audit.measures, **wanted, compare=None, label=None, probe=None)
    return {m.group: m for m in found if m.group is not None}


def _table(material: Material, metric: str, model: Model, attribute: str) -> Table:
    rate, title = RATES[metric]
    rates = _by_category(material, rate, model, attribute)
    ratios = {m.group: m for m in having(material.audit.measures, metric=metric, model=model, attribute=attribute)}
    shares = {m.group: m for m in _shares(material, attribute)}
    rows = []
    for category in by_value(tuple(rates), rates.values()):
        if category not in COUNTED:
            own, ratio = rates[category], ratios.get(category)
            said = Cell(value_of(ratio), (ratio.undefined,) if ratio.undefined else ()) if ratio else Cell("left out")
            small = (f"{value_of(shares[category])} of the data",) if _is_small(shares.get(category)) else ()
            cells = (Cell(category, small), Cell(count(own.n)), Cell(value_of(own)), said)
            rows.append(Row(cells, ids_of(own, ratio)))
    numbers = ("Number of applicants", title, "Impact ratio")
    columns = (Column("Category"), *(Column(heading, number=True) for heading in numbers))
    return Table(f"{title} and impact ratio, by {attribute}", columns, tuple(rows))


def _is_small(share: Measure | None) -> bool:
    """Return whether a category has less than 2 % of the data, so that it may be left out."""
    return share is not None and (share.numerator or 0) < SMALL * share.n


def _not_counted(material: Material, law: LocalLaw144, rate: str, model: Model, attribute: str) -> Sequence[str]:
    """Say how many are of no known category, and which categories were left out, with number, rate and justification."""
    rates = _by_category(material, rate, model, attribute)
    lines = [
        f"{plural(rates[group].n, 'applicant is', 'applicants are')} in no category of {attribute} ({group}; {rates[group].id})."
        for group in COUNTED
        if group in rates
    ] or [f"Every applicant is in a known category of {attribute}."]
    shares = {m.group: m for m in _shares(material, attribute)}
    for category, own in rates.items():
        why = justification(attribute, category, law)
        if why is not None and category not in COUNTED:
            lines.append(
                f"Left out: {category}, {plural(own.n, 'applicant')}, {value_of(shares[category])} of the data "
                f"({shares[category].id}), rate {value_of(own)} ({own.id}). The auditor's justification: {why}"
            )
    return lines


def _data(material: Material) -> Section:
    told = sources(material.data, len(material.manifest.sources))
    unread = [m for m in having(material.audit.measures, metric="unparsed", attribute=None) if m.numerator]
    lines = tuple(
        f"{m.title}: {count(m.numerator or 0)} of {count(m.n)}; these are in no rate ({m.id})." for m in unread
    )
    rows = material.measure(f"rows.{material.side}")
    facts = Facts((Fact("Rows assessed by the tool", value_of(rows), rows.id),))
    return Section("data", "The data", told.lead, (facts, *told.blocks, *((Items(lines),) if lines else ())))


def _to_write() -> Items:
    return Items(tuple(f"{what}: {person(why)}" for what, why in TO_WRITE))
