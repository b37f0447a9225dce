"""The permutations of a MinHash, drawn as datasketch draws them.

Not by datasketch itself, which loads SciPy's integration, and no run needs it. A test holds signatures against datasketch's, so
that an index of one can be read by the other.
"""

from functools import cache

import numpy as np
import numpy.typing as npt


@cache
def draw(count: int, seed: int) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.uint32]]:
    """Return a and b of h → a·h + b mod 2³², `count` of each, as datasketch 2.0's scheme `affine32` has them.

    Every a is odd, so that different h stay different. NumPy keeps the numbers of a `RandomState` the same in all its
    versions (NEP 19).
    """
    stream = np.random.RandomState(seed)
    halves = stream.randint(0, 2**31, count, dtype=np.uint32)
    additions = stream.randint(0, 2**32, count, dtype=np.uint32)
    drawn = halves * np.uint32(2) + np.uint32(1), additions
    for numbers in drawn:
        numbers.flags.writeable = False
    return drawn
