"""Near-duplicate pairs: datasketch's signatures, our banding, and every candidate verified on its shingles.

Three plain functions of data: signatures → candidate pairs → verified pairs. What is done with the pairs is the caller's
(the `minhash` step resolves them to stars, the split to connected clusters).
"""

from collections.abc import Callable
from zlib import crc32

import numpy as np
import numpy.typing as npt
import polars as pl

from curate.normalise import folded

Signatures = npt.NDArray[np.uint32]
PAIRS_SCHEMA = {"row": pl.Int64, "other_row": pl.Int64, "similarity": pl.Float64}
CHUNK = 2_000


def shingles(rows: pl.DataFrame, text: pl.Expr, size: int) -> pl.DataFrame:
    """Return `row, shingles`: the distinct word n-grams of each text, case folded, punctuation apart.

    A text with fewer words than `size` has one shingle, all of its words: two short texts are near-duplicates only if
    their words are the same. A text without words has none and matches nothing.
    """
    words = rows.select("row", words=folded(text).str.extract_all(r"\w+"))
    # a Python loop, because an n-gram is a join over a window, which Polars cannot say without exploding every word
    grams = [
        sorted({" ".join(part[at : at + size]) for at in range(max(len(part) - size + 1, 1))}) if part else []
        for part in words["words"].to_list()
    ]
    return words.select("row", pl.Series("shingles", grams, dtype=pl.List(pl.String)))


def signatures(
    grams: pl.DataFrame, permutations: int, seed: int, tick: Callable[[int], None] = lambda _n: None
) -> Signatures:
    """Return a (rows, permutations) array of datasketch's `affine32` MinHash values, from CRC-32 of each shingle."""
    from datasketch import MinHash

    template = MinHash(num_perm=permutations, seed=seed, scheme="affine32", hashfunc=crc32)
    result = np.empty((len(grams), permutations), dtype=np.uint32)
    for place, parts in enumerate(grams["shingles"]):
        sketch = template.copy()
        sketch.update_batch([part.encode() for part in parts])
        result[place] = sketch.hashvalues
        if place % CHUNK == CHUNK - 1:
            tick(CHUNK)
    return result


def choose_bands(threshold: float, permutations: int, recall: float = 0.95) -> tuple[int, int]:
    """Return (bands, rows in a band): the longest bands that still find a pair at the threshold with probability `recall`.

    A pair of similarity s shares a band with probability 1 − (1 − s^r)^b (Leskovec, Rajaraman and Ullman, "Mining of Massive
    Datasets", 3.4), which rises with s. Longer bands give fewer candidates; verification removes the false ones anyway.
    """
    sizes = range(permutations, 0, -1)
    enough = (size for size in sizes if 1 - (1 - threshold**size) ** (permutations // size) >= recall)
    size = next(enough, 1)
    return permutations // size, size


def candidate_pairs(rows: pl.Series, grams: pl.DataFrame, values: Signatures, bands: int, size: int) -> pl.DataFrame:
    """Return distinct `row, other_row` (the earlier one) of rows that share a band.

    Inside a bucket each row is paired with the first row and with the row before it, not with all (a star and a chain):
    a bucket of n copies gives at most 2n pairs.
    """
    filled = (grams["shingles"].list.len() > 0).to_numpy()
    kept = np.flatnonzero(filled)
    numbers = rows.to_numpy()[kept]
    found = [pl.DataFrame(schema={"row": pl.Int64, "other_row": pl.Int64})]
    for band in range(bands):
        part = np.ascontiguousarray(values[kept, band * size : (band + 1) * size])
        frame = pl.DataFrame(
            {"row": numbers, "key": part.view(np.dtype((np.void, part.itemsize * size))).ravel().tolist()}
        )
        buckets = frame.sort("row").with_columns(
            first=pl.col("row").first().over("key"), before=pl.col("row").shift().over("key")
        )
        found += [
            buckets.filter(pl.col("row") != pl.col(other)).select("row", pl.col(other).alias("other_row"))
            for other in ("first", "before")
        ]
    return pl.concat(found).unique().sort("row", "other_row")


def verify(pairs: pl.DataFrame, grams: pl.DataFrame, threshold: float) -> pl.DataFrame:
    """Return the pairs whose true Jaccard similarity on shingles is at least `threshold`, with it."""
    parts = []
    for chunk in pairs.iter_slices(50_000):
        joined = (
            chunk.join(grams, on="row", how="left", maintain_order="left")
            .join(
                grams.rename({"row": "other_row", "shingles": "others"}),
                on="other_row",
                how="left",
                maintain_order="left",
            )
            .with_columns(shared=pl.col("shingles").list.set_intersection("others").list.len())
        )
        union = pl.col("shingles").list.len() + pl.col("others").list.len() - pl.col("shared")
        parts.append(
            joined.select("row", "other_row", similarity=pl.col("shared") / union).filter(
                pl.col("similarity") >= threshold
            )
        )
    return pl.concat([pl.DataFrame(schema=PAIRS_SCHEMA), *parts])


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
    ordered = rows.sort("row")
    grams = shingles(ordered, text, size)
    values = signatures(grams, permutations, seed, tick)
    return verify(
        candidate_pairs(ordered["row"], grams, values, *choose_bands(threshold, permutations, recall)), grams, threshold
    )


def stars(pairs: pl.DataFrame) -> pl.DataFrame:
    """Resolve verified pairs in row order: a row goes if it is similar enough to an earlier row that stays.

    Returns `row, other_row, similarity` of the rows that go, each with the most similar (then earliest) row that stays.
    No row goes for being similar to a row that goes.
    """
    gone: set[int] = set()
    chosen = []
    # a Python loop over verified pairs alone (few), because each decision depends on the ones before it
    for (row,), group in pairs.sort("row", "similarity", "other_row", descending=[False, True, False]).group_by(
        "row", maintain_order=True
    ):
        for other, similarity in group.select("other_row", "similarity").iter_rows():
            if other not in gone:
                gone.add(int(str(row)))
                chosen.append((row, other, similarity))
                break
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
