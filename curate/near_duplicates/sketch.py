"""Sketches of texts: MinHash signatures as datasketch's, and the keys of their bands."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from curate.kernels import minhash
from curate.kernels.permutations import draw
from curate.kernels.text import Units
from curate.near_duplicates.bands import Bands
from curate.near_duplicates.buckets import Keys
from curate.near_duplicates.shingles import Shingling

Signatures = npt.NDArray[np.uint32]


@dataclass(frozen=True, kw_only=True)
class Sketching:
    """How texts are sketched: two sketches can be compared if these are the same."""

    shingling: Shingling = field(default_factory=Shingling)
    permutations: int = 128
    seed: int = 1

    def signatures(self, grams: Units[np.uint64]) -> Signatures:
        """Return a (rows, permutations) array of datasketch's `affine32` MinHash of each row's shingle hashes, mod 2³²."""
        multipliers, additions = draw(self.permutations, self.seed)
        values = np.empty((len(grams.counts), self.permutations), dtype=np.uint32)
        minhash.signatures(grams.values, grams.starts, grams.counts, multipliers, additions, values)
        return values


def band_keys(signatures: Signatures, bands: Bands) -> Keys:
    """Return a (bands, rows) array of 64-bit hashes of each band."""
    keys = np.empty((bands.count, len(signatures)), dtype=np.uint64)
    minhash.band_keys(signatures, bands.rows, keys)
    return keys
