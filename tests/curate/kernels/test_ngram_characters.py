"""The kernel of n-gram characters against a naive count in Python."""

from collections import Counter

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.kernels.text import encode


def naive_shares(text: str, size: int) -> tuple[float, float]:
    """The shares of characters in the top n-gram and in repeats, from sets of places of words."""
    words = text.split()
    whole = sum(len(word) for word in words)
    grams = [tuple(words[at : at + size]) for at in range(len(words) - size + 1)]
    counts = Counter(grams)

    def covered(places: list[int]) -> int:
        inside = {at + step for at in places for step in range(size)}
        return sum(len(words[place]) for place in inside)

    most = max(counts.values(), default=0)
    tops = [covered([at for at, gram in enumerate(grams) if gram == top]) for top in counts if counts[top] == most]
    top = max(tops) if most > 1 else 0
    repeats = covered([at for at, gram in enumerate(grams) if gram in grams[:at]])
    return (top / whole, repeats / whole) if whole else (0.0, 0.0)


WORDS = st.lists(st.sampled_from(["a", "bb", "ccc", "é", "🖕🏽", "日本語"]), max_size=40)
BLANKS = st.sampled_from([" ", "\n", "\u00a0", "\u3000", " \t"])


@settings(deadline=None)  # the first text waits for the kernel to be compiled
@given(st.lists(st.tuples(WORDS, BLANKS), min_size=1, max_size=4), st.integers(1, 6))
def test_shares_are_those_of_a_naive_count(parts, size):
    from curate.kernels.ngram_characters import ngram_shares

    texts = [blank.join(words) for words, blank in parts]
    tops, repeats = ngram_shares(encode(pl.Series(texts)), (size,), (size,))
    expected = [naive_shares(text, size) for text in texts]
    assert tops[0].tolist() == pytest.approx([top for top, _ in expected])
    assert repeats[0].tolist() == pytest.approx([repeat for _, repeat in expected])


@pytest.mark.parametrize(
    ("text", "size", "top", "repeats"),
    [
        ("", 2, 0, 0),
        ("word", 2, 0, 0),
        ("one two three", 2, 0, 0),  # nothing is found twice
        ("a a a a", 2, 1, 3 / 4),  # overlaps count once; the first "a a" is no repeat
        ("ab c ab c d", 2, 6 / 7, 3 / 7),
        ("a b x a b y long word z long word", 2, 16 / 23, 10 / 23),  # two found twice: the one with most characters
    ],
)
def test_shares_by_hand(text, size, top, repeats):
    from curate.kernels.ngram_characters import ngram_shares

    tops, found = ngram_shares(encode(pl.Series([text])), (size,), (size,))
    assert (tops[0][0], found[0][0]) == (pytest.approx(top), pytest.approx(repeats))


def test_white_space_is_what_polars_takes_for_it():
    from curate.kernels.ngram_characters import words_of

    points = np.concatenate([np.arange(0xD800), np.arange(0xE000, 0x110000)])
    characters = pl.Series([points.astype("<u4").tobytes().decode("utf-32-le")]).str.split("").list.explode()
    words, lengths = words_of(encode("a" + characters + "a"))
    blank = characters.str.contains(r"\s").to_numpy()
    assert (words.counts == np.where(blank, 2, 1)).all()
    assert (lengths[words.starts] == np.where(blank, 1, 3)).all()
