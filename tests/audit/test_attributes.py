"""Crossings of two attributes: who is in which, and that they are measured like any attribute."""

import polars as pl
import pytest
from audit_frames import CHANCE, by_id, evidence, recipe

from audit.attributes import attributes, with_crossings
from audit.fairness import fairness_measures
from curate.audit_settings import crossing_name

ASKED = recipe("sex", "race", audit={"crossings": [["sex", "race"]]})


def test_a_crossing_is_every_group_with_every_group():
    groups = {
        "group_sex": [["f"], ["m"], ["f"], ["unknown"], ["none mentioned"]],
        "group_race": [["a"], ["a", "b"], ["unknown"], ["none mentioned"], ["b"]],
    }
    frame = with_crossings(pl.DataFrame(groups), ASKED)
    assert attributes(ASKED) == ("sex", "race", "sex × race")
    assert frame["group_sex × race"].to_list() == [
        ["f × a"],
        ["m × a", "m × b"],
        ["unknown"],
        ["unknown"],
        ["none mentioned"],
    ]
    assert frame.select("group_sex", "group_race").to_dict(as_series=False) == groups


def test_rates_of_a_crossing():
    table = evidence(
        [0, 1, 0, 1],
        {"given": [1, 1, 0, 0]},
        ASKED,
        sex=[["f"], ["f"], ["m"], ["f"]],
        race=[["a"], ["a"], ["a"], ["b"]],
    )
    found = by_id(fairness_measures(table, ASKED, "given", ("selection_rate",), CHANCE))
    assert (found["given.selection_rate.sex_race.f_a"].numerator, found["given.selection_rate.sex_race.f_a"].n) == (
        2,
        2,
    )
    assert found["given.selection_rate.sex_race.difference"].value == pytest.approx(1.0)
    assert found["given.selection_rate.sex_race.f_b"].selection.equals["group_sex × race"] == "f × b"
    assert crossing_name(("sex", "race")) == "sex × race"
