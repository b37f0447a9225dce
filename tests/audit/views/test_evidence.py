"""The evidence view: every item has one of three statuses, evidence is there, and what is not there is left to a person."""

from people import RECIPE, cited, curated, material_of, tables

from audit.views.evidence import FRAMEWORKS, evidence

STATUSES = {"evidence", "a person must write this", "not applicable"}


def statuses(material):
    return {row[0]: row[2] for table in tables(evidence(material)).values() for row in table}


def test_every_item_has_a_status_and_every_id_a_measure(tuned, people):
    for material in (tuned, people):
        text = evidence(material)
        found = statuses(material)
        assert list(found) == [item.name for items in FRAMEWORKS.values() for item in items]
        assert set(found.values()) <= STATUSES
        assert set(cited(text)) <= {m.id for m in material.audit.measures}


def test_the_items_of_the_articles():
    article, annex, _measure = ([item.name for item in items] for items in FRAMEWORKS.values())
    assert article == [*(f"10(2)({letter})" for letter in "abcdefgh"), "10(3)", "10(4)", "10(5)"]
    assert annex == [f"2({letter})" for letter in "abcdefgh"]


def test_what_a_run_has(tuned, people):
    with_model, without = statuses(tuned), statuses(people)
    assert (with_model["10(2)(b)"], without["10(2)(b)"]) == ("a person must write this", "evidence"), (
        "an origin is stated or not"
    )
    for name in ("10(2)(c)", "10(2)(f)", "10(2)(g)", "2(d)", "2(g)", "Metrics", "Differences", "Limits"):
        assert with_model[name] == "evidence", name
    assert (with_model["Limits"], without["Limits"]) == ("evidence", "a person must write this"), "no gate, no limit"
    assert without["10(2)(g)"] == "a person must write this"
    assert without["Before training"] == "not applicable"
    for name in ("10(2)(d)", "10(4)", "2(e)", "2(h)", "Harms", "Actions"):
        assert with_model[name] == without[name] == "a person must write this"
    assert with_model["Monitoring"] == "not applicable"


def test_a_run_without_groups_or_origin(tmp_path):
    recipe = RECIPE[: RECIPE.index("  metrics")].replace('origin: "https://example.org/people", ', "")
    found = statuses(
        material_of(curated(tmp_path, recipe.replace("groups: {sex: {column: sex}, race: {column: race}}\n", "")))
    )
    assert found["10(2)(b)"] == found["10(2)(f)"] == found["Groups"] == "a person must write this"
    assert found["10(5)"] == "not applicable"
