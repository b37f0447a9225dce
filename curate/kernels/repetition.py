"""Kernel: the share of the n-grams of a text that are repeats of another one."""

import numpy as np
import numpy.typing as npt

from curate.kernels.compiled import kernel, part
from curate.kernels.parts import PIECE, bits_for, eight, table_size
from curate.kernels.text import Encoded, Units
from curate.kernels.units import code_points

_BASE = np.uint64(0x9E3779B97F4A7C15)  # an odd number of mixed bits (2⁶⁴ over the golden ratio)
_FINISH = np.uint64(0xFF51AFD7ED558CCD)  # of MurmurHash3's finalizer (Appleby)
_LONG = 1 << 12  # up to so many n-grams a table 16 times as large fits a processor's cache; beyond, memory counts


@part("int64(int64)")
def _places(grams: int) -> int:
    """Return how many places the table for so many n-grams has at least; more n-grams never have fewer."""
    return grams * 16 if grams < _LONG else max(_LONG * 16, grams * 8 // 5)


@part(
    "int64(const uint32[::1], int64, int64, int64, uint32[::1], int64)",
    "int64(const uint64[::1], int64, int64, int64, uint32[::1], int64)",
)
def _repeats(
    units: npt.NDArray[np.uint32] | npt.NDArray[np.uint64],
    begin: int,
    grams: int,
    size: int,
    table: npt.NDArray[np.uint32],
    used: int,
) -> int:
    """Return how many of the n-grams from `begin` on are like an earlier one, by a hash table of the first place of each.

    A place in the table holds the number of a gram, from `used` + 1 on; what is not above `used` was left by another text.
    """
    bits = bits_for(_places(grams))
    wrap = (np.int64(1) << np.int64(bits)) - 1
    repeats, state, top = 0, np.uint64(0), np.uint64(1)
    for at in range(begin, begin + size - 1):
        state = state * _BASE + np.uint64(units[at])
        top *= _BASE
    for at in range(begin, begin + grams):
        state = state * _BASE + np.uint64(units[at + size - 1])  # the hash rolls: here the last unit comes
        slot = np.int64(((state ^ state >> np.uint64(32)) * _FINISH) >> (np.uint64(64) - bits))
        state -= np.uint64(units[at]) * top  # and here the first one leaves
        held = np.int64(table[slot]) - used
        while held > 0:
            other, same = begin + held - 1, 0
            while same < size and units[other + same] == units[at + same]:
                same += 1
            if same == size:
                break
            slot = (slot + 1) & wrap
            held = np.int64(table[slot]) - used
        if held > 0:  # seldom, so that it is this that is counted
            repeats += 1
        else:
            table[slot] = used + at - begin + 1
    return repeats


@kernel(
    "void(const uint32[::1], const int64[::1], const int64[::1], int64, uint32[::1], float64[::1])",
    "void(const uint64[::1], const int64[::1], const int64[::1], int64, uint32[::1], float64[::1])",
)
def _shares(
    units: npt.NDArray[np.uint32] | npt.NDArray[np.uint64],
    starts: npt.NDArray[np.int64],
    counts: npt.NDArray[np.int64],
    size: int,
    table: npt.NDArray[np.uint32],
    shares: npt.NDArray[np.float64],
) -> None:
    used = 0
    for row in range(len(counts)):
        grams = counts[row] - size + 1
        shares[row] = 0.0
        if grams > 1:
            shares[row] = _repeats(units, starts[row], grams, size, table, used) / grams
            used += grams


@part("uint64(const uint8[::1], uint64, uint64, uint64, uint32[::1], uint32)")
def _repeats_of_bytes(
    data: npt.NDArray[np.uint8],
    begin: np.uint64,
    grams: np.uint64,
    size: np.uint64,
    table: npt.NDArray[np.uint32],
    used: np.uint32,
) -> np.uint64:
    """Return how many of the n-grams of eight bytes or more are like an earlier one, by a table as that of `_repeats`.

    Eight bytes are looked at as one number; the last eight may overlap the ones before.
    """
    bits = bits_for(_places(int(grams)))
    wrap, shift = (np.uint64(1) << bits) - np.uint64(1), np.uint64(64) - bits
    tail, repeats = size - PIECE, np.uint64(0)
    for gram in range(grams):
        at = begin + np.uint64(gram)
        one, other = eight(data, at), eight(data, at + tail)
        state = one * _BASE
        place = PIECE
        while place < tail:
            state = (state ^ eight(data, at + place)) * _BASE
            place += PIECE
        slot = (state ^ other * _FINISH) >> shift
        held = table[slot]
        while held > used:
            earlier = begin + np.uint64(held - used) - np.uint64(1)
            same = eight(data, earlier) == one and eight(data, earlier + tail) == other
            place = PIECE
            while same and place < tail:
                same = eight(data, earlier + place) == eight(data, at + place)
                place += PIECE
            if same:
                break
            slot = (slot + np.uint64(1)) & wrap
            held = table[slot]
        if held <= used:
            table[slot] = used + np.uint32(at - begin) + np.uint32(1)
        else:
            repeats += np.uint64(1)
    return repeats


@kernel("void(const uint8[::1], const int64[::1], const int64[::1], int64, uint32[::1], float64[::1])")
def _ascii_shares(
    data: npt.NDArray[np.uint8],
    offsets: npt.NDArray[np.int64],
    points: npt.NDArray[np.int64],
    size: int,
    table: npt.NDArray[np.uint32],
    shares: npt.NDArray[np.float64],
) -> None:
    """Write the shares of texts of ASCII, of which there are no code points."""
    used = 0
    for row in range(len(points)):
        grams = offsets[row + 1] - offsets[row] - size + 1
        if grams > 1 and not points[row]:
            begin = np.uint64(offsets[row])
            repeated = int(_repeats_of_bytes(data, begin, np.uint64(grams), np.uint64(size), table, np.uint32(used)))
            shares[row] = repeated / grams
            used += grams


def _table(grams: int) -> npt.NDArray[np.uint32]:
    """Return an empty table for texts of up to so many n-grams."""
    return np.zeros(table_size(_places(grams)), dtype=np.uint32)


def repeated_characters(texts: Encoded, size: int) -> npt.NDArray[np.float64]:
    """Return repeated n-grams of characters / n-grams of each text; 0 where a text has fewer characters than `size`."""
    points = code_points(texts, every=size < int(PIECE))
    shares = repeated_shares(points, size)
    if size >= int(PIECE):
        assert len(texts.data) < 1 << 32
        table = _table(texts.longest - size + 1)
        _ascii_shares(texts.data, texts.offsets, points.counts, size, table, shares)
    return shares


def repeated_shares(units: Units[np.uint32] | Units[np.uint64], size: int) -> npt.NDArray[np.float64]:
    """Return repeated n-grams / n-grams of each text, n = `size`; 0 where a text has fewer units than `size`.

    Exact: n-grams with the same hash are compared unit by unit.
    """
    assert units.counts.sum() < 1 << 32  # the table of all texts together numbers their n-grams in 32 bits
    shares = np.empty(len(units.counts), dtype=np.float64)
    _shares(units.values, units.starts, units.counts, size, _table(units.most - size + 1), shares)
    return shares
