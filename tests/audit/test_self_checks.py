"""The self-checks: each is there and right, and a broken instrument is told on the first page that speaks of trust."""

from audit import self_checks as module
from audit.__main__ import read_audit
from audit.intervals import Count
from audit.report.sections import instrument
from audit.run import audit_run
from audit.self_checks import self_checks


def test_all_known_numbers_come_out():
    found = self_checks()
    assert len(found) == 20
    for check in found:
        assert check.agrees, check
        assert check.found == check.expected


def test_compas_has_every_defendant_of_the_published_table():
    table = module.compas().tables["predictions"]
    assert len(table) == 3696 + 2454
    assert table["given_positive"].sum() == 2174 + 854


def test_a_broken_instrument_is_told(monkeypatch, audited):
    monkeypatch.setattr("audit.intervals.quantile", lambda _confidence: 1.0)
    broken = self_checks()
    assert not all(check.agrees for check in broken)
    audit = read_audit(audited).model_copy(update={"self_checks": broken})
    section = instrument.section(audit)
    assert section.lead.endswith("did not. Do not rely on this report.")
    assert "✗ no" in {row.cells[-1].text for row in section.blocks[0].rows}
    assert audit_run(audited).cautions[0].startswith("The instrument is broken: ")


def test_numbers_are_compared_as_the_sources_print_them():
    assert module._check("x", "y", [0.0], [-0.00001]).agrees
    assert not module._check("x", "y", [0.4485], [Count(804, 1795).rate]).agrees
