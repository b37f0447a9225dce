"""Near-duplicate pairs: verified, against brute force; stars and clusters."""

import random

import polars as pl
import pytest
from frames import frame, index
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.near_duplicates import choose_bands, clusters, shingles, signatures, similar_pairs, stars

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
    found = shingles(frame("One, two", "one two three four", "?!", None), TEXT, 3)
    assert found["shingles"].to_list() == [["one two"], ["one two three", "two three four"], [], []]


def test_signatures_are_datasketchs():
    from zlib import crc32

    from datasketch import MinHash

    grams = shingles(frame("a b c d e", "b c d e f"), TEXT, 2)
    ours = signatures(grams, 64, 7)
    for row, parts in enumerate(grams["shingles"]):
        theirs = MinHash(num_perm=64, seed=7, scheme="affine32", hashfunc=crc32)
        for part in parts:
            theirs.update(part.encode())
        assert ours[row].tolist() == theirs.hashvalues.tolist()


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
