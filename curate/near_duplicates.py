"""Near-duplicate pairs: MinHash signatures as datasketch's, our banding, and every candidate verified on its shingles.

Plain functions of data: shingles → signatures → keys of bands → candidate pairs → verified pairs. What is done with the
pairs is the caller's (the `minhash` step resolves them to stars, the split to connected clusters). Texts are read in slices,
and only the keys of their bands are kept for all rows; the shingles of candidates are made again to verify them.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt
import polars as pl

from curate.kernels import minhash
from curate.kernels.permutations import draw
from curate.kernels.text import Units, each_slice, encode, lengths
from curate.kernels.units import word_hashes

Signatures = npt.NDArray[np.uint32]
Keys = npt.NDArray[np.uint64]
PAIRS_SCHEMA = {"row": pl.Int64, "other_row": pl.Int64, "similarity": pl.Float64}
ROW_BYTES = 1_000
"""What a row without text counts for in the size of a slice: its signature and its place."""

BANDS_AT_ONCE = 4
"""The buckets of a band take up to 48 bytes a row: two tables of up to four places of four bytes, two pairs of eight bytes."""


def shingles(texts: pl.Series, size: int) -> Units[np.uint64]:
    """Return a hash of each word n-gram of each text, case folded, punctuation apart; one that is repeated is there again.

    A text with fewer words than `size` has one shingle, all of its words: two short texts are near-duplicates only if
    their words are the same. A text without words has none and matches nothing. That two of k different shingles have the
    same hash has odds of about k² / 2⁶⁵: 10⁻¹³ for two texts of a thousand words.
    """
    words = word_hashes(encode(texts.str.to_lowercase()))
    counts = np.empty_like(words.counts)
    minhash.shingle_hashes(words.values, words.starts, words.counts, size, counts)
    return Units(words.values, words.starts, counts)


def signatures(grams: Units[np.uint64], permutations: int, seed: int) -> Signatures:
    """Return a (rows, permutations) array of datasketch's `affine32` MinHash values of each row's shingle hashes, mod 2³²."""
    multipliers, additions = draw(permutations, seed)
    values = np.empty((len(grams.counts), permutations), dtype=np.uint32)
    minhash.signatures(grams.values, grams.starts, grams.counts, multipliers, additions, values)
    return values


def choose_bands(threshold: float, permutations: int, recall: float = 0.95) -> tuple[int, int]:
    """Return (bands, rows in a band): the longest bands that still find a pair at the threshold with probability `recall`.

    A pair of similarity s shares a band with probability 1 − (1 − s^r)^b (Leskovec, Rajaraman and Ullman, "Mining of Massive
    Datasets", 3.4), which rises with s. Longer bands give fewer candidates; verification removes the false ones anyway.
    """
    sizes = range(permutations, 0, -1)
    enough = (size for size in sizes if 1 - (1 - threshold**size) ** (permutations // size) >= recall)
    size = next(enough, 1)
    return permutations // size, size


def band_keys(values: Signatures, bands: int, size: int) -> Keys:
    """Return a (bands, rows) array of 64-bit hashes of each band of `size` values."""
    keys = np.empty((bands, len(values)), dtype=np.uint64)
    minhash.band_keys(values, size, keys)
    return keys


def candidate_pairs(rows: pl.Series, keys: Keys, filled: npt.NDArray[np.bool_]) -> pl.DataFrame:
    """Return distinct `row, other_row` (the earlier one) of rows that share a band; `rows` is sorted.

    Inside a bucket each row is paired with the first row and with the row before it, not with all (a star and a chain):
    a bucket of n copies gives at most 2n pairs. Rows that are not `filled` have no shingles and are in no bucket.
    """
    assert len(rows) < 1 << 32  # two places fit one number

    def pairs_of(band: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
        heads, latest = np.empty((2, minhash.room(len(band))), dtype=np.uint32)
        pairs = np.empty(2 * len(band), dtype=np.uint64)
        return pairs[: minhash.bucket_pairs(band, filled, heads, latest, pairs)].copy()

    found, more = np.empty(0, dtype=np.uint64), list[npt.NDArray[np.uint64]]()
    at_once = min(pl.thread_pool_size(), BANDS_AT_ONCE)
    with ThreadPoolExecutor(at_once) as pool:
        for first in range(0, len(keys), at_once):
            more += pool.map(pairs_of, keys[first : first + at_once])
            if first + at_once >= len(keys) or sum(map(len, more)) > len(rows):
                found, more = np.unique(np.concatenate([found, *more])), []
    numbers = rows.to_numpy()
    return pl.DataFrame({"row": numbers[found >> np.uint64(32)], "other_row": numbers[found & np.uint64(0xFFFFFFFF)]})


def verify(pairs: pl.DataFrame, texts: pl.DataFrame, size: int, threshold: float) -> pl.DataFrame:
    """Return the pairs whose true Jaccard similarity on shingles is at least `threshold`, with it.

    `texts` holds `row` and `text`, sorted by row.
    """
    sizes = lengths(texts["text"]) + ROW_BYTES
    left, right = (texts["row"].search_sorted(pairs[column]).to_numpy() for column in ("row", "other_row"))
    found = np.empty(len(pairs))

    def work(start: int, stop: int) -> None:
        needed, places = np.unique(np.concatenate([left[start:stop], right[start:stop]]), return_inverse=True)
        grams = shingles(texts["text"].gather(needed), size)
        found[start:stop] = _similarities(grams, *np.split(places.astype(np.int64), 2))

    each_slice(work, sizes[left] + sizes[right])
    return pairs.with_columns(pl.Series("similarity", found)).filter(pl.col("similarity") >= threshold)


def _similarities(
    grams: Units[np.uint64], left: npt.NDArray[np.int64], right: npt.NDArray[np.int64]
) -> npt.NDArray[np.float64]:
    similarity = np.empty(len(left), dtype=np.float64)
    room = minhash.room(int((grams.counts[left] + grams.counts[right]).max(initial=0)))
    table, marks = np.empty(room, dtype=np.uint64), np.zeros(room, dtype=np.int64)
    minhash.jaccard(grams.values, grams.starts, grams.counts, left, right, table, marks, similarity)
    return similarity


def similar_pairs(
    rows: pl.DataFrame,
    text: pl.Expr,
    threshold: float,
    *,
    size: int = 3,
    permutations: int = 128,
    seed: int = 1,
    recall: float = 0.95,
    tick: Callable[[int], None] = lambda _n: None,
) -> pl.DataFrame:
    """Return `row, other_row, similarity` of verified near-duplicates, the later row first, sorted.

    `recall` is the probability that a pair right at the threshold becomes a candidate (see `choose_bands`).
    """
    texts = rows.select("row", text=text).sort("row")
    bands, length = choose_bands(threshold, permutations, recall)
    keys, filled = np.empty((bands, len(rows)), dtype=np.uint64), np.empty(len(rows), dtype=np.bool_)

    def work(start: int, stop: int) -> None:
        grams = shingles(texts["text"][start:stop], size)
        keys[:, start:stop] = band_keys(signatures(grams, permutations, seed), bands, length)
        filled[start:stop] = grams.counts > 0
        tick(stop - start)

    each_slice(work, lengths(texts["text"]) + ROW_BYTES)
    return verify(candidate_pairs(texts["row"], keys, filled), texts, size, threshold)


def stars(pairs: pl.DataFrame) -> pl.DataFrame:
    """Resolve verified pairs in row order: a row goes if it is similar enough to an earlier row that stays.

    Returns `row, other_row, similarity` of the rows that go, each with the most similar (then earliest) row that stays.
    No row goes for being similar to a row that goes.
    """
    gone: set[int] = set()
    chosen = []
    # a Python loop over verified pairs alone (few), because each decision depends on the ones before it
    ordered = pairs.sort("row", "similarity", "other_row", descending=[False, True, False])
    for row, other, similarity in ordered.select("row", "other_row", "similarity").iter_rows():
        if row not in gone and other not in gone:
            gone.add(row)
            chosen.append((row, other, similarity))
    return pl.DataFrame(chosen, schema=PAIRS_SCHEMA, orient="row")


def clusters(rows: pl.Series, pairs: pl.DataFrame) -> pl.Series:
    """Return for every row the smallest row of its connected component."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    ordered = rows.sort()
    left, right = (ordered.search_sorted(pairs[column]).to_numpy() for column in ("row", "other_row"))
    graph = coo_array((np.ones(len(pairs), dtype=np.int8), (left, right)), shape=(len(rows), len(rows)))
    _count, component = connected_components(graph, directed=False)
    smallest = pl.DataFrame({"row": ordered, "component": component}).with_columns(
        cluster=pl.col("row").min().over("component")
    )
    return pl.DataFrame({"row": rows}).join(smallest, on="row", how="left", maintain_order="left")["cluster"]
