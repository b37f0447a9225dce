"""How far the kernel of signatures is from what the machine can do: `python tests/benchmarks/signature_kernel.py`.

A permuted value is a product, a sum and a minimum of 32-bit numbers: three vector operations, of which most processors of Intel's
do the product as two. The ceiling is measured by a loop of the same three over numbers of the first-level cache, of which nothing
is written. Memory is no limit if the kernel reads far fewer bytes a second than the machine can copy. Best of several runs.
"""

import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt

from curate.kernels import minhash
from curate.kernels.compiled import kernel
from curate.kernels.permutations import draw

PERMUTATIONS, ROWS, SHINGLES = 128, 10_000, 100
CACHED, ROUNDS = 2_048, 20_000
TIMES = 25


@kernel("uint32(const uint32[::1], uint32, uint32, int64)")
def ceiling(numbers: npt.NDArray[np.uint32], multiplier: np.uint32, addition: np.uint32, rounds: int) -> np.uint32:
    """Return the least of `multiplier * number + addition`, worked out anew with another multiplier each round."""
    least = np.uint32(0xFFFFFFFF)
    for _round in range(rounds):
        multiplier = np.uint32(multiplier + np.uint32(2))
        for place in range(len(numbers)):
            least = min(least, np.uint32(numbers[place] * multiplier + addition))
    return least


def best(works: Sequence[Callable[[], object]], threads: int) -> list[float]:
    """Return the least seconds that each work takes while it runs in so many threads; they take turns."""
    found: list[list[float]] = [[] for _work in works]
    with ThreadPoolExecutor(threads) as pool:
        for _time in range(TIMES):
            for work, seconds in zip(works, found, strict=True):
                started = time.perf_counter()
                list(pool.map(lambda work: work(), [work] * threads))
                seconds.append(time.perf_counter() - started)
    return [min(seconds) for seconds in found]


def main() -> None:
    """Measure both loops on one core and on all, and the copying of memory."""
    chance = np.random.default_rng(1)
    grams = chance.integers(0, 2**63, ROWS * SHINGLES).astype(np.uint64)
    starts, counts = np.arange(ROWS) * SHINGLES, np.full(ROWS, SHINGLES)
    multipliers, additions = draw(PERMUTATIONS, 1)
    numbers, block = chance.integers(0, 2**32, CACHED, dtype=np.uint32), np.ones(1 << 25, dtype=np.uint64)

    def signatures() -> None:
        values = np.empty((ROWS, PERMUTATIONS), dtype=np.uint32)
        minhash.signatures(grams, starts, counts, multipliers, additions, values)

    def at_most() -> None:
        ceiling(numbers, np.uint32(3), np.uint32(5), ROUNDS)

    signatures(), at_most()
    cores = len(os.sched_getaffinity(0))
    for threads in dict.fromkeys((1, cores)):
        of_kernel, of_ceiling, of_copy = best((signatures, at_most, block.copy), threads)
        kernel_rate = threads * len(grams) * PERMUTATIONS / of_kernel
        ceiling_rate = threads * CACHED * ROUNDS / of_ceiling
        copied = threads * 2 * block.nbytes / of_copy
        read = kernel_rate / PERMUTATIONS * grams.itemsize
        print(
            f"{threads} of {cores} cores: {kernel_rate / 1e9:.1f} thousand million permuted values a second, "
            f"{3 * kernel_rate / 1e9:.0f} of operations; "
            f"ceiling {ceiling_rate / 1e9:.1f} values, so the kernel does {kernel_rate / ceiling_rate:.0%} of it"
        )
        print(f"    it reads {read / 1e9:.2f} GB/s of shingles; copying moves {copied / 1e9:.1f} GB/s")


if __name__ == "__main__":
    main()
