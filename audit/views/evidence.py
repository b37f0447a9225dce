"""The evidence view: what a run has of what the EU AI Act and NIST's framework ask for, and what a person must write."""

from audit.report.content import Cell, Column, Row, Section, Table
from audit.views.frameworks import ANNEX_IV, ARTICLE_10, MEASURE_2_11, Item
from audit.views.material import Material, document

LEAD = (
    "For each item one of three: evidence (where it is, with examples of measures), a person must write this, or not applicable "
    "(and why). The items are shortened; the texts themselves say what is asked. Evidence for an item is not a judgement of it."
)
FRAMEWORKS: dict[str, tuple[Item, ...]] = {
    "EU AI Act, Article 10(2) to (5): data and data governance": ARTICLE_10,
    "EU AI Act, Annex IV, point 2: technical documentation": ANNEX_IV,
    "NIST AI RMF, MEASURE 2.11: fairness and bias": MEASURE_2_11,
}
COLUMNS = (Column("Item"), Column("What it asks for"), Column("Status"), Column("Where, or why not"))


def evidence(material: Material) -> str:
    """Return the document."""
    sections = [_section(material, title, items) for title, items in FRAMEWORKS.items()]
    return document(material, f"Evidence: {material.audit.name}", LEAD, sections)


def _section(material: Material, title: str, items: tuple[Item, ...]) -> Section:
    rows = []
    for item in items:
        found = item.look(material)
        rows.append(Row((Cell(item.name), Cell(item.asks), Cell(found.status), Cell(found.where)), found.ids))
    lead = "Measures named here are examples of their kind; the report has all of them."
    return Section(title, title, lead, (Table(title, COLUMNS, tuple(rows)),))
