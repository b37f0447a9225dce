"""The instrument: published numbers and worked examples, and what the audit's own functions made of them in this run."""

from audit.report.content import Cell, Column, Row, Section, Table
from audit.report.words import plural
from audit.results import Audit, SelfCheck


def section(audit: Audit) -> Section | None:
    """Return the section, or None where nothing was checked."""
    if not audit.self_checks:
        return None
    wrong = [check for check in audit.self_checks if not check.agrees]
    rows = tuple(_row(check) for check in audit.self_checks)
    columns = (Column("What"), Column("Known", number=True), Column("Found", number=True), Column("Agrees"))
    said = f"{plural(len(rows), 'known number')} were computed with the functions that made this report: "
    found = "all came out as they are published." if not wrong else f"{len(wrong)} did not. Do not rely on this report."
    return Section(
        "instrument", "The instrument", said + found, (Table("Known numbers, computed again", columns, rows),)
    )


def _row(check: SelfCheck) -> Row:
    known, found = (", ".join(map(_number, numbers)) for numbers in (check.expected, check.found))
    return Row((Cell(check.name, (check.source,)), Cell(known), Cell(found), Cell("✓ yes" if check.agrees else "✗ no")))


def _number(number: float | None) -> str:
    return "undefined" if number is None else f"{number:.4f}".replace("-", "−")
