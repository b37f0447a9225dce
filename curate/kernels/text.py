"""Texts as one array of UTF-8 bytes with offsets, in slices of bounded size, and the classes of all characters."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Generic, TypeVar

import numpy as np
import numpy.typing as npt
import polars as pl

from curate.files import digest_text
from curate.kernels.kept import keep, kept

Scalar = TypeVar("Scalar", bound=np.generic)

SLICE_BYTES = 1 << 22
"""Rows are measured in slices of this size, so that memory does not grow with their number."""

WORD, SPACE, LETTER, SIGN = 1, 2, 4, 8
"""Bits of `character_classes`."""

UNSPACED = ("Han", "Hiragana", "Katakana", "Thai", "Lao", "Khmer", "Myanmar")
"""Scripts that put no blanks between words (Unicode Standard Annex 14: ideographic, and complex context dependent)."""


@dataclass(frozen=True)
class Encoded:
    """Texts as UTF-8: text i is `data[offsets[i]:offsets[i + 1]]`."""

    data: npt.NDArray[np.uint8]
    offsets: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @property
    def longest(self) -> int:
        """The number of bytes of the longest text; 0 if there is none."""
        return int(np.diff(self.offsets).max(initial=0))


@dataclass(frozen=True)
class Units(Generic[Scalar]):
    """Code points, word hashes or shingle hashes of texts: text i has `values[starts[i]:starts[i] + counts[i]]`."""

    values: npt.NDArray[Scalar]
    starts: npt.NDArray[np.int64]
    counts: npt.NDArray[np.int64]

    @property
    def most(self) -> int:
        """The largest number of units of a text; 0 if there is none."""
        return int(self.counts.max(initial=0))

    def of(self, text: int) -> npt.NDArray[Scalar]:
        """Return the units of one text."""
        return self.values[self.starts[text] : self.starts[text] + self.counts[text]]


def lengths(texts: pl.Series) -> npt.NDArray[np.int64]:
    """Return the number of bytes of each text; 0 for an absent one."""
    return texts.str.len_bytes().fill_null(0).cast(pl.Int64).to_numpy()


def up_to(sizes: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return the sum of the sizes before each, and of all: one number more than there are sizes."""
    sums = np.zeros(len(sizes) + 1, dtype=np.int64)
    np.cumsum(sizes, out=sums[1:])
    return sums


def encode(texts: pl.Series) -> Encoded:
    """Return the bytes of texts; an absent text has none."""
    # few calls of Polars: each wakes its threads, which for a slice takes as long as the work
    parts = texts.cast(pl.Binary).cast(pl.List(pl.UInt8))
    counts = parts.list.len()
    sizes = counts.fill_null(0) if counts.null_count() else counts
    return Encoded(parts.explode(empty_as_null=False, keep_nulls=False).to_numpy(), up_to(sizes.to_numpy()))


def slices(sizes: npt.NDArray[np.int64]) -> Iterator[tuple[int, int]]:
    """Cut rows of these sizes into consecutive ranges of at most `SLICE_BYTES` together, or of one row."""
    before = up_to(sizes)
    first = 0
    while first < len(sizes):
        last = max(first + 1, int(np.searchsorted(before, before[first] + SLICE_BYTES, side="right")) - 1)
        yield first, last
        first = last


def measured(text: pl.Expr, measure: Callable[[Encoded], npt.NDArray[np.float64]]) -> pl.Expr:
    """Return one number a text, from a function of the bytes of a slice of texts; an absent text is measured as an empty one."""

    def measure_all(texts: pl.Series) -> pl.Series:
        parts = [measure(encode(texts[first:last])) for first, last in slices(lengths(texts))]
        return pl.Series(texts.name, np.concatenate([np.empty(0), *parts]))

    return text.map_batches(measure_all, return_dtype=pl.Float64, is_elementwise=True)


@cache
def character_classes() -> npt.NDArray[np.uint8]:
    r"""Return for every code point the bits `WORD` (`\w`), `SPACE` (`\s`), `LETTER` (`\p{L}`), `SIGN`, as Polars' regex has them.

    A sign is a character of words in a script of `UNSPACED`.

    They are kept beside the machine code: to ask Polars takes as long as to load all kernels.
    """
    name = f"character_classes_{digest_text(Path(__file__).read_text(encoding='utf-8'), pl.__version__)[:24]}"
    found = kept(name)
    if found is None:
        found = _classes().tobytes()
        keep(found, name)
    return np.frombuffer(found, dtype=np.uint8)


def _classes() -> npt.NDArray[np.uint8]:
    """Ask Polars for the classes of all characters.

    Surrogates are no characters; the planes 4 to 13 have none, and those from 15 on are for private use. They are not asked.
    """
    points = np.concatenate([np.arange(0xD800), np.arange(0xE000, 0x40000), np.arange(0xE0000, 0xE1000)])
    characters = pl.Series([points.astype("<u4").tobytes().decode("utf-32-le")])
    classes = np.zeros(0x110000, dtype=np.uint8)
    unspaced = "".join(rf"\p{{{script}}}" for script in UNSPACED)
    for bit, others in ((WORD, r"\W"), (SPACE, r"\S+"), (LETTER, r"\P{L}"), (SIGN, rf"\W|[^{unspaced}]")):
        found = characters.str.replace_all(others, "").item()
        classes[np.frombuffer(found.encode("utf-32-le"), dtype="<u4")] |= np.uint8(bit)
    return classes


def each_slice(work: Callable[[int, int], object], sizes: npt.NDArray[np.int64]) -> None:
    """Call `work(first, last)` on each slice of rows of these sizes, as many at once as there are processors.

    Rows are independent of each other, so the result is the same at any number of threads. What a call raises is raised.
    """
    with ThreadPoolExecutor(pl.thread_pool_size(), "slices") as pool:
        list(pool.map(lambda slice_: work(*slice_), slices(sizes)))
