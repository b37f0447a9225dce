"""Near-duplicate pairs: verified, against brute force; stars and clusters."""

import random

import numpy as np
import polars as pl
import pytest
from frames import frame, index
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.kernels.text import Units
from curate.near_duplicates import (
    band_keys,
    candidate_pairs,
    choose_bands,
    clusters,
    shingles,
    signatures,
    similar_pairs,
    stars,
)

TEXT = pl.col("text")


def brute_force(texts: list[str], threshold: float, size: int = 3) -> set[tuple[int, int]]:
    def grams(text: str) -> set[tuple[str, ...]]:
        words = "".join(c if c.isalnum() else " " for c in text.lower()).split()
        return {tuple(words[at : at + size]) for at in range(max(len(words) - size + 1, 1))} if words else set()

    sets = [grams(text) for text in texts]
    found = set()
    for later in range(len(texts)):
        for earlier in range(later):
            both = sets[later] | sets[earlier]
            if sets[later] and sets[earlier] and len(sets[later] & sets[earlier]) / len(both) >= threshold:
                found.add((later + 1, earlier + 1))
    return found


def corpus(count: int, seed: int) -> list[str]:
    generator = random.Random(seed)
    words = [f"word{i}" for i in range(400)]
    texts = [" ".join(generator.choices(words, k=generator.randint(15, 40))) for _ in range(count)]
    copies = []
    for text in texts[: count // 3]:
        parts = text.split()
        parts[generator.randrange(len(parts))] = "changed"
        copies.append(" ".join(parts))
    return texts + copies


def test_pairs_are_true_and_nearly_all_are_found():
    texts = corpus(300, 1)
    found = similar_pairs(frame(*texts), TEXT, 0.7)
    pairs = set(zip(index(found["row"]), index(found["other_row"]), strict=True))
    true = brute_force(texts, 0.7)
    assert pairs <= true, "every pair is verified"
    assert len(true) > 50
    assert len(pairs) >= 0.95 * len(true)


@settings(deadline=None, max_examples=25)
@given(st.lists(st.text(alphabet="ab ,.", max_size=12), max_size=12))
def test_odd_texts_give_only_true_pairs(texts):
    found = similar_pairs(frame(*texts), TEXT, 0.5)
    assert set(zip(index(found["row"]), index(found["other_row"]), strict=True)) <= brute_force(texts, 0.5)


def test_the_order_of_rows_changes_nothing():
    rows = frame(*corpus(60, 2))
    assert similar_pairs(rows.reverse(), TEXT, 0.7).equals(similar_pairs(rows, TEXT, 0.7))


def test_shingles_of_short_texts():
    texts = ["One, two", "one two three four", "?!", None, "one two three", "TWO three; four", "one  TWO"]
    short, long, blank, absent, head, tail, folded = sets(shingles(pl.Series(texts), 3))
    assert (blank, absent) == (set(), set())
    assert long == head | tail
    assert (len(head), len(tail), len(head & tail)) == (1, 1, 0)
    assert (len(short), short) == (1, folded)
    assert short.isdisjoint(long)


def sets(grams: Units) -> list[set[int]]:
    return [set(grams.of(place).tolist()) for place in range(len(grams.counts))]


@settings(deadline=None, max_examples=50)
@given(
    st.lists(st.text(alphabet="aB é\u0301Σςß\u017f_1٣-\u200d😀\x1c\u2029", max_size=25), max_size=6), st.integers(1, 4)
)
def test_shingles_are_the_ngrams_of_polars_words(texts, size):
    """The words a second way: by Polars' regex, and the n-grams as tuples."""
    words = pl.Series(texts, dtype=pl.String).str.to_lowercase().str.extract_all(r"\w+").to_list()
    expected = [
        {tuple(part[at : at + size]) for at in range(max(len(part) - size + 1, 1))} if part else set() for part in words
    ]
    found = shingles(pl.Series(texts, dtype=pl.String), size)
    assert [max(len(part) - size + 1, 1) if part else 0 for part in words] == found.counts.tolist()
    every = sorted(
        {(gram, code) for part, codes in zip(expected, sets(found), strict=True) for gram, code in paired(part, codes)}
    )
    assert len({gram for gram, _code in every}) == len({code for _gram, code in every}) == len(every)


def paired(part: set[tuple[str, ...]], codes: set[int]) -> list[tuple[tuple[str, ...], int]]:
    """Name each n-gram's hash: that of the text of its words alone."""
    named = [(gram, shingles(pl.Series([" ".join(gram)]), len(gram)).of(0).tolist()) for gram in part]
    assert {code for _gram, (code,) in named} == codes
    return [(gram, code) for gram, (code,) in named]


@pytest.mark.parametrize(("permutations", "seed"), [(16, 1), (64, 7), (128, 0), (1000, 2**32 - 1)])
def test_signatures_are_datasketchs(permutations, seed):
    from datasketch import MinHash

    grams = shingles(pl.Series(["a b c d e", "b c d e f", "", "one", *corpus(20, 3)]), 2)
    ours = signatures(grams, permutations, seed)
    for place in range(len(ours)):
        theirs = MinHash(num_perm=permutations, seed=seed, scheme="affine32", hashfunc=lambda code: code % 2**32)
        theirs.update_batch(grams.of(place).tolist())
        assert ours[place].tolist() == theirs.hashvalues.tolist()


def test_candidates_are_the_rows_of_a_bucket_as_a_star_and_a_chain():
    keys = np.array([[7, 9, 7, 7, 9, 7], [1, 2, 3, 4, 5, 1]], dtype=np.uint64)
    rows = pl.Series([10, 20, 30, 40, 50, 60])
    found = candidate_pairs(rows, keys, np.array([True, True, True, True, False, True]))
    assert found.rows() == [(30, 10), (40, 10), (40, 30), (60, 10), (60, 40)]
    assert candidate_pairs(rows[:0], keys[:, :0], np.empty(0, dtype=np.bool_)).rows() == []


def test_equal_bands_and_no_others_share_a_key():
    values = np.array([[1, 2, 3, 4], [1, 2, 4, 3], [9, 9, 3, 4], [2, 1, 9, 9]], dtype=np.uint32)
    keys = band_keys(values, 2, 2)
    assert (keys[0, 0] == keys[0, 1], keys[1, 0] == keys[1, 2]) == (True, True)
    assert len(np.unique(keys)) == 6


def test_slices_change_nothing(monkeypatch):
    """Rows, and pairs to verify, are cut into many slices; the signatures and similarities are the same."""
    rows, ticked = frame(*corpus(90, 5), None, "", "?"), []
    whole = similar_pairs(rows, TEXT, 0.6, tick=ticked.append)
    monkeypatch.setattr("curate.kernels.text.SLICE_BYTES", 5000)
    assert similar_pairs(rows, TEXT, 0.6, tick=ticked.append).equals(whole)
    assert (ticked[0], sum(ticked[1:])) == (len(rows), len(rows))
    assert len(ticked) > 10


def test_threads_change_nothing(monkeypatch):
    rows = frame(*corpus(200, 6))
    monkeypatch.setattr("curate.kernels.text.SLICE_BYTES", 5000)
    monkeypatch.setattr(pl, "thread_pool_size", lambda: 1)
    alone = similar_pairs(rows, TEXT, 0.6)
    monkeypatch.setattr(pl, "thread_pool_size", lambda: 5)
    assert similar_pairs(rows, TEXT, 0.6).equals(alone)
    assert len(alone) > 50


@pytest.mark.parametrize("threshold", [0.5, 0.7, 0.8, 0.95])
def test_bands_find_pairs_at_the_threshold(threshold):
    bands, size = choose_bands(threshold, 128)
    assert bands * size <= 128
    assert 1 - (1 - threshold**size) ** bands >= 0.95


def test_stars_and_clusters():
    chain = pl.DataFrame({"row": [512, 768, 1024], "other_row": [256, 512, 768], "similarity": [0.9, 0.9, 0.8]})
    assert stars(chain).select("row", "other_row").rows() == [(512, 256), (1024, 768)]
    rows = pl.Series("row", [1280, 1024, 768, 512, 256])
    assert clusters(rows, chain.select("row", "other_row")).to_list() == [1280, 256, 256, 256, 256]
    assert stars(chain.clear()).is_empty()


def test_a_row_goes_for_the_most_similar_row_that_stays():
    pairs = pl.DataFrame(
        {"row": [3, 3, 4, 4, 4], "other_row": [1, 2, 3, 2, 1], "similarity": [0.8, 0.9, 1.0, 0.8, 0.8]}
    )
    assert stars(pairs).rows() == [(3, 2, 0.9), (4, 1, 0.8)]
