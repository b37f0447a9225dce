"""Overlap with evaluation texts: which share of an evaluation text's words a text holds, by word n-grams.

Plain functions of data: texts → words → hashes of n-grams → an index of evaluation texts → the best match of each text.
Words are runs of letters, digits and marks, case folded; the signs of Chinese and Japanese are a word each.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from curate.kernels.text import encode, lengths, slices, up_to
from curate.kernels.units import word_hashes

Hashes = npt.NDArray[np.uint64]
Places = npt.NDArray[np.int64]

COMMON = 100
"""An n-gram of more evaluation texts than this is boilerplate: alone it does not make a text worth comparing."""

_BASE = np.uint64(0x9E3779B97F4A7C15)  # an odd number of mixed bits (2⁶⁴ over the golden ratio)
_FINISH = np.uint64(0xFF51AFD7ED558CCD)  # of MurmurHash3's finalizer (Appleby)
_SIGNS = r"([\p{Han}\p{Hiragana}\p{Katakana}])"
_NUMBER_BYTES = 8


@dataclass(frozen=True)
class Words:
    """The hashes of the words of texts: text i has `values[starts[i]:starts[i + 1]]`."""

    values: Hashes
    starts: Places

    @property
    def counts(self) -> Places:
        """The number of words of each text."""
        return np.diff(self.starts)


@dataclass(frozen=True)
class Matches:
    """The evaluation text that each text holds most of: the share of its words, and its place in the index (−1 for none)."""

    share: npt.NDArray[np.float64]
    best: Places


@dataclass(frozen=True)
class Index:
    """Evaluation texts by their n-grams. `sizes` is the n of each.

    `grams` holds the distinct hashes in order, `table` their leading bits. `gram_at` is the gram that begins at a word, or −1.
    `seeds` are, gram by gram (from `seed_starts`), the texts that are compared where it is found: those in which it is not
    boilerplate, and those that have nothing rarer.
    """

    words: Words
    sizes: Places
    grams: Hashes
    table: npt.NDArray[np.bool_]
    gram_at: Places
    seeds: Places
    seed_starts: Places


def words_of(texts: pl.Series) -> Words:
    """Return the words of texts as hashes; line breaks, runs of blanks, case and punctuation make no difference."""
    found = word_hashes(encode(_plain(texts)))
    starts = up_to(found.counts)
    return Words(found.values[: starts[-1]], starts)


def _plain(texts: pl.Series) -> pl.Series:
    """Return texts in lower case and compatibility form (NFKC), each Chinese or Japanese sign apart."""
    lower = pl.col("text").fill_null("").str.to_lowercase()
    beyond = texts.str.len_bytes().ne_missing(texts.str.len_chars()).to_numpy()
    frame = texts.alias("text").to_frame().select(lower)
    if not beyond.any():
        return frame["text"]
    # texts of ASCII alone, nearly all of English, are in this form already
    changed = frame.filter(beyond).select(pl.col("text").str.normalize("NFKC").str.replace_all(_SIGNS, " $1 "))["text"]
    return frame["text"].scatter(np.flatnonzero(beyond), changed)


def run_sizes(counts: Places, size: int) -> Places:
    """Return the n of each evaluation text: `size`, or all its words if they are not two runs: it is held whole or not."""
    return np.where(counts < 2 * size, counts, size)


def build_index(words: Words, sizes: Places) -> Index:
    """Return the index of evaluation texts by n-grams of a size each; they have words and are different from each other."""
    hashes = np.zeros(len(words.values), dtype=np.uint64)
    starts_gram = np.zeros(len(words.values), dtype=np.bool_)
    text = np.repeat(np.arange(len(sizes)), words.counts)
    left = np.repeat(words.starts[1:], words.counts) - np.arange(len(text))
    for length, found in _gram_hashes(words.values, set(sizes.tolist())):
        mine = (sizes[text[: len(found)]] == length) & (left[: len(found)] >= length)
        hashes[: len(found)][mine] = found[mine]
        starts_gram[: len(found)] |= mine
    grams, place = np.unique(hashes[starts_gram], return_inverse=True)
    gram_at = np.full(len(words.values), -1, dtype=np.int64)
    gram_at[starts_gram] = place
    seeds, seed_starts = _seeds(place, text[starts_gram], len(grams))
    return Index(words, sizes, grams, _table(grams), gram_at, seeds, seed_starts)


def _gram_hashes(words: Hashes, sizes: Collection[int]) -> Iterator[tuple[int, Hashes]]:
    """Yield (size, hash of the n-gram that begins at each word) for each size, also of those that run over a text's end.

    Two different n-grams of k have the same hash with odds of about k² / 2⁶⁵: 10⁻⁷ for two million.
    """
    state = np.zeros(len(words), dtype=np.uint64)
    for size in range(1, min(max(sizes, default=0), len(words)) + 1):
        state = state[: len(words) - size + 1] * _BASE + words[size - 1 :]
        if size in sizes:
            mixed = (state + np.uint64(size)) * _FINISH
            yield size, mixed ^ mixed >> np.uint64(32)


def _seeds(gram: Places, text: Places, grams: int) -> tuple[Places, Places]:
    """Return the texts to compare where a gram is found, gram by gram, and where each gram's begin."""
    pairs = pl.DataFrame({"gram": gram, "text": text}).unique()
    holders = pairs.with_columns(holders=pl.len().over("gram"))
    rank = pl.col("holders").cast(pl.Int64) * grams + pl.col("gram")
    rarest = rank == rank.min().over("text")
    chosen = holders.filter((pl.col("holders") <= COMMON) | rarest).sort("gram", "text")
    counts = np.bincount(chosen["gram"].to_numpy(), minlength=grams)
    return chosen["text"].to_numpy(), up_to(counts)


def _table(grams: Hashes) -> npt.NDArray[np.bool_]:
    """Return which leading bits the grams have: sixteen places a gram or more, so that most others are told at once."""
    bits = min(max(len(grams).bit_length() + 4, 10), 30)
    table = np.zeros(1 << bits, dtype=np.bool_)
    table[grams >> np.uint64(64 - bits)] = True
    return table


def best_matches(texts: pl.Series, index: Index) -> Matches:
    """Return which evaluation text each text holds most of (the first of equals), and the share of its words that it holds.

    A word is held if it stands in an n-gram that both have. Texts are compared in slices of bounded size.
    """
    share, best = np.zeros(len(texts)), np.full(len(texts), -1, dtype=np.int64)
    for first, last in slices(lengths(texts)):
        held = _held_grams(words_of(texts[first:last]), index)
        compared = [_compare(pairs, held, index) for pairs in _candidates(held, index)]
        for text, other, found in _first_of_best(compared):
            share[first + text], best[first + text] = found, other
    return Matches(share, best)


def _held_grams(words: Words, index: Index) -> Places:
    """Return `text · number of grams + gram` of every gram of the index that a text holds, sorted."""
    shift = np.uint64(64 - (len(index.table).bit_length() - 1))
    found = [np.empty(0, dtype=np.int64)]
    for size, hashes in _gram_hashes(words.values, set(index.sizes.tolist())):
        at = np.flatnonzero(index.table[hashes >> shift])
        text = np.searchsorted(words.starts, at, side="right") - 1
        whole = at + size <= words.starts[text + 1]
        at, text = at[whole], text[whole]
        place = np.minimum(np.searchsorted(index.grams, hashes[at]), len(index.grams) - 1)
        same = index.grams[place] == hashes[at]
        found.append(text[same] * len(index.grams) + place[same])
    return np.unique(np.concatenate(found))


def _candidates(held: Places, index: Index) -> Iterator[tuple[Places, Places]]:
    """Yield (texts, evaluation texts) that share a gram worth comparing, as many as fit a slice when they are compared."""
    text, gram = np.divmod(held, max(len(index.grams), 1))
    first, counts = index.seed_starts[gram], np.diff(index.seed_starts)[gram]
    pairs = np.empty(0, dtype=np.int64)
    for start, stop in slices(counts * _NUMBER_BYTES):
        place, of = _ranges(first[start:stop], counts[start:stop])
        pairs = np.unique(np.concatenate([pairs, text[start:stop][of] * len(index.sizes) + index.seeds[place]]))
    text, other = np.divmod(pairs, max(len(index.sizes), 1))
    for start, stop in slices(index.words.counts[other] * _NUMBER_BYTES):
        yield text[start:stop], other[start:stop]


def _compare(
    pairs: tuple[Places, Places], held: Places, index: Index
) -> tuple[Places, Places, npt.NDArray[np.float64]]:
    """Return the pairs with the share of the evaluation text's words that stand in a gram that the text holds."""
    text, other = pairs
    counts = index.words.counts[other]
    word, of = _ranges(index.words.starts[other], counts)
    gram = index.gram_at[word]
    key = text[of] * len(index.grams) + gram
    place = np.minimum(np.searchsorted(held, key), len(held) - 1)
    found = (gram >= 0) & (held[place] == key)
    word, of = word[found], of[found]
    until_next = np.diff(word, append=0)
    until_next[np.diff(of, append=-1) != 0] = np.iinfo(np.int64).max
    covered = np.bincount(of, np.minimum(until_next, index.sizes[other][of]), minlength=len(text))
    return text, other, covered / counts


def _ranges(first: Places, counts: Places) -> tuple[Places, Places]:
    """Return the numbers of all ranges (`first` and the `counts` − 1 after it), and which range each is of."""
    of = np.repeat(np.arange(len(counts)), counts)
    return np.arange(len(of)) + (first - up_to(counts)[:-1])[of], of


def _first_of_best(
    compared: Sequence[tuple[Places, Places, npt.NDArray[np.float64]]],
) -> Iterator[tuple[int, int, float]]:
    """Yield (text, evaluation text, share) of the best match of each text that has one."""
    if not compared:
        return
    text, other, share = (np.concatenate(parts) for parts in zip(*compared, strict=True))
    order = np.lexsort((other, -share, text))
    first = order[np.diff(text[order], prepend=-1) != 0]
    yield from zip(text[first].tolist(), other[first].tolist(), share[first].tolist(), strict=True)
