"""Kernels that read UTF-8: the code points of texts, the hashes of their words, the number of characters of a class."""

import numpy as np
import numpy.typing as npt
from numba import int64, types, uint8, uint32, uint64

from curate.kernels.compiled import array, kernel, result
from curate.kernels.text import LETTER, SPACE, WORD, Encoded, Units, character_classes, spread

_PRIME = np.uint64(0x100000001B3)  # of the FNV-1a hash (Fowler, Noll and Vo)
_BASIS = np.uint64(0xCBF29CE484222325)
_MIX = np.uint64(0xFF51AFD7ED558CCD), np.uint64(0xC4CEB9FE1A85EC53)  # of MurmurHash3's finalizer (Appleby)
_BYTES, _OFFSETS = array(uint8), array(int64)


@kernel(types.UniTuple(int64, 2)(_BYTES, int64))
def _decode(data: npt.NDArray[np.uint8], at: int) -> tuple[int, int]:
    """Return the code point at a byte, and the byte after it. The bytes are valid UTF-8: Polars checks them when it reads."""
    lead = int(data[at])
    if lead < 0x80:
        return lead, at + 1
    if lead < 0xE0:
        return (lead & 0x1F) << 6 | int(data[at + 1] & 0x3F), at + 2
    if lead < 0xF0:
        return (lead & 0x0F) << 12 | int(data[at + 1] & 0x3F) << 6 | int(data[at + 2] & 0x3F), at + 3
    high = (lead & 0x07) << 18 | int(data[at + 1] & 0x3F) << 12
    return high | int(data[at + 2] & 0x3F) << 6 | int(data[at + 3] & 0x3F), at + 4


@kernel(types.void(_BYTES, _OFFSETS, int64, int64, result(uint32), result(int64)))
def _code_points(
    data: npt.NDArray[np.uint8],
    offsets: npt.NDArray[np.int64],
    first: int,
    last: int,
    values: npt.NDArray[np.uint32],
    counts: npt.NDArray[np.int64],
) -> None:
    for row in range(first, last):
        at, place = offsets[row], offsets[row]
        while at < offsets[row + 1]:
            point, at = _decode(data, at)
            values[place] = point
            place += 1
        counts[row] = place - offsets[row]


@kernel(uint64(uint64))
def _finished(state: np.uint64) -> np.uint64:
    """Spread every bit of a word's hash over all of them."""
    state = (state ^ state >> np.uint64(33)) * _MIX[0]
    state = (state ^ state >> np.uint64(33)) * _MIX[1]
    return state ^ state >> np.uint64(33)


@kernel(types.void(_BYTES, _OFFSETS, _BYTES, uint8, uint8, int64, int64, result(uint64), _OFFSETS, result(int64)))
def _word_hashes(
    data: npt.NDArray[np.uint8],
    offsets: npt.NDArray[np.int64],
    classes: npt.NDArray[np.uint8],
    mask: int,
    wanted: int,
    first: int,
    last: int,
    values: npt.NDArray[np.uint64],
    starts: npt.NDArray[np.int64],
    counts: npt.NDArray[np.int64],
) -> None:
    for row in range(first, last):
        at, end, place = offsets[row], offsets[row + 1], starts[row]
        state, inside = _BASIS, np.uint64(0)
        while at < end:
            point = int(data[at])
            if point < 0x80:  # most characters of most texts
                at += 1
            else:
                point, at = _decode(data, at)
            # no branch, which would be guessed wrong at the end of each word: the state is written until its word has ended
            belongs = np.uint64(classes[point] & mask == wanted)
            values[place] = state
            place += np.int64(inside & ~belongs)
            keep = np.uint64(0) - belongs
            state = ((state ^ np.uint64(point)) * _PRIME & keep) | (_BASIS & ~keep)
            inside = belongs
        if inside:
            values[place] = state
            place += 1
        for word in range(starts[row], place):
            values[word] = _finished(values[word])
        counts[row] = place - starts[row]


@kernel(types.void(_BYTES, _OFFSETS, _BYTES, int64, int64, result(int64), result(int64)))
def _count(
    data: npt.NDArray[np.uint8],
    offsets: npt.NDArray[np.int64],
    classes: npt.NDArray[np.uint8],
    first: int,
    last: int,
    letters: npt.NDArray[np.int64],
    visible: npt.NDArray[np.int64],
) -> None:
    for row in range(first, last):
        at, end = offsets[row], offsets[row + 1]
        found, blank, points = 0, 0, 0
        while at < end:
            point = int(data[at])
            if point < 0x80:  # most characters of most texts
                at += 1
            else:
                point, at = _decode(data, at)
            points += 1
            found += classes[point] & LETTER != 0
            blank += classes[point] & SPACE != 0
        letters[row], visible[row] = found, points - blank


def code_points(texts: Encoded) -> Units[np.uint32]:
    """Return the code points of each text."""
    values = np.empty(len(texts.data), dtype=np.uint32)
    counts = np.empty(len(texts), dtype=np.int64)
    spread(lambda first, last: _code_points(texts.data, texts.offsets, first, last, values, counts), texts.offsets)
    return Units(values, texts.offsets[:-1], counts)


def word_hashes(texts: Encoded, *, visible: bool = False) -> Units[np.uint64]:
    r"""Return a 64-bit hash of each word of each text: of runs of `\w`, or of all that is not white space (`\S`).

    Two different words of k have the same hash with odds of about k² / 2⁶⁵: 10⁻¹² for ten thousand words, 10⁻⁸ for a million.
    """
    rows = np.arange(len(texts), dtype=np.int64)
    starts = (texts.offsets[:-1] + rows) // 2  # a text of n bytes has at most (n + 1) // 2 words
    values = np.empty((int(texts.offsets[-1]) + len(texts) + 1) // 2, dtype=np.uint64)
    counts = np.empty(len(texts), dtype=np.int64)
    mask, wanted = (SPACE, 0) if visible else (WORD, WORD)
    classes = character_classes()
    spread(
        lambda first, last: _word_hashes(
            texts.data, texts.offsets, classes, mask, wanted, first, last, values, starts, counts
        ),
        texts.offsets,
    )
    return Units(values, starts, counts)


def count_letters(texts: Encoded) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return how many characters of each text are letters, and how many are not white space."""
    letters, visible = np.empty((2, len(texts)), dtype=np.int64)
    classes = character_classes()
    spread(lambda first, last: _count(texts.data, texts.offsets, classes, first, last, letters, visible), texts.offsets)
    return letters, visible
