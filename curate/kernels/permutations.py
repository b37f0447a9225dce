"""The only place that imports datasketch: the permutations of its `affine32` MinHash, which our kernel applies."""

from functools import lru_cache

import numpy as np
import numpy.typing as npt


@lru_cache(maxsize=8)
def draw(count: int, seed: int) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.uint32]]:
    """Return a and b of h → a·h + b mod 2³², `count` of each, as datasketch draws them from the seed."""
    from datasketch import MinHash

    multipliers, additions = MinHash(num_perm=count, seed=seed, scheme="affine32").permutations
    return np.ascontiguousarray(multipliers), np.ascontiguousarray(additions)
