"""Label rates before and after the training steps, and of made rows: by hand from the small run."""

import polars as pl
import pytest

from audit.metrics import compute
from audit.report.sections import mentions
from audit.results import Provenance
from audit.run import audit_run, evidence_of


@pytest.fixture(scope="module")
def audit(audited):
    return audit_run(audited)


def test_a_shift_is_after_less_before(audited, audit):
    _recipe, _models, evidence = evidence_of(audited)
    found = {measure.id: measure for measure in audit.measures}
    curation, learned = evidence.tables["curation"], evidence.select(evidence.learned_from)
    before = curation.filter("entered_train_steps", pl.col("group_gender").list.contains("woman"))["label"] == "1"
    after = learned.filter(pl.col("group_gender").list.contains("woman"))["label"] == "1"
    shift = found["label_shift.gender.woman"]
    assert shift.value == pytest.approx(after.mean() - before.mean())
    assert shift.interval is None
    assert compute(shift, evidence, found) == pytest.approx(shift.value)


def test_the_label_rate_of_made_rows(audited, audit):
    _recipe, _models, evidence = evidence_of(audited)
    found = {measure.id: measure for measure in audit.measures}
    made = evidence.tables["rows"].filter("made")
    assert found["made_label_rate.sample"].n == len(made)
    assert found["made_label_rate.sample"].value == pytest.approx((made["label"] == "1").mean())


def test_the_section_sets_before_beside_after(audit):
    tables = [block for block in mentions.section(audit).blocks if block.kind == "table"]
    (table,) = [table for table in tables if table.caption == "Label rates, by gender"]
    assert [column.heading for column in table.columns] == ["Group", "Before", "After", "Shift", "Made by sample"]


def test_the_heading_names_the_tool_and_no_digest(audit):
    used = Provenance(what="Step sample made with", value=f"Apertium 3.8.3, {'a1' * 32}")
    told = mentions.section(audit.model_copy(update={"provenance": (*audit.provenance, used)}))
    headings = [column.heading for block in told.blocks if block.kind == "table" for column in block.columns]
    assert "Made by sample (Apertium 3.8.3)" in headings
