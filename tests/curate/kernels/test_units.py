"""The arrays of characters and words: against Python's own characters and Polars' regex."""

from itertools import combinations, product

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.kernels.text import LETTER, SPACE, WORD, character_classes, each_slice, encode, slices

TEXTS = st.lists(
    st.one_of(
        st.none(),
        st.text(max_size=30),
        st.text(alphabet="abc_-. ", max_size=60),  # words of more than sixteen bytes, and texts of ASCII alone
        st.text(alphabet="aß \t\n\x1c\u00a0\u2029\u3000é\u0301\u200d😀👩🏽ﬁ٣_", max_size=30),
    ),
    max_size=8,
)


@settings(deadline=None, max_examples=100)
@given(TEXTS)
def test_code_points_are_pythons_characters(texts):
    from curate.kernels.units import code_points

    found = code_points(encode(pl.Series(texts, dtype=pl.String)))
    assert [[chr(point) for point in found.of(place)] for place in range(len(texts))] == [
        list(text or "") for text in texts
    ]
    beyond = code_points(encode(pl.Series(texts, dtype=pl.String)), every=False)
    assert [beyond.of(place).tolist() for place in range(len(texts))] == [
        [] if (text or "").isascii() else found.of(place).tolist() for place, text in enumerate(texts)
    ]


@settings(deadline=None, max_examples=100)
@given(TEXTS)
def test_words_are_those_of_polars(texts):
    from curate.kernels.units import word_hashes

    series = pl.Series(texts, dtype=pl.String).fill_null("")
    for visible, pattern in ((False, r"\w+"), (True, r"\S+")):
        found = word_hashes(encode(series), visible=visible)
        words = series.str.extract_all(pattern).to_list()
        pairs = {
            (word, int(code))
            for place, part in enumerate(words)
            for word, code in zip(part, found.of(place), strict=True)
        }
        assert len({word for word, _code in pairs}) == len({code for _word, code in pairs}) == len(pairs)


@pytest.mark.parametrize("length", [3, 4, 8, 9, 12, 15, 16, 17, 20, 24, 25, 31, 32, 33, 40])
def test_words_that_differ_in_few_characters_have_different_hashes(length):
    """Any three places of a word take any of six letters: also the last of one piece of eight bytes and some of the next."""
    from curate.kernels.units import word_hashes

    places = sorted({*range(min(length, 4)), *range(3, length, 4), *range(7, length, 8), length - 1})
    words = {
        "".join(dict(zip(chosen, letters, strict=True)).get(at, "a") for at in range(length))
        for chosen in combinations(places, 3)
        for letters in product("abcxyz", repeat=3)
    }
    found = word_hashes(encode(pl.Series([" ".join(sorted(words))]))).of(0)
    assert len(found) == len(words) == len(np.unique(found))


def test_words_of_which_one_is_the_beginning_of_the_other_have_different_hashes():
    from curate.kernels.units import word_hashes

    words = [letters * times for letters in ("a", "z", "é", "ab", "\u4e00") for times in range(1, 60)]
    words += ["a" + "\0" * times for times in range(1, 60)]  # bytes that are not there count as these
    found = word_hashes(encode(pl.Series([" ".join(words)])), visible=True).of(0)
    assert len(found) == len(words)
    assert len(np.unique(found)) == len(set(words))


def test_units_of_texts_stand_one_after_the_other():
    from curate.kernels.units import code_points, word_hashes

    texts = encode(pl.Series(["a b", "", None, "é ü ö", "c"]))
    for found in (word_hashes(texts), code_points(texts)):
        assert found.starts.tolist() == [0, *np.cumsum(found.counts)[:-1].tolist()]
    assert word_hashes(texts).counts.tolist() == [2, 0, 0, 3, 1]


@settings(deadline=None, max_examples=100)
@given(TEXTS)
def test_counts_of_letters_are_those_of_polars(texts):
    from curate.kernels.units import count_letters

    series = pl.Series(texts, dtype=pl.String).fill_null("")
    for counts, pattern in zip(count_letters(encode(series)), (r"\p{L}", r"\S"), strict=True):
        assert counts.tolist() == series.str.count_matches(pattern).to_list()


def test_letters_of_ascii_are_told_without_the_table():
    from curate.kernels.units import count_letters

    letters, visible = count_letters(encode(pl.Series([chr(point) * 3 for point in range(128)])))
    classes = character_classes()[:128]
    assert (letters == 3 * (classes & LETTER != 0)).all()
    assert (visible == 3 * (classes & SPACE == 0)).all()


def test_every_character_has_the_classes_of_polars():
    """Also those that are not asked for: Polars may know a newer Unicode one day."""
    characters = [chr(point) for point in range(0x110000) if not 0xD800 <= point < 0xE000]
    series = pl.Series(characters)
    classes = np.delete(character_classes(), np.arange(0xD800, 0xE000))
    for bit, pattern in ((WORD, r"\w"), (SPACE, r"\s"), (LETTER, r"\p{L}")):
        assert (series.str.contains(pattern).to_numpy() == (classes & bit != 0)).all()


def test_classes_of_some_characters():
    classes = character_classes()
    expected = {
        "a": WORD | LETTER,
        "1": WORD,
        "_": WORD,
        " ": SPACE,
        "\u0301": WORD,
        "é": WORD | LETTER,
        "😀": 0,
        ".": 0,
    }
    assert {character: classes[ord(character)] for character in expected} == expected
    assert not classes[0xD800:0xE000].any(), "surrogates are no characters"


@given(st.lists(st.integers(0, 3 << 22), max_size=20))
def test_slices_cover_all_rows_within_the_limit_or_one_by_one(sizes):
    cuts = list(slices(np.array(sizes, dtype=np.int64)))
    assert [place for first, last in cuts for place in range(first, last)] == list(range(len(sizes)))
    assert all(last - first == 1 or sum(sizes[first:last]) <= 1 << 22 for first, last in cuts)


@given(st.lists(st.integers(0, 3 << 22), max_size=20))
def test_work_is_done_on_each_slice_once(sizes):
    done = []
    each_slice(lambda first, last: done.append((first, last)), np.array(sizes, dtype=np.int64))
    assert sorted(done) == list(slices(np.array(sizes, dtype=np.int64)))


def test_an_error_in_a_slice_is_raised():
    def work(first, last):
        raise MemoryError

    with pytest.raises(MemoryError):
        each_slice(work, np.array([1 << 22] * 4))
