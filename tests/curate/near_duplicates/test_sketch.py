"""Signatures are datasketch's, bit for bit; equal bands and no others share a key."""

import numpy as np
import polars as pl
import pytest
from near_duplicates.corpora import corpus

from curate.near_duplicates.bands import Bands
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
