"""Shares against reference shares: among the rows whose group is known, by hand and by scipy."""

import polars as pl
import pytest
from audit_frames import CHANCE, by_id, kept, recipe

from audit.evidence import Evidence, row_table
from audit.metrics import compute
from audit.reference import reference_measures

ASKED = recipe("sex", audit={"reference": {"sex": {"source": "a census", "shares": {"f": 0.5, "m": 0.4, "x": 0.1}}}})


@pytest.fixture(scope="module")
def table() -> Evidence:
    rows = kept([0] * 45, sex=[["f"]] * 12 + [["m"]] * 28 + [["unknown"]] * 5)
    ledger = pl.DataFrame(schema={"row": pl.Int64, "place": pl.Int32, "step": pl.String, "event": pl.String})
    return Evidence({"rows": row_table(rows, ledger, ASKED)}, ())


@pytest.fixture(scope="module")
def found(table):
    return by_id(reference_measures(table, ASKED, CHANCE))


def test_shares_are_of_the_known_rows(found):
    from scipy.stats import binomtest

    assert (found["known_share.sex.f"].numerator, found["known_share.sex.f"].n) == (12, 40)
    assert found["known_share.sex.f.difference"].value == pytest.approx(0.3 - 0.5)
    assert found["known_share.sex.f.ratio"].value == pytest.approx(0.3 / 0.5)
    assert found["known_share.sex.m.difference"].p_value == pytest.approx(binomtest(28, 40, 0.4).pvalue)
    assert (
        found["known_share.sex.m.difference"].test
        == "exact binomial test; Holm over the shares of sex against a census (3 tests)"
    )


def test_a_group_of_which_there_is_no_row_is_counted(found):
    missing = found["known_share.sex.x.difference"]
    assert (found["known_share.sex.x"].numerator, missing.value) == (0, pytest.approx(-0.1))
    assert missing.interval.low == pytest.approx(-0.1)


def test_every_number_is_recomputed_from_its_rows(table, found):
    for measure in found.values():
        assert compute(measure, table, found) == pytest.approx(measure.value), measure.id
