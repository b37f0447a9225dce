"""Signatures are datasketch's, bit for bit; equal bands and no others share a key."""

import numpy as np
import polars as pl
import pytest
from near_duplicates.corpora import corpus, template

from curate.near_duplicates.bands import Bands
from curate.near_duplicates.search import Search, of_texts
from curate.near_duplicates.shingles import Shingling
from curate.near_duplicates.sketch import Sketching, band_keys


@pytest.mark.parametrize(("permutations", "seed"), [(16, 1), (64, 7), (128, 0), (1000, 2**32 - 1)])
@pytest.mark.parametrize("shingling", [Shingling(size=2), Shingling("characters", 5)])
def test_signatures_are_datasketchs(permutations, seed, shingling):
    from datasketch import MinHash

    grams = shingling.of(pl.Series(["a b c d e", "b c d e f", "", "one", None, "日本語のテキスト", *corpus(20, 3)]))
    ours = Sketching(shingling=shingling, permutations=permutations, seed=seed).signatures(grams)
    for place in range(len(ours)):
        theirs = MinHash(num_perm=permutations, seed=seed, scheme="affine32", hashfunc=lambda code: code % 2**32)
        theirs.update_batch(grams.of(place).tolist())
        assert ours[place].tolist() == theirs.hashvalues.tolist()


def test_equal_bands_and_no_others_share_a_key():
    values = np.array([[1, 2, 3, 4], [1, 2, 4, 3], [9, 9, 3, 4], [2, 1, 9, 9]], dtype=np.uint32)
    keys = band_keys(values, Bands(2, 2))
    assert (keys[0, 0] == keys[0, 1], keys[1, 0] == keys[1, 2]) == (True, True)
    assert len(np.unique(keys)) == 6


def test_rows_that_stay_are_those_of_datasketch_with_the_same_hashes_and_bands():
    """datasketch's own index, filled row by row, each candidate verified on sets: the same rows stay."""
    from datasketch import MinHash, MinHashLSH

    texts = [*corpus(300, 4), *template(60, 5), None, "", "one"]
    search = Search(threshold=0.6)
    grams = search.sketching.shingling.of(pl.Series(texts))
    sets = [set(grams.of(row).tolist()) for row in range(len(texts))]
    index, kept = MinHashLSH(num_perm=128, params=(search.bands.count, search.bands.rows)), []
    for row, mine in enumerate(sets):
        sketch = MinHash(num_perm=128, hashfunc=lambda code: code % 2**32)
        sketch.update_batch(sorted(mine))
        others = index.query(sketch) if mine else []
        if all(len(mine & sets[other]) < 0.6 * len(mine | sets[other]) for other in others):
            kept.append(row)
            if mine:
                index.insert(row, sketch)
    gone = of_texts(pl.Series(texts), search).stars().later
    assert np.setdiff1d(np.arange(len(texts)), gone).tolist() == kept
    assert len(gone) > 100
