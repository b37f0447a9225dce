"""What kernels of several files are made of: eight bytes as one number, a number mixed, the size of a table."""

import numpy as np
import numpy.typing as npt

from curate.kernels.compiled import part

PIECE = np.uint64(8)
"""Bytes that are looked at as one number."""

_MIX = np.uint64(0xFF51AFD7ED558CCD), np.uint64(0xC4CEB9FE1A85EC53)  # of MurmurHash3's 64-bit finalizer (Appleby)
_HALF = np.uint64(33)


@part("uint64(const uint8[::1], uint64)")
def eight(data: npt.NDArray[np.uint8], at: np.uint64) -> np.uint64:
    """Return eight bytes as one number; the compiler makes one read of it."""
    found = np.uint64(0)
    for place in range(PIECE):
        found |= np.uint64(data[at + place]) << np.uint64(8) * place
    return found


@part("uint64(uint64)")
def mixed(state: np.uint64) -> np.uint64:
    """Let every bit of a number depend on all of them; different numbers stay different."""
    state = (state ^ state >> _HALF) * _MIX[0]
    state = (state ^ state >> _HALF) * _MIX[1]
    return state ^ state >> _HALF


@part("uint64(int64)")
def bits_for(places: int) -> np.uint64:
    """Return how many bits name a place in a table of at least so many places; it is a power of two, at least four."""
    bits = np.uint64(2)
    while np.int64(1) << np.int64(bits) < places:
        bits += np.uint64(1)
    return bits


def table_size(places: int) -> int:
    """Return how many places such a table has."""
    return 1 << int(bits_for(places))


def room_for(count: int) -> int:
    """Return the size of a table of open addresses for so many things: at most half of it is filled."""
    return table_size(2 * count)
