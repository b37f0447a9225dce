"""Kernels that read UTF-8: the code points of texts, hashes of their words or characters, the number of characters of a class."""

from functools import cache

import numpy as np
import numpy.typing as npt

from curate.kernels.compiled import kernel, part
from curate.kernels.parts import PIECE, eight, mixed
from curate.kernels.text import LETTER, SIGN, SPACE, WORD, Encoded, Units, character_classes

_LENGTH = np.uint64(0x9E3779B97F4A7C15)  # an odd number of mixed bits (2⁶⁴ over the golden ratio)
_HALF = np.uint64(32)
_ALONE = np.uint8(2)  # a character that is a word by itself
_LOW = np.array([(1 << 8 * count) - 1 for count in range(9)], dtype=np.uint64)  # the lowest 0 to 8 bytes of a number


@part("UniTuple(int64, 2)(const uint8[::1], int64)")
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


@part("boolean(const uint8[::1], int64, int64)")
def _is_ascii(data: npt.NDArray[np.uint8], begin: int, end: int) -> bool:
    every = np.uint8(0)
    for at in range(np.uint64(begin), np.uint64(end)):  # a number without a sign needs no look at its sign
        every |= data[at]
    return bool(every < 0x80)


@kernel("void(const uint8[::1], const int64[::1], boolean, uint32[::1], int64[::1], int64[::1])")
def _code_points(
    data: npt.NDArray[np.uint8],
    offsets: npt.NDArray[np.int64],
    every: bool,
    values: npt.NDArray[np.uint32],
    starts: npt.NDArray[np.int64],
    counts: npt.NDArray[np.int64],
) -> None:
    place = 0
    for row in range(len(counts)):
        at, starts[row] = offsets[row], place
        if every or not _is_ascii(data, at, offsets[row + 1]):
            while at < offsets[row + 1]:
                point, at = _decode(data, at)
                values[place] = point
                place += 1
        counts[row] = place - starts[row]


@part("uint64(const uint8[::1], int64, int64, const uint8[::1], uint64[::1])")
def _ascii_ends(
    data: npt.NDArray[np.uint8], begin: int, end: int, members: npt.NDArray[np.uint8], ends: npt.NDArray[np.uint64]
) -> np.uint64:
    """Write where each word of a text begins and where it has ended; return how many places these are.

    There is no branch, which would be guessed wrong at the end of each word: a place is written until it is one.
    """
    count, inside = np.uint64(0), np.uint8(0)
    for at in range(np.uint64(begin), np.uint64(end)):
        belongs = members[data[at]]
        ends[count] = at
        count += np.uint64(belongs ^ inside)
        inside = belongs
    ends[count] = end
    return count + np.uint64(inside)


@part("uint64(const uint8[::1], int64, int64, const uint8[::1], uint64[::1])")
def _ends(
    data: npt.NDArray[np.uint8], begin: int, end: int, members: npt.NDArray[np.uint8], ends: npt.NDArray[np.uint64]
) -> np.uint64:
    """Do what `_ascii_ends` does, for any text, also for characters that are words by themselves."""
    count, inside, at = np.uint64(0), np.uint8(0), begin
    while at < end:
        ends[count] = at
        point = int(data[at])
        if point < 0x80:  # most characters of most texts
            at += 1
        else:
            point, at = _decode(data, at)
        belongs = members[point]
        if belongs == _ALONE:
            count += np.uint64(inside)
            ends[count] = ends[count - np.uint64(inside)]
            ends[count + np.uint64(1)] = at
            count, inside = count + np.uint64(2), np.uint8(0)
        else:
            count += np.uint64(belongs ^ inside)
            inside = belongs
    ends[count] = end
    return count + np.uint64(inside)


@kernel("void(const uint8[::1], const int64[::1], const uint8[::1], uint64[::1], uint64[::1], int64[::1], int64[::1])")
def _word_hashes(
    data: npt.NDArray[np.uint8],
    offsets: npt.NDArray[np.int64],
    members: npt.NDArray[np.uint8],
    ends: npt.NDArray[np.uint64],
    values: npt.NDArray[np.uint64],
    starts: npt.NDArray[np.int64],
    counts: npt.NDArray[np.int64],
) -> None:
    """Write the hashes of words, row after row; `ends` has room for two numbers more than the longest text has bytes.

    A hash begins with the number of bytes, so that a word and its beginning differ, and is mixed after every eight of them.
    """
    size, place = np.uint64(len(data)), np.uint64(0)
    for row in range(len(counts)):
        begin, end = offsets[row], offsets[row + 1]
        if _is_ascii(data, begin, end):
            words = _ascii_ends(data, begin, end, members, ends) >> np.uint64(1)
        else:
            words = _ends(data, begin, end, members, ends) >> np.uint64(1)
        for word in range(words):
            at, left = ends[np.uint64(2) * word], ends[np.uint64(2) * word + np.uint64(1)] - ends[np.uint64(2) * word]
            state = left * _LENGTH
            while left > np.uint64(2) * PIECE:
                state = mixed(state ^ eight(data, at))
                at, left = at + PIECE, left - PIECE
            head = min(left, PIECE)  # the last sixteen bytes, or fewer, without a branch
            if at + np.uint64(2) * PIECE <= size:
                one, other = eight(data, at) & _LOW[head], eight(data, at + PIECE) & _LOW[left - head]
            else:
                one = other = np.uint64(0)
                for byte in range(head):
                    one |= np.uint64(data[at + byte]) << np.uint64(8) * byte
                for byte in range(left - head):
                    other |= np.uint64(data[at + head + byte]) << np.uint64(8) * byte
            state = (mixed(state ^ one) ^ other) * _LENGTH  # shingles are mixed again
            values[place + word] = state ^ state >> _HALF
        starts[row], counts[row] = np.int64(place), np.int64(words)
        place += words


@kernel("void(const uint32[::1], uint64[::1])")
def _spread(points: npt.NDArray[np.uint32], values: npt.NDArray[np.uint64]) -> None:
    for at in range(len(points)):
        values[at] = mixed(np.uint64(points[at]) + _LENGTH)


@kernel("void(const uint8[::1], const int64[::1], const uint8[::1], int64[::1], int64[::1])")
def _count(
    data: npt.NDArray[np.uint8],
    offsets: npt.NDArray[np.int64],
    classes: npt.NDArray[np.uint8],
    letters: npt.NDArray[np.int64],
    visible: npt.NDArray[np.int64],
) -> None:
    for row in range(len(offsets) - 1):
        found, points, at, end = 0, 0, offsets[row], offsets[row + 1]
        if _is_ascii(data, at, end):
            small, blank = np.uint32(0), np.uint32(0)  # arithmetic on bytes, which the compiler does many at a time
            for place in range(np.uint64(at), np.uint64(end)):
                byte = data[place]
                small += np.uint32(np.uint8((byte | np.uint8(0x20)) - np.uint8(0x61)) < np.uint8(26))
                blank += np.uint32((byte == np.uint8(0x20)) | (np.uint8(byte - np.uint8(0x09)) < np.uint8(5)))
            letters[row], visible[row] = small, end - at - blank
            continue
        while at < end:
            point = int(data[at])
            if point < 0x80:  # most characters of most texts
                at += 1
            else:
                point, at = _decode(data, at)
            found += classes[point] & LETTER != 0
            points += classes[point] & SPACE == 0
        letters[row], visible[row] = found, points


def code_points(texts: Encoded, *, every: bool = True) -> Units[np.uint32]:
    """Return the code points of each text; unless `every`, of a text of ASCII none, because its bytes are its code points."""
    values = np.empty(len(texts.data), dtype=np.uint32)
    starts, counts = np.empty((2, len(texts)), dtype=np.int64)
    _code_points(texts.data, texts.offsets, every, values, starts, counts)
    return Units(values, starts, counts)


@cache
def _members(*, visible: bool, signs: bool) -> npt.NDArray[np.uint8]:
    """Return for every code point whether words are made of it, or it is one."""
    classes = character_classes()
    members: npt.NDArray[np.uint8] = (classes & SPACE == 0 if visible else classes & WORD != 0).astype(np.uint8)
    if signs:
        members[classes & SIGN != 0] = _ALONE
    return members


def word_hashes(texts: Encoded, *, visible: bool = False, signs: bool = False) -> Units[np.uint64]:
    r"""Return a 64-bit hash of each word of each text: of runs of `\w`, or of all that is not white space (`\S`).

    With `signs` each sign of a script that puts no blanks between words is a word.
    Two different words of k have the same hash with odds of about k² / 2⁶⁵: 10⁻¹² for ten thousand words, 10⁻⁸ for a million.
    """
    room = (int(texts.offsets[-1]) + len(texts) + 1) // 2  # a text of n bytes has at most (n + 1) // 2 words
    values = np.empty(room, dtype=np.uint64)
    starts, counts = np.empty((2, len(texts)), dtype=np.int64)
    ends = np.empty(texts.longest + 2, dtype=np.uint64)
    _word_hashes(texts.data, texts.offsets, _members(visible=visible, signs=signs), ends, values, starts, counts)
    return Units(values, starts, counts)


def character_hashes(texts: Encoded) -> Units[np.uint64]:
    """Return a 64-bit hash of each character of each text; different characters have different ones."""
    points = code_points(texts)
    values = np.empty(len(points.values), dtype=np.uint64)
    _spread(points.values, values)
    return Units(values, points.starts, points.counts)


def count_letters(texts: Encoded) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return how many characters of each text are letters, and how many are not white space."""
    letters, visible = np.empty((2, len(texts)), dtype=np.int64)
    _count(texts.data, texts.offsets, character_classes(), letters, visible)
    return letters, visible
