"""Kernels of near-duplicate search: shingles of words, MinHash signatures, keys of bands, buckets, Jaccard similarity."""

import numpy as np
import numpy.typing as npt
from numba import boolean, float64, int64, types, uint32, uint64

from curate.kernels.compiled import array, kernel, result

_MIX = np.uint64(0xFF51AFD7ED558CCD), np.uint64(0xC4CEB9FE1A85EC53)  # of MurmurHash3's 64-bit finalizer (Appleby)
_HALF = np.uint64(33)
_PLACES = array(int64)


@kernel(uint64(uint64))
def _mix(state: np.uint64) -> np.uint64:
    """Spread every bit of a number over all of them; different numbers stay different."""
    state = (state ^ state >> _HALF) * _MIX[0]
    state = (state ^ state >> _HALF) * _MIX[1]
    return state ^ state >> _HALF


@kernel(types.void(result(uint64), _PLACES, _PLACES, int64, int64, int64, result(int64)))
def shingle_hashes(
    words: npt.NDArray[np.uint64],
    starts: npt.NDArray[np.int64],
    counts: npt.NDArray[np.int64],
    size: int,
    first: int,
    last: int,
    found: npt.NDArray[np.int64],
) -> None:
    """Put the hash of each run of `size` words in the place of its first word.

    Where there are fewer words it is the hash of them all; a text without words has none.
    """
    for row in range(first, last):
        start, length = starts[row], min(size, counts[row])
        found[row] = counts[row] - length + 1 if length else 0
        for at in range(start, start + found[row]):
            state = np.uint64(length)
            for place in range(at, at + length):
                state = _mix(state) + words[place]
            words[at] = _mix(state)  # no later run has this word


@kernel(types.void(result(uint64), int64, int64))
def _sort(values: npt.NDArray[np.uint64], start: int, length: int) -> None:
    """Sort a part of an array in place, by heapsort (numba's own sort takes a second to compile)."""
    for step in range(length // 2 + length - 1):
        if step < length // 2:  # the heap is built from its last parent up
            root, size = length // 2 - 1 - step, length
        else:  # the largest goes to the end, and the heap is one smaller
            root, size = 0, length - 1 - (step - length // 2)
            values[start], values[start + size] = values[start + size], values[start]
        moved = values[start + root]
        child = 2 * root + 1
        while child < size:
            if child + 1 < size and values[start + child + 1] > values[start + child]:
                child += 1
            if values[start + child] <= moved:
                break
            values[start + root] = values[start + child]
            root, child = child, 2 * child + 1
        values[start + root] = moved


@kernel(types.void(result(uint64), _PLACES, result(int64), int64, int64))
def sort_distinct(
    grams: npt.NDArray[np.uint64],
    starts: npt.NDArray[np.int64],
    found: npt.NDArray[np.int64],
    first: int,
    last: int,
) -> None:
    """Sort the shingles of each row and leave each once (`found` says how many are left)."""
    for row in range(first, last):
        start, kept = starts[row], 0
        _sort(grams, start, found[row])
        for at in range(start, start + found[row]):
            if at == start or grams[at] != grams[start + kept - 1]:
                grams[start + kept] = grams[at]
                kept += 1
        found[row] = kept


@kernel(types.void(array(uint64), _PLACES, _PLACES, array(uint32), array(uint32), int64, int64, result(uint32, 2)))
def signatures(
    grams: npt.NDArray[np.uint64],
    starts: npt.NDArray[np.int64],
    found: npt.NDArray[np.int64],
    multipliers: npt.NDArray[np.uint32],
    additions: npt.NDArray[np.uint32],
    first: int,
    last: int,
    values: npt.NDArray[np.uint32],
) -> None:
    """Write datasketch's `affine32` signature of each row, from the lower 32 bits of its shingle hashes."""
    for row in range(first, last):
        signature = values[row]
        signature[:] = np.uint32(0xFFFFFFFF)
        for at in range(starts[row], starts[row] + found[row]):
            mixed = np.uint32(grams[at])  # MurmurHash3's 32-bit finalizer, as in datasketch
            mixed = np.uint32((mixed ^ mixed >> np.uint32(16)) * np.uint32(0x85EBCA6B))
            mixed = np.uint32((mixed ^ mixed >> np.uint32(13)) * np.uint32(0xC2B2AE35))
            mixed = np.uint32(mixed ^ mixed >> np.uint32(16))
            for place in range(len(multipliers)):
                value = np.uint32(multipliers[place] * mixed + additions[place])
                signature[place] = min(signature[place], value)


@kernel(types.void(array(uint32, 2), int64, result(uint64, 2)))
def band_keys(values: npt.NDArray[np.uint32], size: int, keys: npt.NDArray[np.uint64]) -> None:
    """Write a 64-bit hash of each band of `size` values into `keys[band, row]`."""
    for row in range(len(values)):
        for band in range(len(keys)):
            state = np.uint64(band)
            for place in range(band * size, (band + 1) * size):
                state = _mix(state) + np.uint64(values[row, place])
            keys[band, row] = _mix(state)


@kernel(types.void(array(uint64), array(boolean), result(int64), result(int64)))
def buckets(
    keys: npt.NDArray[np.uint64],
    filled: npt.NDArray[np.bool_],
    first: npt.NDArray[np.int64],
    before: npt.NDArray[np.int64],
) -> None:
    """Write for each row the first row with its key and the last one before it; −1 where there is none."""
    bits = np.uint64(2)
    while np.int64(1) << np.int64(bits) < 2 * len(keys):
        bits += np.uint64(1)
    heads = np.full(np.int64(1) << np.int64(bits), -1, dtype=np.int64)
    latest = np.empty(len(heads), dtype=np.int64)
    for row in range(len(keys)):
        first[row] = before[row] = -1
        if not filled[row]:
            continue
        slot = np.int64(keys[row] >> (np.uint64(64) - bits))
        while heads[slot] >= 0 and keys[heads[slot]] != keys[row]:
            slot = (slot + 1) & (len(heads) - 1)
        if heads[slot] < 0:
            heads[slot] = row
        else:
            first[row], before[row] = heads[slot], latest[slot]
        latest[slot] = row


@kernel(types.void(array(uint64), _PLACES, _PLACES, _PLACES, _PLACES, int64, int64, result(float64)))
def jaccard(
    grams: npt.NDArray[np.uint64],
    starts: npt.NDArray[np.int64],
    found: npt.NDArray[np.int64],
    left: npt.NDArray[np.int64],
    right: npt.NDArray[np.int64],
    first: int,
    last: int,
    similarity: npt.NDArray[np.float64],
) -> None:
    """Write the Jaccard similarity of pairs of rows, each row's shingles sorted and distinct."""
    for pair in range(first, last):
        one, other = starts[left[pair]], starts[right[pair]]
        one_end, other_end = one + found[left[pair]], other + found[right[pair]]
        union = found[left[pair]] + found[right[pair]]
        shared = 0
        while one < one_end and other < other_end:
            ours, theirs = grams[one], grams[other]
            shared += ours == theirs
            one += ours <= theirs
            other += theirs <= ours
        similarity[pair] = shared / (union - shared)
