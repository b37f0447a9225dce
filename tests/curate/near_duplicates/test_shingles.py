"""Shingles: by Polars' regex and tuples of words, by Python's own characters, and of texts in scripts without blanks."""

import re

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.kernels.text import UNSPACED, Units
from curate.near_duplicates.shingles import Shingling

ODD = "aB é\u0301Σςß\u017f_1٣-\u200d😀\x1c\u2029"
SIGNS = "[" + "".join(rf"\p{{{script}}}" for script in UNSPACED) + "]"


def sets(grams: Units) -> list[set[int]]:
    return [set(grams.of(place).tolist()) for place in range(len(grams.counts))]


def test_shingles_of_short_texts():
    texts = ["One, two", "one two three four", "?!", None, "one two three", "TWO three; four", "one  TWO"]
    short, long, blank, absent, head, tail, folded = sets(Shingling().of(pl.Series(texts)))
    assert (blank, absent) == (set(), set())
    assert long == head | tail
    assert (len(head), len(tail), len(head & tail)) == (1, 1, 0)
    assert (len(short), short) == (1, folded)
    assert short.isdisjoint(long)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.text(alphabet=f"{ODD}日本ไทยー", max_size=25), max_size=6), st.integers(1, 4))
def test_shingles_are_the_ngrams_of_polars_words(texts, size):
    """The words a second way: by Polars' regex, each sign set apart, and the n-grams as tuples."""
    lower = pl.Series(texts, dtype=pl.String).str.to_lowercase()
    words = lower.str.replace_all(rf"({SIGNS})", "\u2028$1\u2028").str.extract_all(r"\w+").to_list()
    check(texts, words, Shingling("words", size))


@settings(deadline=None, max_examples=60)
@given(st.lists(st.text(alphabet=f"{ODD}\t\n日", max_size=25), max_size=6), st.integers(1, 4))
def test_shingles_of_characters_are_those_of_pythons_strings(texts, size):
    lower = pl.Series(texts, dtype=pl.String).str.to_lowercase().to_list()
    characters = [list(re.sub(BLANKS, " ", text).strip(" ")) for text in lower]
    check(texts, characters, Shingling("characters", size))


BLANKS = "[\t\n\x0b\x0c\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+"  # White_Space of Unicode 16


def check(texts: list[str], units: list[list[str]], shingling: Shingling) -> None:
    """The shingles of each text are as many, and the same hash stands for the same n-gram, and no other, everywhere."""
    size = shingling.size
    found = shingling.of(pl.Series(texts, dtype=pl.String))
    assert [max(len(part) - size + 1, 1) if part else 0 for part in units] == found.counts.tolist()
    grams = [
        [tuple(part[at : at + size]) for at in range(max(len(part) - size + 1, 1))] if part else [] for part in units
    ]
    named = {
        (gram, code)
        for place, part in enumerate(grams)
        for gram, code in zip(part, found.of(place).tolist(), strict=True)
    }
    assert len({gram for gram, _code in named}) == len({code for _gram, code in named}) == len(named)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("日本語", 3),
        ("foo日本bar語", 5),
        ("ไทย ลาว", 6),
        ("한국어 텍스트", 2),
        ("カタカナのテスト", 8),
        ("漢字。漢字", 4),
    ],
)
def test_signs_are_words(text, words):
    assert Shingling(size=1).of(pl.Series([text])).counts.tolist() == [words]
