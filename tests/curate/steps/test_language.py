"""The step that keeps languages."""

import pytest
from frames import apply, fates, frame, values

from curate.errors import UserError
from curate.recipe_file import parse_recipe
from curate.steps.language import Language

ENGLISH = "This is a plain English sentence about the weather of last week."
GERMAN = "Dies ist ein ganz gewöhnlicher deutscher Satz über das Wetter der letzten Woche."
FRENCH = "Ceci est une phrase française tout à fait ordinaire sur le temps qu'il fait."


def test_other_languages_go_and_are_named():
    applied = apply(Language(allowed=("en",)), frame(ENGLISH, GERMAN, FRENCH))
    assert fates(applied) == {2: "other_language", 3: "other_language"}
    assert [said.split()[0] for said in applied.ledger["detail"]] == ["de", "fr"]
    assert applied.ledger["threshold"].to_list() == [0.65, 0.65]
    assert all(applied.ledger["value"] < 0.1)


def test_the_probabilities_of_allowed_languages_add_up():
    one, other = values(Language(allowed=("en",)), GERMAN)[0], values(Language(allowed=("de",)), GERMAN)[0]
    step = Language(allowed=("de", "en"), min_confidence=0.9)
    both = apply(step, frame(GERMAN, ENGLISH, FRENCH))
    assert fates(both) == {3: "other_language"}
    assert 1 >= values(step, GERMAN)[0] >= max(one, other)


def test_texts_with_too_little_to_tell():
    texts = frame("ok", "", None, "12345 67890 !!!", "Guten Morgen", GERMAN)
    assert fates(apply(Language(allowed=("en",)), texts)) == {6: "other_language"}
    dropped = apply(Language(allowed=("en",), short="drop"), texts)
    assert fates(dropped) == {**dict.fromkeys(range(1, 6), "too_short_to_tell"), 6: "other_language"}
    assert dropped.ledger.select("value", "threshold", "detail").row(0) == (2.0, 20.0, None)
    assert fates(apply(Language(allowed=("en",), min_characters=5), texts)) == {
        5: "other_language",
        6: "other_language",
    }


def test_capitals_and_line_breaks_do_not_matter():
    step = Language(allowed=("de",))
    assert len({*values(step, GERMAN, GERMAN.upper(), GERMAN.replace(" ", "\n"))}) == 1


def test_unknown_languages_are_a_mistake():
    recipe = (
        "version: 1\nname: r\nsources: [{path: a.csv}]\ntask: {kind: classification, text: text, label: label}\n"
        "steps:\n  - {step: language, allowed: [en, eng]}\n"
    )
    with pytest.raises(UserError, match="'english'; write codes of ISO 639-1"):
        parse_recipe(recipe.replace("eng]", "english]"), "r.yaml")
    with pytest.raises(UserError, match=r"r\.yaml:6: .*unknown language 'eng'; did you mean 'en'\?"):
        parse_recipe(recipe, "r.yaml")
