"""The waterfall: shares and label rates at every stage, by hand from the small run's rows."""

import polars as pl
import pytest

from audit.metrics import compute
from audit.rates import Chance
from audit.report.sections import waterfall
from audit.run import audit_run, evidence_of
from audit.waterfall import stages_of, waterfall_measures

CHANCE = Chance(0.95, 200, 7, 5)


@pytest.fixture(scope="module")
def parts(audited):
    recipe, _models, evidence = evidence_of(audited)
    return recipe, evidence, {m.id: m for m in waterfall_measures(evidence, recipe, CHANCE)}


def test_stages_are_those_at_which_rows_left(parts):
    recipe, evidence, _found = parts
    assert [stage.name for stage in stages_of(evidence, recipe)] == [
        "as read",
        "after length",
        "before training steps",
        "learned from",
    ]


def test_shares_and_label_rates_by_hand(parts):
    _recipe, evidence, found = parts
    curation = evidence.tables["curation"]
    left = curation.filter(~pl.col("dropped_length"))
    women = left.filter(pl.col("group_gender").list.contains("woman"))
    share = found["stage_share.after_length.gender.woman"]
    assert (share.numerator, share.n, share.value) == (len(women), len(left), len(women) / len(left))
    rate = found["stage_label_rate.after_length.gender.woman"]
    assert rate.value == pytest.approx((women["label"] == "1").mean())
    gap = found["stage_label_rate.after_length.gender.difference"]
    rates = [found[f"stage_label_rate.after_length.gender.{group}"].value for group in ("man", "woman")]
    assert gap.value == pytest.approx(max(rates) - min(rates))
    learned = evidence.select(evidence.learned_from)
    assert found["stage_share.learned_from.gender.man"].n == len(learned)


def test_every_number_is_recomputed_from_its_rows(parts):
    _recipe, evidence, found = parts
    for measure in found.values():
        assert compute(measure, evidence, found) == pytest.approx(measure.value), measure.id


def test_the_section_shows_every_stage(audited):
    section = waterfall.section(audit_run(audited))
    tables = [block for block in section.blocks if block.kind == "table"]
    assert [column.heading for column in tables[0].columns] == [
        "Group", "as read", "after length", "before training steps", "learned from",
    ]  # fmt: skip
    pictures = [block for block in section.blocks if block.kind == "paths"]
    assert len(pictures[0].paths[0].values) == 4
