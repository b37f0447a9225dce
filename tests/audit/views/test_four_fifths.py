"""Four fifths: hand-made counts, each figure that of the audit, and nothing about who is unknown."""

import pytest
from people import PEOPLE, RECIPE, cited, curated, material_of, tables

from audit.report.words import value_of
from audit.results import Measure
from audit.views.four_fifths import Judged, four_fifths, judged
from curate.errors import UserError

RACE = "Selection rate of the given predictions, by race"
CROSSED = "Selection rate of the given predictions, by race × sex"


def test_rows_by_hand(people):
    found = {row[0].split(" (")[0]: row for row in tables(four_fifths(people))[RACE]}
    assert list(found) == ["tiny", "x", "y", "unknown"], "highest first, the unknown last"
    # x has 70 of 95, y 2 of 4: 0.5 / 0.7368 = 0.68; one more of y and one fewer of x: 0.75 / 0.7263 = 1.03
    assert found["x"][0] == "x (highest rate)"
    assert found["x"][1].startswith("73.7\u00a0% (70 of 95")
    assert found["x"][2:6] == ["1.00", "no", "–", "–"]
    assert found["y"][1].startswith("50.0\u00a0% (2 of 4")
    assert found["y"][2].startswith("0.68 (")
    assert found["y"][3] == "yes"
    assert found["y"][4].startswith("no (adjusted p\u00a0")
    assert found["y"][5] == "would have the highest rate (1.03)"
    assert found["tiny"][0] == "tiny (few rows, does not set the highest rate)"
    assert found["tiny"][2].startswith("1.36 (")
    assert found["unknown"][0] == "unknown (no group)"
    assert found["unknown"][2:6] == ["–"] * 4


def test_the_summary_says_who_is_below_and_what_would_change_it(people):
    text = four_fifths(people)
    said = "by race: y; not significant: y; one person more would clear y."
    assert f"- Selection rate of the given predictions, {said}" in text
    women = "by sex: f."  # 36 of 58 over 40 of 44, p 0.001: one person more is 37 / 58 over 39 / 44, 0.72
    assert f"- Selection rate of the given predictions, {women}" in text
    assert "would not clear it (0.72)" in text
    assert "- Scoring rate of the given predictions, by sex:" in text
    assert "- Label rate of the data, by sex: none." in text


def test_significance_counts_with_the_many_ratios(people):
    ratio = Measure(id="r", title="", metric="impact_ratio", value=0.5, p_value=0.03)
    assert Judged(ratio, (), None).is_significant(0.95)
    assert not Judged(ratio.model_copy(update={"p_adjusted": 0.06}), (), None).is_significant(0.95)
    by_id = {m.id: m for m in people.audit.measures}
    found = {row[0].split(" (")[0]: row for row in tables(four_fifths(people))[CROSSED]}
    ratio = by_id["given.impact_ratio.race_sex.y_f"]
    assert ratio.p_value < ratio.p_adjusted
    assert found["y × f"][4] == f"no (adjusted p\u00a0{ratio.p_adjusted:.3f} · p\u00a0{ratio.p_value:.3f} alone)"


def test_every_figure_is_that_of_a_measure(people):
    text, by_id = four_fifths(people), {m.id: m for m in people.audit.measures}
    rows = [row for table in tables(text).values() for row in table]
    assert len(rows) == 3 * (3 + 4 + 5)
    for row in rows:
        ids = cited(row[-1])
        assert ids, "each row has the ids of its figures"
        for name in ids:
            assert value_of(by_id[name]) in " ".join(row[1:-1]), name


def test_undefined_is_neither_yes_nor_no(tmp_path):
    nobody = tuple((sex, race, n, 0) for sex, race, n, _hits in PEOPLE)
    text = four_fifths(material_of(curated(tmp_path, RECIPE.replace("score: score, ", ""), nobody)))
    assert "- Selection rate of the given predictions, by sex: undefined: f and m." in text
    for row in tables(text)[RACE][:-1]:
        assert row[2].startswith("undefined (no group has any")
        assert row[3:6] == ["undefined", "–", "–"]


def test_nobody_sets_the_highest_rate(tmp_path):
    text = four_fifths(material_of(curated(tmp_path, RECIPE.replace("size: 4", "size: 400"))))
    assert "no group has at least 400 rows" in text
    assert "- Selection rate of the given predictions, by race: undefined: tiny, x and y." in text


def test_names_from_data_are_escaped(tmp_path):
    hostile = ("f", "*x* <b>|`y`", 30, 10), ("m", "y", 30, 20)
    text = four_fifths(material_of(curated(tmp_path, RECIPE.replace('{tiny: "one', '{zz: "one'), hostile)))
    assert "\\*x\\* &lt;b&gt;\\|\\`y\\`" in text
    assert "<b>" not in text


def test_a_run_without_rates_is_told(people, tmp_path):
    bare = (
        RECIPE[: RECIPE.index("  metrics")]
        .replace(', positive: ["1"]', "")
        .replace("score: score, ", "")
        .replace("score: score", "")
    )
    with pytest.raises(UserError, match="has no rate of selection"):
        four_fifths(material_of(curated(tmp_path, bare)))


def test_judged_groups_count_in_whole_people(people):
    groups = judged(people.audit, "impact_ratio", "given", "sex")
    assert (groups["f"].is_below, groups["f"].clears, groups["f"].overtakes) == (True, False, False)
    assert groups["m"].is_highest
    rate = {"title": "", "metric": "selection_rate"}
    rates = tuple(
        Measure(id=name, value=hits / n, numerator=hits, n=n, **rate) for name, hits, n in (("a", 16, 25), ("b", 4, 5))
    )
    exact = Measure(id="r", title="", metric="impact_ratio", value=0.64 / 0.8, parts=("a", "b"))
    assert exact.value < 0.8
    assert not Judged(exact, rates, None).is_below
