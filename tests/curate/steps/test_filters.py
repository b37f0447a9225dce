"""The filters: length, letter_share, character_repetition, word_repetition, where."""

import pytest
from frames import apply, fates, frame, index, values
from pydantic import ValidationError

from curate.errors import UserError
from curate.steps.length import Length
from curate.steps.letter_share import LetterShare
from curate.steps.repetition import CharacterRepetition, WordRepetition
from curate.steps.where import Where


def test_length_counts_characters_not_bytes():
    applied = apply(Length(min=3, max=5), frame("ab", "äöü", "abcdef", None))
    assert index(applied.rows["row"]) == [2]
    assert fates(applied) == {1: "too_short", 3: "too_long", 4: "too_short"}
    assert applied.ledger["value"].to_list() == [2.0, 6.0, 0.0]
    assert applied.ledger["threshold"].to_list() == [3.0, 5.0, 3.0]


def test_length_in_words_and_an_empty_range():
    assert fates(apply(Length(min=2, unit="words"), frame("one", "two  words"))) == {1: "too_short"}
    with pytest.raises(ValidationError, match="no text could pass"):
        Length(min=5, max=4)


def test_letter_share_ignores_blanks_and_survives_empty_texts():
    applied = apply(LetterShare(min=0.5), frame("ab 12", "a 1 2", "", "日本 1"))
    assert fates(applied) == {2: "few_letters", 3: "few_letters"}
    assert applied.ledger["value"].to_list() == pytest.approx([1 / 3, 0.0])


@pytest.mark.parametrize(
    ("step", "text", "share"),
    [
        (CharacterRepetition(size=2), "abab", 1 / 3),  # ab ba ab
        (CharacterRepetition(size=10), "short", 0.0),
        (WordRepetition(size=1), "No no no yes", 2 / 4),
        (WordRepetition(size=5), "a b c d", 0.0),
        (WordRepetition(size=2), "", 0.0),
    ],
)
def test_repetition_is_the_share_of_repeated_ngrams(step, text, share):
    assert values(step, text) == [pytest.approx(share)]


def test_repetition_counts_repeats_by_hand():
    texts = ["the cat the cat the cat", "all words differ here", "x"]
    grams = lambda text, n: [tuple(text.split()[i : i + n]) for i in range(len(text.split()) - n + 1)]  # noqa: E731
    expected = [(len(g) - len(set(g))) / len(g) if (g := grams(text, 2)) else 0.0 for text in texts]
    assert values(WordRepetition(size=2), *texts) == pytest.approx(expected)
    assert fates(apply(WordRepetition(size=2, max=0.3), frame(*texts))) == {1: "repeated_words"}


def test_where_drops_what_is_false_or_unknown():
    applied = apply(Where(sql="score > 2"), frame("a", "b", "c", score=[1, 3, None]))
    assert index(applied.rows["row"]) == [2]
    assert fates(applied) == {1: "condition_false", 3: "condition_unknown"}


def test_where_says_what_does_not_fit():
    with pytest.raises(ValidationError, match="is not an SQL expression"):
        Where(sql="score >")
    with pytest.raises(UserError, match="does not fit the columns' types"):
        apply(Where(sql="score > 2"), frame("a", score=["x"]))
