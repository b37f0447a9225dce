"""What a run will need and what takes a while to load, loaded in a thread while the sources are read."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor, wait

from curate.kernels import KERNELS, buckets, minhash, repetition, units
from curate.kernels.compiled import load_kernels
from curate.kernels.text import character_classes


def preload(packages: Iterable[str]) -> Callable[[], None]:
    """Begin to load what most steps of these packages use; the function returned waits until it is there.

    What cannot be loaded is left for the step that needs it, which says so.
    """
    pool = ThreadPoolExecutor(1)
    begun = [] if set(packages).isdisjoint(KERNELS) else [pool.submit(_load_kernels)]
    pool.shutdown(wait=False)

    def loaded() -> None:
        wait(begun)

    return loaded


def _load_kernels() -> None:
    character_classes()
    for module in (units, repetition, minhash, buckets):
        load_kernels(module)
