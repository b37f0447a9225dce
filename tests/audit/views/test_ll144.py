"""Local Law 144: three tables, the unknown counted apart, and only small categories left out, with their justification."""

import json
from dataclasses import replace

import pytest
from people import PEOPLE, RECIPE, WHY, cited, curated, material_of, tables

from audit.report.words import value_of
from audit.views.ll144 import ll144
from audit.views.material import PERSON
from curate.errors import UserError


def rows(text, caption):
    return [row[:4] for row in tables(text)[f"Selection rate and impact ratio, by {caption}"]]


def test_three_tables_by_hand(people):
    text = ll144(people)
    assert rows(text, "sex") == [
        ["m", "44", "90.9\u00a0%", "1.00"],
        ["f", "58", "62.1\u00a0%", "0.68"],
    ]
    assert rows(text, "race") == [
        ["tiny (1.0\u00a0% of the data)", "1", "100.0\u00a0%", "left out"],
        ["x", "95", "73.7\u00a0%", "1.00"],
        ["y", "4", "50.0\u00a0%", "0.68"],
    ]
    assert rows(text, "race × sex") == [
        ["tiny × f (1.0\u00a0% of the data)", "1", "100.0\u00a0%", "left out"],
        ["x × m", "44", "90.9\u00a0%", "1.00"],
        ["x × f", "50", "60.0\u00a0%", "0.66"],
        ["y × f", "4", "50.0\u00a0%", "0.55"],
    ]


def test_the_unknown_are_counted(people):
    text = ll144(people)
    assert "- 1 applicant is in no category of sex (unknown; given.selection\\_rate.sex.unknown)." in text.replace(
        "selection_rate", "selection\\_rate"
    )
    assert "- 3 applicants are in no category of race (unknown;" in text
    assert "- 4 applicants are in no category of race × sex (unknown;" in text


def test_what_was_left_out_stands_with_number_share_rate_and_reason(people):
    text = ll144(people)
    said = "Left out: tiny, 1 applicant, 1.0\u00a0% of the data (share.all.race.tiny), rate 100.0\u00a0% (given.selection_rate.race.tiny)."
    assert f"- {said} The auditor's justification: {WHY}" in text
    assert "- Left out: tiny × f, 1 applicant," in text


def test_left_in_a_tiny_category_sets_the_highest_rate(tmp_path):
    text = ll144(material_of(curated(tmp_path, RECIPE.replace(f', left_out: {{race: {{tiny: "{WHY}"}}}}', ""))))
    assert rows(text, "race")[:2] == [
        ["tiny (1.0\u00a0% of the data)", "1", "100.0\u00a0%", "1.00"],
        ["x", "95", "73.7\u00a0%", "0.74"],
    ]
    assert "Left out: tiny" not in text


def test_scores_have_tables_of_their_own(people):
    text, by_id = ll144(people), {m.id: m for m in people.audit.measures}
    # scores rise with selection: the median is that of the lowest selected people
    found = tables(text)["Scoring rate and impact ratio, by sex"]
    assert [row[0] for row in found] == ["m", "f"]
    assert found[1][3] == f"{by_id['given.scoring_rate.sex.f'].value / by_id['given.scoring_rate.sex.m'].value:.2f}"


def test_every_figure_is_that_of_a_measure(people):
    by_id = {m.id: m for m in people.audit.measures}
    found = [row for table in tables(ll144(people)).values() for row in table if "given." in row[-1]]
    assert len(found) == 2 * (2 + 3 + 4)
    for row in found:
        for name in cited(row[-1]):
            assert value_of(by_id[name]) in row[2:4], name
        assert row[1] == f"{by_id[cited(row[-1])[0]].n:,}"


def test_the_rate_of_all_applicants_is_none_of_text_from_elsewhere(people):
    rate = people.measure("given.selection_rate")
    elsewhere = rate.model_copy(
        update={"id": "given.outside.away.selection_rate", "probe": "away", "value": 0.0, "n": 1}
    )
    first = people.audit.model_copy(update={"measures": (elsewhere, *people.audit.measures)})
    assert ll144(replace(people, audit=first)) == ll144(people)


@pytest.mark.parametrize(
    ("left_out", "said"),
    [
        ("{race: {y: few}}", "'y' is 3.9\u00a0% of the data (4 of 103), 2 % or more, so it may not be left out"),
        ("{race: {tinny: few}}", "no category is called 'tinny'; did you mean 'tiny'?"),
        ("{sex: {tiny: few}}", "audit.ll144.left_out.sex: no category is called 'tiny'"),
    ],
)
def test_what_may_not_be_left_out(tmp_path, left_out, said):
    recipe = RECIPE.replace(f'{{race: {{tiny: "{WHY}"}}}}', left_out)
    assert recipe != RECIPE
    with pytest.raises(UserError) as error:
        ll144(material_of(curated(tmp_path, recipe)))
    assert said in str(error.value)
    assert "audit.ll144.left_out" in str(error.value)


def test_a_recipe_without_the_setting_is_told(tmp_path, tuned):
    with pytest.raises(UserError, match=r"has no audit\.ll144"):
        ll144(tuned)


LAW = f', left_out: {{race: {{tiny: "{WHY}"}}}}'
BARE = RECIPE.replace(f"  ll144: {{sex: sex, race: race{LAW}}}\n", "")


def asked_of(folder, recipe):
    with pytest.raises(UserError) as error:
        ll144(material_of(curated(folder, recipe)))
    return str(error.value)


def test_who_audited_a_table_by_options_is_told_a_recipe_that_works(tmp_path):
    said = asked_of(tmp_path, BARE)
    assert "a table that was audited by its options has no recipe of yours: run 'fairlead run law.yaml'" in said
    text = ll144(material_of(curated(tmp_path, said.partition("in law.yaml: ")[2])))
    assert rows(text, "sex") == [["m", "44", "90.9\u00a0%", "1.00"], ["f", "58", "62.1\u00a0%", "0.68"]]
    assert [row[0].partition(" (")[0] for row in rows(text, "race × sex")] == ["tiny × f", "x × m", "x × f", "y × f"]


def test_groups_of_other_names_are_left_to_the_user(tmp_path):
    said = asked_of(
        tmp_path,
        BARE.replace("{race: {", "{ethnicity: {")
        .replace(", race: {", ", ethnicity: {")
        .replace("[race,", "[ethnicity,"),
    )
    assert "law.yaml (for RACE write which of its groups is meant): {" in said
    asked = json.loads(said.partition("is meant): ")[2])["audit"]
    assert (asked["crossings"], asked["ll144"]) == ([["sex", "RACE"]], {"sex": "sex", "race": "RACE"})


def test_a_recipe_that_trains_is_told_the_setting_alone(tuned):
    with pytest.raises(UserError, match=r"and run the recipe again$"):
        ll144(tuned)


def test_what_only_a_person_can_state(people):
    text = ll144(people)
    for what in (
        "Date of the bias audit",
        "Distribution date of the tool",
        "Independent auditor",
        "Source and explanation of the data",
    ):
        assert f"- {what}: {PERSON}" in text
    assert sum(n for *_who, n, _hits in PEOPLE) == 103
    assert "Rows assessed by the tool: **103** (rows.all)" in text
