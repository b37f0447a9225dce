"""Kernels of candidates: rows that share a band, the pairs of a bucket, and what the verified pairs come to."""

import numpy as np
import numpy.typing as npt

from curate.kernels.compiled import kernel, part
from curate.kernels.parts import bits_for

NONE = np.uint32(0xFFFFFFFF)
TOLD = np.uint32(0x80000000)
"""Marks the first row of a bucket when a second one was found; so there are fewer than 2³¹ rows."""
_ROW = np.uint32(0x7FFFFFFF)

STAYS, GOES, WAITS = 0, 1, 2


@kernel("int64(const uint64[::1], const boolean[::1], uint32[::1], uint64[::1])")
def companions(
    keys: npt.NDArray[np.uint64],
    filled: npt.NDArray[np.bool_],
    heads: npt.NDArray[np.uint32],
    members: npt.NDArray[np.uint64],
) -> int:
    """Write every row that shares its key with another, under the first row of that key; return how many these are.

    A member is one number: the first row in the upper 32 bits, the row itself in the lower. `heads` has `room_for` as many
    rows. Rows that are not `filled` share nothing.
    """
    bits, count = bits_for(2 * len(keys)), 0
    heads[:] = NONE
    for row in range(np.uint64(len(keys))):
        if not filled[row]:
            continue
        slot = keys[row] >> (np.uint64(64) - bits)
        while heads[slot] != NONE and keys[heads[slot] & _ROW] != keys[row]:
            slot = (slot + np.uint64(1)) & np.uint64(len(heads) - 1)
        if heads[slot] == NONE:
            heads[slot] = row
            continue
        head = np.uint64(heads[slot] & _ROW)
        if heads[slot] < TOLD:
            members[count] = head << np.uint64(32) | head
            heads[slot] |= TOLD
            count += 1
        members[count] = head << np.uint64(32) | row
        count += 1
    return count


@part("uint64(uint32, uint32)")
def _pair(one: np.uint32, other: np.uint32) -> np.uint64:
    """Return two rows as one number, the later one in the upper 32 bits."""
    return np.uint64(max(one, other)) << np.uint64(32) | np.uint64(min(one, other))


@kernel(
    "int64(const int64[::1], const uint32[::1], const uint32[::1], const uint32[::1], int64, uint32, uint32, uint64[::1])"
)
def pairs_of_leaders(
    starts: npt.NDArray[np.int64],
    rows: npt.NDArray[np.uint32],
    sides: npt.NDArray[np.uint32],
    colours: npt.NDArray[np.uint32],
    leaders: int,
    low: np.uint32,
    high: np.uint32,
    pairs: npt.NDArray[np.uint64],
) -> int:
    """Write the pairs of each bucket's first `leaders` rows with later rows of its bucket; return how many these are.

    The two are on two sides and of two colours. Inside a bucket the rows of a side stand together. Only pairs of which the
    later row (the greater number) is from `low` to before `high` are written, as far as there is room for them.
    """
    count = 0
    for bucket in range(len(starts) - 1):
        end, other = starts[bucket + 1], starts[bucket]
        for at in range(starts[bucket], min(starts[bucket] + leaders, end)):
            leader = rows[at]
            while other < end and sides[rows[other]] == sides[leader]:
                other += 1
            for place in range(other, end):
                row = rows[place]
                later = max(row, leader)
                if later >= low and later < high and colours[row] != colours[leader]:
                    if count < len(pairs):
                        pairs[count] = _pair(row, leader)
                    count += 1
    return count


@kernel("void(const uint32[::1], const uint32[::1], const float64[::1], int64, uint8[::1], int64[::1])")
def resolve_stars(
    later: npt.NDArray[np.uint32],
    earlier: npt.NDArray[np.uint32],
    similarity: npt.NDArray[np.float64],
    fixed: int,
    state: npt.NDArray[np.uint8],
    chosen: npt.NDArray[np.int64],
) -> None:
    """Decide each row, in their order, from verified pairs (sorted by `later`): it goes if it is like an earlier row that stays.

    `state` says at first of a row that it `STAYS` unless it is like another, or that it `WAITS`: not all rows before it were
    compared with it. A row also waits for one like it that waits. `chosen` is the pair by which a row goes, or −1: that with
    the most similar row that stays, of equals the earliest. The first `fixed` rows stay.
    """
    chosen[:] = -1
    begin = 0
    while begin < len(later):
        row, waiting, end = later[begin], False, begin
        best = -1
        while end < len(later) and later[end] == row:
            other = state[earlier[end]]
            if other == STAYS:
                nearer = best < 0 or similarity[end] > similarity[best]
                if nearer or (similarity[end] == similarity[best] and earlier[end] < earlier[best]):
                    best = end
            waiting |= other == WAITS
            end += 1
        if row >= fixed:
            if best >= 0:
                state[row], chosen[row] = GOES, best
            elif waiting:
                state[row] = WAITS
        begin = end


@part("uint32(uint32[::1], uint32)")
def _root(parents: npt.NDArray[np.uint32], row: np.uint32) -> np.uint32:
    while parents[row] != row:
        parents[row] = parents[parents[row]]
        row = parents[row]
    return row


@kernel("void(const uint32[::1], const uint32[::1], uint32[::1])")
def join_components(
    later: npt.NDArray[np.uint32], earlier: npt.NDArray[np.uint32], components: npt.NDArray[np.uint32]
) -> None:
    """Name every row after the first row of its connected component; `components` are the rows themselves at first."""
    for pair in range(len(later)):
        one, other = _root(components, later[pair]), _root(components, earlier[pair])
        components[max(one, other)] = min(one, other)
    for row in range(np.uint32(len(components))):
        components[row] = _root(components, np.uint32(row))
