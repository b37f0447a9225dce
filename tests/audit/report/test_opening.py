"""The head of the report: gates are told so that nobody takes a pass for a failure."""

from types import SimpleNamespace

import pytest

from audit.report.content import Cell, Column, Fact, Row, Section, Table
from audit.report.markdown import sections_markdown
from audit.report.opening import _verdicts


@pytest.mark.parametrize(
    ("outcomes", "value", "detail"),
    [
        (["met"], "✓ 1 of 1 met", ""),
        (["met"] * 4, "✓ all 4 met", ""),
        (["not met", "met", "insufficient evidence", "met"], "✗ 1 of 4 not met", "✓ 2 met · ? 1 insufficient evidence"),
        (["met", "insufficient evidence"], "? 1 of 2 without enough evidence", "✓ 1 met"),
        (["insufficient evidence"] * 3, "? all 3 without enough evidence", ""),
        (["not met"] * 2, "✗ all 2 not met", ""),
    ],
)
def test_gates(outcomes, value, detail):
    audit = SimpleNamespace(verdicts=[SimpleNamespace(outcome=outcome) for outcome in outcomes])
    assert _verdicts(audit) == Fact("Gates", value, detail)


def test_a_cell_of_details_alone_has_no_brackets():
    table = Table(
        "t", (Column("Step"), Column("Reasons")), (Row((Cell("length", ("n 3",)), Cell("", ("36 too short",)))),)
    )
    assert "| length (n 3) | 36 too short |" in sections_markdown([Section("a", "b", "c", (table,))])[-1]
