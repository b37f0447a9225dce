"""Kernel: the share of the n-grams of a text that are repeats of another one."""

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import float64, int64, types, uint32, uint64

from curate.kernels.compiled import array, kernel, result
from curate.kernels.text import Units, spread, up_to

_BASE = np.uint64(0x9E3779B97F4A7C15)  # an odd number of mixed bits (2⁶⁴ over the golden ratio)
_FINISH = np.uint64(0xFF51AFD7ED558CCD)  # of MurmurHash3's finalizer (Appleby)
_LONG = 1 << 13  # up to so many n-grams a table eight times as large fits a processor's cache; beyond, memory counts


def _both(output: Any, *rest: Any) -> tuple[Any, Any]:
    """Return the signatures for code points and for word hashes."""
    return output(array(uint32), *rest), output(array(uint64), *rest)


@kernel(uint64(int64))
def _bits(grams: int) -> np.uint64:
    """Return how many bits name a place in the table for so many n-grams; more n-grams never have fewer."""
    room = grams * 8 if grams < _LONG else max(_LONG * 8, grams * 8 // 5)
    bits = np.uint64(2)
    while np.int64(1) << np.int64(bits) < room:
        bits += np.uint64(1)
    return bits


@kernel(*_both(int64, int64, int64, int64, result(uint32), int64))
def _distinct(
    units: npt.NDArray[np.uint32] | npt.NDArray[np.uint64],
    begin: int,
    grams: int,
    size: int,
    table: npt.NDArray[np.uint32],
    used: int,
) -> int:
    """Return how many of the n-grams from `begin` on are different, by a hash table of the first place of each.

    A place in the table holds the number of a gram, from `used` + 1 on; what is not above `used` was left by another text.
    """
    bits = _bits(grams)
    wrap = (np.int64(1) << np.int64(bits)) - 1
    distinct, state, top = 0, np.uint64(0), np.uint64(1)
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
        if held <= 0:
            table[slot] = used + at - begin + 1
            distinct += 1
    return distinct


@kernel(*_both(types.void, array(int64), array(int64), int64, int64, int64, result(float64)))
def _shares(
    units: npt.NDArray[np.uint32] | npt.NDArray[np.uint64],
    starts: npt.NDArray[np.int64],
    counts: npt.NDArray[np.int64],
    size: int,
    first: int,
    last: int,
    shares: npt.NDArray[np.float64],
) -> None:
    most = 1
    for row in range(first, last):
        most = max(most, counts[row] - size + 1)
    table = np.zeros(np.int64(1) << np.int64(_bits(most)), dtype=np.uint32)
    used = 0
    for row in range(first, last):
        grams = counts[row] - size + 1
        shares[row] = 1.0 - _distinct(units, starts[row], grams, size, table, used) / grams if grams > 1 else 0.0
        used += max(grams, 0)


def repeated_shares(units: Units[np.uint32] | Units[np.uint64], size: int) -> npt.NDArray[np.float64]:
    """Return 1 − distinct n-grams / n-grams of each text, n = `size`; 0 where a text has fewer units than `size`.

    Exact: n-grams with the same hash are compared unit by unit.
    """
    assert units.counts.sum() < 1 << 32  # the table of all texts together numbers their n-grams in 32 bits
    shares = np.empty(len(units.counts), dtype=np.float64)
    spread(
        lambda first, last: _shares(units.values, units.starts, units.counts, size, first, last, shares),
        up_to(units.counts),
    )
    return shares
