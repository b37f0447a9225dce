"""The share of repeated n-grams: against sets of tuples in Python."""

import numpy as np
import polars as pl
import pytest
from frames import values
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.kernels.text import Units
from curate.steps.repetition import CharacterRepetition, WordRepetition


def share(units: list[str], size: int) -> float:
    grams = [tuple(units[at : at + size]) for at in range(len(units) - size + 1)]
    return (len(grams) - len(set(grams))) / len(grams) if grams else 0.0


def measured(step: CharacterRepetition | WordRepetition, texts: list[str | None]) -> list[float]:
    return values(step, *texts)


TEXTS = st.lists(
    st.one_of(
        st.none(),
        st.text(max_size=40),
        st.text(alphabet="ab", max_size=90),
        st.text(alphabet="aAbé\u0301 😀\n\u2029", max_size=60),
    ),
    max_size=6,
)


@settings(deadline=None, max_examples=150)
@given(TEXTS, st.integers(1, 40))
def test_characters_are_pythons(texts, size):
    assert measured(CharacterRepetition(size=size), texts) == [share(list(text or ""), size) for text in texts]


@settings(deadline=None, max_examples=150)
@given(TEXTS, st.integers(1, 6))
def test_words_are_polars_runs_without_white_space_case_folded(texts, size):
    words = pl.Series(texts, dtype=pl.String).fill_null("").str.to_lowercase().str.extract_all(r"\S+").to_list()
    assert measured(WordRepetition(size=size), texts) == [share(part, size) for part in words]


def test_a_share_that_is_the_limit_is_not_more_than_it():
    """3 repeats of 10 n-grams are 0.3, the number that a recipe says, and not the next one above."""
    assert measured(WordRepetition(size=5), ["a b c d e f g a b c d e f g"]) == [0.3]
    assert measured(CharacterRepetition(size=1), ["abcdefgabc"]) == [0.3]
    assert measured(CharacterRepetition(size=8), ["abcdefghijklmnabcdefghijk" + "uvwxyz"[:1]]) == [4 / 19]


@pytest.mark.parametrize("size", [1, 2, 10, 100])
def test_long_texts(size):
    """Longer than the table that fits a cache, longer than a slice, and all the same or all different."""
    texts = ["ab" * 30_000, "".join(map(chr, range(0x4E00, 0x4E00 + 20_000))), "x", "z" * 5_000_000]
    found = measured(CharacterRepetition(size=size), texts)
    assert found == [
        (60_001 - size - min(60_001 - size, 2)) / (60_001 - size),
        0.0,
        0.0,
        (5_000_000 - size) / (5_000_001 - size),
    ]


def test_texts_of_all_lengths_beside_each_other():
    """The table of one text serves the next: a shorter text finds nothing of a longer one, whatever sizes tables have."""
    lengths = [8_200, 8_195, 50, 0, 8_100, 60_000, 8_192, 3, 40_000, 9_000]
    texts = ["".join(chr(0x4E00 + place % 20_000) for place in range(length)) for length in lengths]
    assert measured(CharacterRepetition(size=3), texts) == [share(list(text), 3) for text in texts]


def test_ngrams_with_the_same_hash_are_told_apart():
    """With base B the pairs (1, 0) and (0, B) both have the hash B."""
    from curate.kernels.repetition import _BASE, repeated_shares

    values = np.array([1, 0, _BASE, 1, 0], dtype=np.uint64)
    units = Units(values, np.array([0]), np.array([5]))
    assert repeated_shares(units, 2).tolist() == [1 / 4]
    assert repeated_shares(Units(values, np.array([0]), np.array([3])), 2).tolist() == [0.0]
