"""What a run will need and what takes a while to load, loaded in a thread while the sources are read."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor

from curate.kernels import KERNELS


def preload(packages: Iterable[str]) -> Callable[[], None]:
    """Begin to load what steps of these packages will use; the function returned waits until that is done.

    What cannot be loaded is left for the step that needs it, which says so.
    """
    needed = set(packages)
    pool = ThreadPoolExecutor(1)
    pool.submit(_load, kernels=not needed.isdisjoint(KERNELS), permutations="datasketch" in needed)
    return pool.shutdown


def _load(*, kernels: bool, permutations: bool) -> None:
    if kernels:
        from curate.kernels import minhash, repetition, units  # noqa: F401
        from curate.kernels.text import character_classes  # noqa: PLC0415

        character_classes()
    if permutations:
        import datasketch  # noqa: F401
