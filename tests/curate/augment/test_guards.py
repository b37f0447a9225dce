"""Each guard refuses the copy that it is there for, with its reason, and lets its neighbour pass."""

import polars as pl
import pytest
from pydantic import ValidationError

from curate.augment.guards import Guards, NoiseGuards, judge, similarity
from curate.errors import UserError

GENDER = {"gender": {"woman": ("woman", "women", "she", "her"), "man": ("man", "men", "he", "his")}}
OPEN = {"min_similarity": 0.0, "max_similarity": 1.0}


def verdict(
    before: str, after: str, label: str | None = None, terms=GENDER, **settings
) -> tuple[str | None, float | None, float | None]:
    """Return reason, value and threshold for one copy; the similarity window is open unless it is set."""
    pairs = pl.DataFrame(
        {"before": [before], "after": [after], "label": [label]}, schema_overrides={"label": pl.String}
    )
    pairs = pairs.with_columns(similarity=similarity(pl.col("before"), pl.col("after")))
    judged = judge(pairs, Guards(**{**OPEN, **settings}), terms)
    assert judged.columns == ["before", "after", "label", "similarity", "reason", "value", "threshold"]
    return judged.select("reason", "value", "threshold").row(0)


PASSED = (None, None, None)


def test_similarity_is_the_jaccard_similarity_of_character_three_grams():
    frame = pl.DataFrame({"left": ["abcd", "same", "ab"], "right": ["abce", "same", "xy"]})
    found = frame.select(similarity(pl.col("left"), pl.col("right"))).to_series().to_list()
    left, right = {" ab", "abc", "bcd", "cd "}, {" ab", "abc", "bce", "ce "}
    assert found == [len(left & right) / len(left | right), 1.0, 0.0]


def test_noise_keeps_a_window_of_its_own_when_another_guard_is_set():
    guards = NoiseGuards(negations=False)
    assert (guards.min_similarity, guards.max_similarity, guards.negations) == (0.5, 0.99, False)


def test_an_unchanged_copy():
    assert verdict("the same text", "the same text") == ("unchanged", 1.0, None)
    assert verdict("the same text", "the same text", unchanged=False) == PASSED


def test_the_similarity_window():
    assert verdict("abcd", "abce", max_similarity=0.3) == ("too_similar", pytest.approx(1 / 3), 0.3)
    assert verdict("abcd", "abce", min_similarity=0.4) == ("too_different", pytest.approx(1 / 3), 0.4)
    assert verdict("abcd", "abce", min_similarity=0.3, max_similarity=0.4) == PASSED


def test_a_window_that_nothing_passes_is_refused():
    with pytest.raises(ValidationError, match="no copy could pass"):
        Guards(min_similarity=0.9, max_similarity=0.5)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("the women work here", "the people work here", ("lost_identity", 1.0, 0.0)),
        ("the people work here", "the men work here", ("gained_identity", 1.0, 0.0)),
        ("the women work here", "the men work here", ("lost_identity", 1.0, 0.0)),
        ("women and men work", "people work", ("lost_identity", 2.0, 0.0)),
        ("the women work here", "the woman works here", PASSED),
        ("mentioning nobody", "a mention of no one", PASSED),
    ],
)
def test_the_recipes_groups_must_stay(before, after, expected):
    assert verdict(before, after, negations=False) == expected


def test_without_term_lists_the_pronouns_are_still_watched():
    assert verdict("she sees the house", "he sees the house", terms={}) == ("lost_identity", 1.0, 0.0)
    assert verdict("sees the house", "their house is seen", terms={}) == ("gained_identity", 1.0, 0.0)
    assert verdict("she sees the house", "the house is hers", terms={}) == PASSED
    assert verdict("she sees the house", "he sees the house", terms={}, pronouns=False) == PASSED


def test_the_identity_guard_can_be_switched_off_alone():
    assert verdict("the women work", "the men work", identity=False) == PASSED
    assert verdict("she works", "he works", identity=False) == ("lost_identity", 1.0, 0.0)


def test_a_shipped_lexicon_and_a_file_can_be_watched_beside_the_recipes(tmp_path):
    assert verdict("a muslim speaks", "a person speaks", terms={}) == PASSED
    assert verdict("a muslim speaks", "a person speaks", terms={}, lexicons=("religion",)) == (
        "lost_identity",
        1.0,
        0.0,
    )
    mine = tmp_path / "pets.txt"
    mine.write_text("cat: cat, cats\n")
    assert verdict("a cat speaks", "a dog speaks", terms={}, lexicons=(str(mine),)) == ("lost_identity", 1.0, 0.0)
    with pytest.raises(UserError, match="there is no term list 'religon'; did you mean 'religion'"):
        Guards(lexicons=("religon",)).lexicon_paths()


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("they see no future", "they see any future", ("lost_negation", 0.0, 1.0)),
        ("have you ever seen it", "have you never seen it", ("gained_negation", 1.0, 0.0)),
        ("i do not know, i can't", "i know not, i could", ("lost_negation", 1.0, 2.0)),
        ("i don't know", "i do not know", PASSED),
        ("i don’t know", "i dont know", PASSED),
        ("nobody cannot", "no one can not", PASSED),
        ("a notable knot", "a noble note", PASSED),
    ],
)
def test_as_many_negations_as_before(before, after, expected):
    assert verdict(before, after) == expected


def test_negations_can_be_switched_off():
    assert verdict("they see no future", "they see any future", negations=False) == PASSED


def test_the_words_of_the_rows_own_label_stay():
    assert verdict("this is spam for you", "this is junk for you", label="Spam") == ("lost_label_word", 1.0, 0.0)
    assert verdict("this is spam for you", "this is junk for you", label="ham") == PASSED
    assert verdict("this is spam for you", "spam for you this is", label="spam") == PASSED
    assert verdict("this is spam for you", "this is junk for you", label="spam", label_words=False) == PASSED
    assert verdict("number 1 here", "number one here", label="1") == PASSED


def test_the_first_guard_in_order_gives_the_reason():
    assert verdict("no women", "men", max_similarity=0.01)[0] == "too_similar"
    assert verdict("no women", "men")[0] == "lost_identity"


def test_many_rows_are_judged_each_by_itself():
    pairs = pl.DataFrame(
        {"before": ["a woman", "no cat", "a dog"], "after": ["a man", "a cat", "the dog"], "label": [None, None, None]},
        schema_overrides={"label": pl.String},
    ).with_columns(similarity=similarity(pl.col("before"), pl.col("after")))
    assert judge(pairs, Guards(**OPEN), GENDER)["reason"].to_list() == ["lost_identity", "lost_negation", None]
