"""Kernels of near-duplicate search: hashes of shingles, MinHash signatures, keys of bands, Jaccard similarity."""

import numpy as np
import numpy.typing as npt

from curate.kernels.compiled import kernel, part
from curate.kernels.parts import bits_for, mixed

_BASE = np.uint64(0x9E3779B97F4A7C15)  # an odd number of mixed bits (2⁶⁴ over the golden ratio)


@kernel("void(uint64[::1], const int64[::1], const int64[::1], int64, int64[::1])")
def shingle_hashes(
    words: npt.NDArray[np.uint64],
    starts: npt.NDArray[np.int64],
    counts: npt.NDArray[np.int64],
    size: int,
    found: npt.NDArray[np.int64],
) -> None:
    """Put the hash of each run of `size` words in the place of its first word.

    Where there are fewer words it is the hash of them all; a text without words has none. The hash is a polynomial of the
    words' hashes that rolls on from run to run, and its bits are then spread.
    """
    for row in range(len(counts)):
        start, length = np.uint64(starts[row]), np.uint64(min(size, counts[row]))
        found[row] = counts[row] - np.int64(length) + 1 if length else 0
        state, top = np.uint64(0), np.uint64(1)
        for at in range(start, start + length):
            top *= _BASE
            if at + np.uint64(1) < start + length:
                state = (state + words[at]) * _BASE
        ahead = length - np.uint64(1)
        for at in range(start, start + np.uint64(found[row])):
            state = (state + words[at + ahead]) * _BASE
            leaving = words[at] * top
            words[at] = mixed(state + length)  # no later run has this word
            state -= leaving


@part("uint32(uint64)")
def _mix32(gram: np.uint64) -> np.uint32:
    """Spread the lower 32 bits by MurmurHash3's 32-bit finalizer, as datasketch does."""
    state = np.uint32(gram)
    state = np.uint32((state ^ state >> np.uint32(16)) * np.uint32(0x85EBCA6B))
    state = np.uint32((state ^ state >> np.uint32(13)) * np.uint32(0xC2B2AE35))
    return np.uint32(state ^ state >> np.uint32(16))


@kernel(
    "void(const uint64[::1], const int64[::1], const int64[::1], const uint32[::1], const uint32[::1], uint32[:, ::1])"
)
def signatures(
    grams: npt.NDArray[np.uint64],
    starts: npt.NDArray[np.int64],
    found: npt.NDArray[np.int64],
    multipliers: npt.NDArray[np.uint32],
    additions: npt.NDArray[np.uint32],
    values: npt.NDArray[np.uint32],
) -> None:
    """Write datasketch's `affine32` signature of each row, from the lower 32 bits of its shingle hashes."""
    for row in range(len(found)):
        signature = values[row]
        signature[:] = np.uint32(0xFFFFFFFF)
        at, end = np.uint64(starts[row]), np.uint64(starts[row] + found[row])
        while at + np.uint64(4) <= end:  # four at a time, so that a value goes to memory and back a fourth as often
            one, two = _mix32(grams[at]), _mix32(grams[at + np.uint64(1)])
            three, four = _mix32(grams[at + np.uint64(2)]), _mix32(grams[at + np.uint64(3)])
            for place in range(len(multipliers)):
                a, b = multipliers[place], additions[place]
                low = min(np.uint32(a * one + b), np.uint32(a * two + b))
                high = min(np.uint32(a * three + b), np.uint32(a * four + b))
                signature[place] = min(signature[place], min(low, high))  # noqa: PLW3301  (numba takes two by two)
            at += np.uint64(4)
        while at < end:
            one = _mix32(grams[at])
            for place in range(len(multipliers)):
                signature[place] = min(signature[place], np.uint32(multipliers[place] * one + additions[place]))
            at += np.uint64(1)


@kernel("void(const uint32[:, ::1], int64, uint64[:, ::1])")
def band_keys(values: npt.NDArray[np.uint32], size: int, keys: npt.NDArray[np.uint64]) -> None:
    """Write a 64-bit hash of each band of `size` values into `keys[band, row]`."""
    for row in range(len(values)):
        for band in range(len(keys)):
            state = np.uint64(band)
            for place in range(band * size, (band + 1) * size):
                state = mixed(state) + np.uint64(values[row, place])
            keys[band, row] = mixed(state)


@kernel("void(uint64[::1], const int64[::1], int64[::1], uint64[::1], int64[::1])")
def distinct(
    grams: npt.NDArray[np.uint64],
    starts: npt.NDArray[np.int64],
    counts: npt.NDArray[np.int64],
    table: npt.NDArray[np.uint64],
    marks: npt.NDArray[np.int64],
) -> None:
    """Leave of each row's shingles one of each, in their order, and count them.

    A place of the table holds a shingle of the row that its mark names. `table` and `marks` (zeros at first) have `room_for` the
    shingles of a row.
    """
    for row in range(len(counts)):
        bits = bits_for(2 * counts[row])
        wrap, shift = (np.uint64(1) << bits) - np.uint64(1), np.uint64(64) - bits
        place = np.uint64(starts[row])
        for at in range(np.uint64(starts[row]), np.uint64(starts[row] + counts[row])):
            slot = grams[at] >> shift
            while marks[slot] == row + 1 and table[slot] != grams[at]:
                slot = (slot + np.uint64(1)) & wrap
            if marks[slot] != row + 1:
                table[slot], marks[slot] = grams[at], row + 1
                grams[place] = grams[at]
                place += np.uint64(1)
        counts[row] = np.int64(place) - starts[row]


@kernel(
    "void(const uint64[::1], const int64[::1], const int64[::1], const int64[::1], const int64[::1], float64, "
    "uint64[::1], int64[::1], float64[::1])"
)
def jaccard(
    grams: npt.NDArray[np.uint64],
    starts: npt.NDArray[np.int64],
    counts: npt.NDArray[np.int64],
    left: npt.NDArray[np.int64],
    right: npt.NDArray[np.int64],
    threshold: float,
    table: npt.NDArray[np.uint64],
    marks: npt.NDArray[np.int64],
    similarity: npt.NDArray[np.float64],
) -> None:
    """Write the Jaccard similarity of pairs of rows, each row's shingles distinct; 0 below the threshold and for two empty ones.

    The table holds the shingles of the left row, and is kept while the next pair has the same; a pair is given up when too many
    of the right row's are not in it. `table` and `marks` (zeros at first) have `room_for` the shingles of a left row.
    """
    wrap, shift, mark = np.uint64(0), np.uint64(0), 0
    for pair in range(len(left)):
        mine, theirs = counts[left[pair]], counts[right[pair]]
        if pair == 0 or left[pair] != left[pair - 1]:
            bits, mark = bits_for(2 * mine), mark + 1
            wrap, shift = (np.uint64(1) << bits) - np.uint64(1), np.uint64(64) - bits
            for at in range(np.uint64(starts[left[pair]]), np.uint64(starts[left[pair]] + mine)):
                slot = grams[at] >> shift
                while marks[slot] == mark:
                    slot = (slot + np.uint64(1)) & wrap
                table[slot], marks[slot] = grams[at], mark
        # shared / (mine + theirs - shared) >= threshold needs so many shared; one less, for what a division rounds
        needed = np.int64(threshold / (1.0 + threshold) * (mine + theirs)) - 1
        missing, most = 0, theirs - needed
        for at in range(np.uint64(starts[right[pair]]), np.uint64(starts[right[pair]] + theirs)):
            slot = grams[at] >> shift
            while marks[slot] == mark and table[slot] != grams[at]:
                slot = (slot + np.uint64(1)) & wrap
            if marks[slot] != mark:
                missing += 1
                if missing > most:
                    break
        shared = theirs - missing
        found = shared / (mine + theirs - shared) if shared > 0 else 0.0
        similarity[pair] = found if found >= threshold and missing <= most else 0.0
