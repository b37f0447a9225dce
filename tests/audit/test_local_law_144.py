"""Local Law 144: the highest rate is that of any category, and what is left out, if it may be, sets nothing."""

import polars as pl
import pytest
from audit_frames import by_id, evidence, kept, recipe

from audit.evidence import Evidence
from audit.local_law_144 import justification, ll144_ratios, tables_of
from audit.model_rates import model_rate
from audit.prediction_table import prediction_table
from audit.rates import Chance, plain_groups
from curate.errors import UserError
from curate.recipe_file import parse_recipe

WHY = "too few people"
PEOPLE = [("f", "x", 50, 30), ("m", "x", 49, 40), ("f", "small", 1, 1), ("f", "unknown", 3, 3), ("unknown", "x", 2, 0)]
"""Sex, race, how many, and how many were selected."""


def measured(people=PEOPLE, **left_out: dict[str, str]):
    """The ratios of these people, and the rates that they are made of."""
    made = recipe(
        "race",
        "sex",
        audit={"crossings": [["race", "sex"]], "ll144": {"sex": "sex", "race": "race", "left_out": left_out}},
    )
    sex = [[who] for who, _race, n, _hits in people for _ in range(n)]
    race = [[which] for _sex, which, n, _hits in people for _ in range(n)]
    answers = [int(place < hits) for _sex, _race, n, hits in people for place in range(n)]
    found, chance = crossed_evidence(answers, made, race, sex), Chance(0.95, 400, 7, 20)
    rates = [
        m
        for by in ("sex", "race", "race × sex")
        for m in plain_groups(found, model_rate("selection_rate", "given"), by, chance)
    ]
    return by_id(ll144_ratios(found, made, "given", rates, chance)), made


def crossed_evidence(answers, made, race, sex):
    """Evidence with the crossing that the recipe asks for."""
    rows = kept(answers, race=race, sex=sex)
    given = pl.DataFrame({"row": rows["row"], "answer": [str(a) for a in answers]})
    return Evidence({"predictions": prediction_table(rows, {"given": given}, made)}, ())


def values(found, attribute):
    return {m.group: m.value for m in found.values() if m.attribute == attribute}


def test_three_tables_and_the_smallest_category_may_set_the_highest_rate():
    found, _made = measured()
    assert values(found, "sex") == pytest.approx({"f": 1.0 * (34 / 54) / (40 / 49), "m": 1.0})
    assert values(found, "race") == pytest.approx({"small": 1.0, "x": 70 / 101})
    assert values(found, "race × sex") == pytest.approx({"small × f": 1.0, "x × f": 30 / 50, "x × m": 40 / 49})
    assert {m.note for m in found.values() if m.attribute == "race"} == {"the highest rate is that of small"}
    assert {m.p_value for m in found.values()} == {None}


def test_what_is_left_out_sets_nothing_here_or_in_the_crossing():
    found, _made = measured(race={"small": WHY})
    assert values(found, "race") == {"x": 1.0}
    assert values(found, "race × sex") == pytest.approx({"x × f": (30 / 50) / (40 / 49), "x × m": 1.0})


def test_a_category_of_two_percent_or_more_stays_in():
    assert values(measured(sex={"f": WHY})[0], "sex").keys() == {"f", "m"}


def test_tables_and_justifications():
    _found, made = measured(race={"small": WHY})
    law = made.audit.ll144
    assert tables_of(made, law) == ("sex", "race", "race × sex")
    assert [justification("race", each, law) for each in ("small", "x")] == [WHY, None]
    assert [justification("race × sex", each, law) for each in ("small × f", "x × f", "x × small")] == [WHY, None, None]
    assert justification("sex", "small", law) is None, "a category of another attribute may have the same name"


def test_two_attributes_may_have_a_category_of_the_same_name():
    people = [("f", "x", 99, 60), ("m", "x", 99, 80), ("other", "x", 1, 1), ("f", "other", 1, 1)]
    found, _made = measured(people, race={"other": WHY})
    assert values(found, "race").keys() == {"x"}
    assert values(found, "sex") == pytest.approx({"f": 61 / 100, "m": 80 / 99, "other": 1.0})
    assert values(found, "race × sex").keys() == {"x × f", "x × m", "x × other"}


def test_no_setting_no_ratios():
    found = evidence([1, 0], {"given": [1, 0]}, g=[["a"], ["b"]])
    rates = plain_groups(found, model_rate("selection_rate", "given"), "g", Chance(0.95, 400, 7, 1))
    assert ll144_ratios(found, recipe("g"), "given", rates, Chance(0.95, 400, 7, 1)) == []


RECIPE = """
version: 1
name: law
sources: [{path: a.csv}]
task: {kind: classification, label: l, prediction: p, positive: ["1"]}
groups: {sex: {column: sex}, race: {column: race}}
audit:
  crossings: [[race, sex]]
  ll144: {sex: sex, race: race}
"""


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("sex: sex, race: race}", "sex: gender, race: race}", "unknown attribute 'gender'"),
        ("sex: sex, race: race}", "sex: sex, race: sex}", "is 'sex' again"),
        ("  crossings: [[race, sex]]\n", "", "add crossings: [[sex, race]]"),
        (', positive: ["1"]', "", "needs a classification with task.positive"),
        (", prediction: p", "", "needs predictions"),
        ("race: race}\n", 'race: race, left_out: {race: {A: " "}}}\n', "audit.ll144.left_out.race.A"),
        (
            "race: race}\n",
            "race: race, left_out: {races: {A: few}}}\n",
            "'races' is neither sex nor race/ethnicity here; did you mean 'race'?",
        ),
        ("race: race}\n", "race: race, left_out: {A: few}}\n", "write a map: {key: value}"),
    ],
)
def test_mistakes_in_the_recipe(old, new, said):
    assert parse_recipe(RECIPE, "r.yaml").audit.ll144 is not None
    assert RECIPE.count(old) == 1 or old == "race: race}\n"
    with pytest.raises(UserError, match=r"r\.yaml") as error:
        parse_recipe(RECIPE.replace(old, new), "r.yaml")
    assert said in str(error.value)
