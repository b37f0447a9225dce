"""How right near-duplicate search is, where the truth is known: `python tests/benchmarks/dedupe_accuracy.py [FOLDER]`.

FOLDER holds febrl1.csv and davidson.csv (FAIRLEAD_DATA if left out). Three truths:

demo      the demo's notes with planted exact and near-copies: rows are of one cluster if they go back to one original. Near-copies
          are planted at graded similarities, and those below the threshold are not to be found: recall is told by grade.
          Notes are made from templates, so that some are alike by chance: pairs that were not planted lower the precision.
febrl1    1,000 records of persons, of which 500 are another's altered copy (`rec_id` says whose): fields joined, shingles of
          characters. The threshold is ours to choose, so several are told; none is chosen by looking at the truth.
davidson  24,783 tweets: all pairs whose Jaccard similarity on word shingles reaches the threshold, by brute force over a sparse
          matrix of shingles. What is missed is what no band had in common, beside what was expected to be missed.

Precision, recall and F1 are of pairs: two rows are a pair if they are in one cluster (a row that stays and those that went for
it; or a connected component). ARI is the adjusted Rand index of the clusters (Hubert and Arabie 1985).
"""

import argparse
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from curate.demo import generate
from curate.near_duplicates.search import Candidates, Search, of_texts
from curate.near_duplicates.shingles import Shingling
from curate.near_duplicates.sketch import Sketching, band_keys

Clusters = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Scores:
    """Of pairs precision, recall and F1, and of clusters the adjusted Rand index; `pairs` are the true ones."""

    precision: float
    recall: float
    f1: float
    ari: float
    pairs: int


def score(found: Clusters, true: Clusters) -> Scores:
    """Compare clusters; both name a cluster for every row."""
    both = _pairs(pl.DataFrame({"found": found, "true": true}))
    mine, theirs = _pairs(pl.DataFrame({"found": found})), _pairs(pl.DataFrame({"true": true}))
    every = len(found) * (len(found) - 1) / 2
    expected = mine * theirs / every if every else 0.0
    highest = (mine + theirs) / 2
    return Scores(
        precision=both / mine if mine else 1.0,
        recall=both / theirs if theirs else 1.0,
        f1=2 * both / (mine + theirs) if mine + theirs else 1.0,
        ari=(both - expected) / (highest - expected) if highest != expected else 1.0,
        pairs=theirs,
    )


def _pairs(named: pl.DataFrame) -> int:
    return int(
        named.group_by(named.columns)
        .len()
        .select((pl.col("len").cast(pl.Int64) * (pl.col("len") - 1) // 2).sum())
        .item()
    )


def star_clusters(found: Candidates) -> Clusters:
    """Return for each row the row for which it went, or itself."""
    gone, clusters = found.stars(), np.arange(found.height)
    clusters[gone.later] = gone.earlier
    return clusters


def both_kinds(found: Candidates, true: Clusters) -> dict[str, Scores]:
    """Score stars and connected components."""
    return {"star": score(star_clusters(found), true), "connected": score(found.components().astype(np.int64), true)}


def search(
    threshold: float, unit: str = "words", size: int = 3, recall: float = 0.95, permutations: int = 128
) -> Search:
    """Return what is looked for."""
    sketching = Sketching(shingling=Shingling(unit, size), permutations=permutations)  # type: ignore[arg-type]
    return Search(threshold=threshold, sketching=sketching, recall=recall)


def demo(rows: int = 20_000, threshold: float = 0.8) -> tuple[dict[str, Scores], pl.DataFrame]:
    """Score the demo's copies, and tell how many near-copies of each grade are in one cluster with their original."""
    data, planted = generate(rows, 7)
    copies = planted.drop_nulls("of")
    near = pl.col("detail").cast(pl.Float64, strict=False).fill_null(1.0)
    graded = copies.with_columns(similarity=pl.when(pl.col("fault") == "near_copy").then(near).otherwise(1.0))
    found = of_texts(data["text"], search(threshold))
    alike = graded.filter(pl.col("similarity") >= threshold)
    true = _joined(data.height, alike["index"].to_numpy() - 1, alike["of"].to_numpy() - 1)
    clusters = star_clusters(found)
    together = clusters[graded["index"].to_numpy() - 1] == clusters[graded["of"].to_numpy() - 1]
    of_one = graded.filter(pl.col("fault") == "near_copy").with_columns(
        together=pl.Series(together).filter(graded["fault"] == "near_copy"),
        grade=(pl.col("similarity") * 10).floor() / 10,
    )
    grades = of_one.group_by("grade").agg(planted=pl.len(), together=pl.col("together").sum()).sort("grade")
    return both_kinds(found, true), grades


def _joined(height: int, one: npt.NDArray[np.int64], other: npt.NDArray[np.int64]) -> Clusters:
    """Return clusters of rows joined by pairs."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    graph = coo_array((np.ones(len(one)), (one, other)), shape=(height, height))
    return np.asarray(connected_components(graph, directed=False)[1], dtype=np.int64)


def febrl(folder: Path, threshold: float, size: int = 3) -> dict[str, Scores]:
    """Score the records of persons; their fields are joined by blanks."""
    rows = pl.read_csv(folder / "febrl1.csv", infer_schema=False)
    rows = rows.rename({name: name.strip() for name in rows.columns})
    person = rows["rec_id"].str.extract(r"rec-(\d+)").cast(pl.Int64).to_numpy()
    fields = [pl.col(name).str.strip_chars().fill_null("") for name in rows.columns if name != "rec_id"]
    texts = rows.select(pl.concat_str(fields, separator=" "))
    found = of_texts(texts.to_series(), search(threshold, "characters", size, permutations=256))
    return both_kinds(found, person)


def davidson(folder: Path, threshold: float, recall: float) -> dict[str, float]:
    """Compare the pairs that are found with all there are, and the rows that stay with those of stars over all pairs."""
    texts = pl.read_csv(folder / "davidson.csv")["tweet"]
    looked_for = search(threshold, recall=recall)
    later, earlier, similarity = all_pairs(texts, looked_for)
    found = of_texts(texts, looked_for)
    buckets = np.repeat(np.arange(len(found.buckets)), found.buckets.sizes)
    members = pl.DataFrame({"bucket": buckets, "row": found.buckets.rows})
    shared = members.join(members.rename({"row": "other"}), on="bucket").filter(pl.col("row") > pl.col("other"))
    compared = shared.select("row", "other").unique()
    true = pl.DataFrame({"row": later, "other": earlier}, schema={"row": pl.UInt32, "other": pl.UInt32})
    kept = true.join(compared, on=["row", "other"], how="semi").height
    gone = set(found.stars().later.tolist())
    wanted = set(plain_stars(later, earlier))
    expected = float((1 - looked_for.bands.found(similarity)).mean())
    return {
        "true pairs": len(later),
        "compared": kept,
        "recall of pairs": kept / len(later),
        "expected missed": expected,
        "missed": 1 - kept / len(later),
        "rows that should go": len(wanted),
        "go": len(gone),
        "go rightly": len(gone & wanted),
        "rows wrongly gone": len(gone - wanted),
    }


def all_pairs(texts: pl.Series, looked_for: Search) -> tuple[Clusters, Clusters, npt.NDArray[np.float64]]:
    """Return every pair (later, earlier) that reaches the threshold, with its similarity: intersections by a sparse product."""
    from scipy.sparse import csr_array

    words = texts.str.to_lowercase().str.extract_all(r"\w+").to_list()
    size = looked_for.sketching.shingling.size
    sets = [
        {tuple(part[at : at + size]) for at in range(max(len(part) - size + 1, 1))} if part else set() for part in words
    ]
    known: dict[tuple[str, ...], int] = {}
    columns = [known.setdefault(gram, len(known)) for grams in sets for gram in sorted(grams)]
    starts = np.cumsum([0, *map(len, sets)])
    matrix = csr_array((np.ones(len(columns), dtype=np.int32), columns, starts), shape=(len(sets), len(known)))
    counts = np.diff(starts)
    shared = (matrix @ matrix.T).tocoo()
    later, earlier = shared.coords
    once = later > earlier
    later, earlier, both = later[once], earlier[once], shared.data[once]
    similarity = both / (counts[later] + counts[earlier] - both)
    alike = similarity >= looked_for.threshold
    return later[alike], earlier[alike], similarity[alike]


def calibration(folder: Path, threshold: float, seeds: int = 20) -> tuple[float, float]:
    """Return how many pairs are missed on average over seeds of the permutations, and how many were expected to be."""
    texts = pl.read_csv(folder / "davidson.csv")["tweet"]
    looked_for = search(threshold)
    later, earlier, similarity = all_pairs(texts, looked_for)
    rows, places = np.unique([later, earlier], return_inverse=True)
    one, other = places.reshape(2, -1)
    grams, missed = looked_for.sketching.shingling.of(texts[rows]), []
    for seed in range(seeds):
        signatures = replace(looked_for.sketching, seed=seed).signatures(grams)
        keys = band_keys(signatures, looked_for.bands)
        missed.append(int((keys[:, one] != keys[:, other]).all(axis=0).sum()))
    return float(np.mean(missed)), float((1 - looked_for.bands.found(similarity)).sum())


def plain_stars(later: Clusters, earlier: Clusters) -> Sequence[int]:
    """Return the rows that go, row by row: those like an earlier one that stays."""
    others: dict[int, list[int]] = {}
    for row, other in zip(later.tolist(), earlier.tolist(), strict=True):
        others.setdefault(row, []).append(other)
    gone: set[int] = set()
    for row in sorted(others):
        if any(other not in gone for other in others[row]):
            gone.add(row)
    return sorted(gone)


def _told(name: str, scores: dict[str, Scores]) -> None:
    for kind, found in scores.items():
        print(
            f"{name:<34}{kind:<11}precision {found.precision:.4f}  recall {found.recall:.4f}  F1 {found.f1:.4f}  "
            f"ARI {found.ari:.4f}  ({found.pairs:,} true pairs)"
        )


def main(folder: Path) -> None:
    """Print all figures."""
    scores, grades = demo()
    _told("demo, copies from 0.8", scores)
    for grade, planted, together in grades.iter_rows():
        print(
            f"  near-copies of similarity {grade:.1f} to below {grade + 0.1:.1f}: {together} of {planted} with their original"
        )
    for threshold in (0.3, 0.4, 0.5, 0.6, 0.7):
        _told(f"febrl1, characters, {threshold}", febrl(folder, threshold))
    for threshold, recall in ((0.5, 0.95), (0.7, 0.95), (0.8, 0.95), (0.8, 0.99)):
        figures = davidson(folder, threshold, recall)
        said = ", ".join(
            f"{name} {value:,.4f}" if value < 1 else f"{name} {value:,.0f}" for name, value in figures.items()
        )
        print(f"davidson {threshold}, recall {recall}: {said}")
    for threshold in (0.5, 0.7, 0.8):
        missed, expected = calibration(folder, threshold)
        print(f"davidson {threshold}, pairs missed: {missed:.2f} on average over 20 seeds, {expected:.2f} expected")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, default=os.environ.get("FAIRLEAD_DATA"), metavar="FOLDER")
    folder: Path = parser.parse_args().folder or Path()
    lacking = [name for name in ("febrl1.csv", "davidson.csv") if not (folder / name).is_file()]
    if lacking:
        parser.error(f"{folder} has no {' and no '.join(lacking)}: name the FOLDER that holds them")
    main(folder)
