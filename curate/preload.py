"""What a run will need and what takes a while to load, loaded in a thread while the sources are read."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor, wait

from curate.kernels import KERNELS


def preload(packages: Iterable[str]) -> Callable[[], None]:
    """Begin to load what steps of these packages will use; the function returned waits until the kernels are there.

    What cannot be loaded is left for the step that needs it, which says so.
    """
    needed = set(packages)
    pool = ThreadPoolExecutor(1)
    begun = [pool.submit(_load_kernels)] if not needed.isdisjoint(KERNELS) else []
    if "datasketch" in needed:
        pool.submit(_load_permutations)  # the steps before the one that draws them need not wait
    pool.shutdown(wait=False)

    def loaded() -> None:
        wait(begun)

    return loaded


def _load_kernels() -> None:
    from curate.kernels import minhash, repetition, units  # noqa: F401
    from curate.kernels.text import character_classes  # noqa: PLC0415

    character_classes()


def _load_permutations() -> None:
    import datasketch  # noqa: F401
