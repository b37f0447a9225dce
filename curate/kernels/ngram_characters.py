"""Kernel: the share of a text's characters that stand in its most frequent n-gram of words, or in repeats of n-grams."""

import numpy as np
import numpy.typing as npt

from curate.kernels.compiled import kernel, part
from curate.kernels.parts import bits_for, table_size
from curate.kernels.text import Encoded, Units, up_to

Shares = npt.NDArray[np.float64]
_BASE = np.uint64(0x9E3779B97F4A7C15)  # an odd number of mixed bits (2⁶⁴ over the golden ratio)
_PRIME = np.uint64(0x100000001B3)  # of the FNV-1a hash (Fowler, Noll and Vo)
_BASIS = np.uint64(0xCBF29CE484222325)
_FINISH = np.uint64(0xFF51AFD7ED558CCD)  # of MurmurHash3's finalizer (Appleby)


@part("int64(const uint8[::1], int64, int64)")
def _blank(data: npt.NDArray[np.uint8], at: int, end: int) -> int:
    """Return how many bytes of UTF-8 the white space at a byte has (Unicode's White_Space); 0 if none begins there."""
    lead = data[at]
    if lead <= 0x20:
        return 1 if lead == 0x20 or 0x09 <= lead <= 0x0D else 0
    if lead == 0xC2 and at + 1 < end:
        return 2 if data[at + 1] in (0x85, 0xA0) else 0
    if lead not in (0xE1, 0xE2, 0xE3) or at + 2 >= end:
        return 0
    middle, last = data[at + 1], data[at + 2]
    if lead == 0xE1:
        found = middle == 0x9A and last == 0x80
    elif lead == 0xE3:
        found = middle == 0x80 and last == 0x80
    else:
        found = (middle == 0x80 and (last <= 0x8A or last in (0xA8, 0xA9, 0xAF))) or (middle == 0x81 and last == 0x9F)
    return 3 if found else 0


@kernel("void(const uint8[::1], const int64[::1], uint64[::1], uint32[::1], int64[::1], int64[::1])")
def _words(
    data: npt.NDArray[np.uint8],
    offsets: npt.NDArray[np.int64],
    hashes: npt.NDArray[np.uint64],
    lengths: npt.NDArray[np.uint32],
    starts: npt.NDArray[np.int64],
    counts: npt.NDArray[np.int64],
) -> None:
    """Write a 64-bit hash and the number of characters of each word, row after row."""
    place = 0
    for row in range(len(counts)):
        at, end, starts[row] = offsets[row], offsets[row + 1], place
        state, length = _BASIS, 0
        while at < end:
            blank = _blank(data, at, end)
            if not blank:
                state = (state ^ np.uint64(data[at])) * _PRIME
                length += data[at] & 0xC0 != 0x80  # all bytes of a character but the first begin with the bits 10
            at += max(blank, 1)
            if length and (blank or at == end):
                state = (state ^ state >> np.uint64(33)) * _FINISH
                hashes[place], lengths[place] = state ^ state >> np.uint64(33), length
                state, length, place = _BASIS, 0, place + 1
        counts[row] = place - starts[row]


@part("int64(const uint64[::1], int64, int64, int64, uint32[::1], int64[::1])")
def _first_places(
    words: npt.NDArray[np.uint64],
    begin: int,
    grams: int,
    size: int,
    table: npt.NDArray[np.uint32],
    places: npt.NDArray[np.int64],
) -> int:
    """Write for each n-gram from `begin` on the number of the first one that is the same; return how many are not the first.

    The n-grams are found by a rolling hash in a table of open addresses, and compared word by word.
    """
    bits = bits_for(2 * grams)
    wrap = (np.int64(1) << np.int64(bits)) - 1
    table[: wrap + 1] = 0  # the number of a gram, plus one
    state, top, repeats = np.uint64(0), np.uint64(1), 0
    for at in range(begin, begin + size - 1):
        state = state * _BASE + words[at]
        top *= _BASE
    for gram in range(grams):
        state = state * _BASE + words[begin + gram + size - 1]
        slot = np.int64(((state ^ state >> np.uint64(32)) * _FINISH) >> (np.uint64(64) - bits))
        state -= words[begin + gram] * top
        held = np.int64(table[slot])
        while held:
            same = 0
            while same < size and words[begin + held - 1 + same] == words[begin + gram + same]:
                same += 1
            if same == size:
                break
            slot = (slot + 1) & wrap
            held = np.int64(table[slot])
        if held:
            places[gram] = held - 1
            repeats += 1
        else:
            table[slot] = gram + 1
            places[gram] = gram
    return repeats


@part("int64(const uint32[::1], int64, int64, int64, int64, const int64[::1])")
def _in_repeats(
    lengths: npt.NDArray[np.uint32], begin: int, grams: int, size: int, repeats: int, places: npt.NDArray[np.int64]
) -> int:
    """Return the characters of the words that stand in an n-gram that came before; each word counts once."""
    covered, end = 0, 0
    for gram in range(grams if repeats else 0):
        if places[gram] != gram:
            for at in range(max(gram, end), gram + size):
                covered += int(lengths[begin + at])
            end = gram + size
    return covered


@part("int64(const uint32[::1], int64, int64, int64, int64, const int64[::1], int64[:, ::1])")
def _in_most_frequent(
    lengths: npt.NDArray[np.uint32],
    begin: int,
    grams: int,
    size: int,
    repeats: int,
    places: npt.NDArray[np.int64],
    counted: npt.NDArray[np.int64],
) -> int:
    """Return the characters of the words in the n-gram found most often, the one with most characters if there are several.

    Each word counts once. 0 if no n-gram is found twice.
    """
    if not repeats:
        return 0
    times, covered, ends = counted[0], counted[1], counted[2]
    times[:grams], covered[:grams], ends[:grams] = 0, 0, 0
    most, characters = 1, 0
    for gram in range(grams):
        place = places[gram]
        times[place] += 1
        for at in range(max(gram, ends[place]), gram + size):
            covered[place] += np.int64(lengths[begin + at])
        ends[place] = gram + size
    for place in range(grams):
        if times[place] > most or (times[place] == most and most > 1 and covered[place] > characters):
            most, characters = times[place], covered[place]
    return characters


@kernel(
    "void(const uint64[::1], const uint32[::1], const int64[::1], const int64[::1], int64, int64, uint32[::1], "
    "int64[::1], int64[:, ::1], int64[::1])"
)
def _characters(
    words: npt.NDArray[np.uint64],
    lengths: npt.NDArray[np.uint32],
    starts: npt.NDArray[np.int64],
    counts: npt.NDArray[np.int64],
    size: int,
    top: int,
    table: npt.NDArray[np.uint32],
    places: npt.NDArray[np.int64],
    counted: npt.NDArray[np.int64],
    characters: npt.NDArray[np.int64],
) -> None:
    """Write the characters of each row; there is room for the n-grams of a row in `places` and `counted`, for twice in `table`."""
    for row in range(len(counts)):
        grams = counts[row] - size + 1
        characters[row] = 0
        if grams < 2:
            continue
        repeats = _first_places(words, starts[row], grams, size, table, places)
        if top:
            characters[row] = _in_most_frequent(lengths, starts[row], grams, size, repeats, places, counted)
        else:
            characters[row] = _in_repeats(lengths, starts[row], grams, size, repeats, places)


def words_of(texts: Encoded) -> tuple[Units[np.uint64], npt.NDArray[np.uint32]]:
    """Return a hash of each word (a run that is not white space) of each text, and the number of its characters."""
    room = (int(texts.offsets[-1]) + len(texts) + 1) // 2  # a text of n bytes has at most (n + 1) // 2 words
    hashes, lengths = np.empty(room, dtype=np.uint64), np.empty(room, dtype=np.uint32)
    starts, counts = np.empty((2, len(texts)), dtype=np.int64)
    _words(texts.data, texts.offsets, hashes, lengths, starts, counts)
    whole = int(counts.sum())
    return Units(hashes[:whole], starts, counts), lengths[:whole]


def ngram_shares(texts: Encoded, tops: tuple[int, ...], repeats: tuple[int, ...]) -> tuple[list[Shares], list[Shares]]:
    """Return the shares of characters in the most frequent n-gram and in repeated n-grams, for each text, one array a size.

    Characters are those of words; white space counts nowhere. 0 for a text without words.
    """
    words, lengths = words_of(texts)
    summed = up_to(lengths.astype(np.int64))
    whole = np.maximum(summed[words.starts + words.counts] - summed[words.starts], 1)
    most = max(words.most, 1)
    table = np.empty(table_size(2 * most), dtype=np.uint32)
    places, counted = np.empty(most, dtype=np.int64), np.empty((3, most), dtype=np.int64)

    def share(size: int, *, top: bool) -> Shares:
        characters = np.empty(len(texts), dtype=np.int64)
        _characters(words.values, lengths, words.starts, words.counts, size, top, table, places, counted, characters)
        shares: Shares = characters / whole
        return shares

    return [share(size, top=True) for size in tops], [share(size, top=False) for size in repeats]
