"""Rows of a file from elsewhere that are none: copies of what a model learns from, is chosen by or is tested on, and repeats."""

import numpy as np
import polars as pl

from curate import rows as row_numbers
from curate.files import scan_parquet
from curate.near_duplicates.search import Search, of_texts
from curate.near_duplicates.sketch import Sketching
from curate.normalise import folded
from curate.recipe import Recipe
from curate.split import SPLIT_RECALL
from curate.store import RunDirectory
from curate.task import whole_text

LEARNED_SIDES, TEST_SIDES = ("train", "validation"), ("test",)
"""What a model is learned from or chosen by, and what it is tested on."""


def known_texts(run: RunDirectory, recipe: Recipe) -> pl.DataFrame:
    """Return `row_name, text, is_test` of every text of the run's sides, as it stands there and as it was read.

    A text that is learned from or chosen by and tested on stands there once, and not as a test row's.
    """
    named = ("row", "row_name", whole_text(recipe.task).fill_null("").alias("text"))
    read, found = scan_parquet(run.source).select(named), list[pl.LazyFrame]()
    for sides in (LEARNED_SIDES, TEST_SIDES):
        kept = pl.concat([scan_parquet(run.data(side)).select(named) for side in sides])
        roots = kept.select(row=row_numbers.root_of(pl.col("row"))).unique()
        both = pl.concat([kept, read.join(roots, on="row", how="semi", maintain_order="left")])
        found.append(both.with_columns(is_test=pl.lit(sides == TEST_SIDES)))
    filled = pl.concat(found).filter(folded(pl.col("text")) != "")
    first = filled.unique("text", keep="first", maintain_order=True)
    return first.select("row_name", "text", "is_test").collect()


def with_copies(rows: pl.DataFrame, known: pl.DataFrame, recipe: Recipe) -> pl.DataFrame:
    """Return rows with the known row that each is a copy of, and the first row of the file whose text each repeats.

    `copy_of` names the known row; its `similarity`, whether it has the `same_text`, and whether it is a test row (`copy_of_test`)
    stand beside it. `repeat_of` names the first row. They are null for no copy, and for no repeat.

    The same text is that but for case and white space. Others are copies from a Jaccard similarity of `split.near_duplicates` on,
    as the split finds them. A row that is a copy of what is learned from and of a test row is told as the former's.
    """
    assert recipe.split is not None, "what is trained is split"
    text = whole_text(recipe.task).fill_null("")
    texts = rows.select("row", text=text)
    search = Search(
        threshold=recipe.split.near_duplicates, sketching=Sketching(seed=recipe.seed % 2**32), recall=SPLIT_RECALL
    )
    alike = of_texts(pl.concat([known["text"], texts["text"]]), search)
    queries = np.arange(known.height + rows.height) >= known.height
    found = []
    for is_test in (False, True):
        among = np.append(known["is_test"].to_numpy() == is_test, np.zeros(rows.height, dtype=np.bool_))
        pairs = alike.matches(queries, among)
        near = pl.DataFrame(
            {
                "row": texts["row"][pairs.later - known.height],
                "copy_of": known["row_name"][pairs.earlier],
                "similarity": pl.Series(pairs.similarity, dtype=pl.Float64),
            }
        )
        same = _same(texts, known.filter(pl.col("is_test") == is_test)).with_columns(similarity=pl.lit(1.0))
        found += [
            each.with_columns(same_text=pl.lit(value=each is same), copy_of_test=pl.lit(value=is_test))
            for each in (same, near)
        ]
    copies = pl.concat(found).unique("row", keep="first", maintain_order=True)
    first = pl.col("row_name").first().over(folded(text))
    repeated = rows.with_columns(repeat_of=pl.when(first != pl.col("row_name")).then(first))
    return repeated.join(copies, on="row", how="left", maintain_order="left")


def _same(texts: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """Return `row, copy_of` of the texts that are known ones but for case and white space."""
    key = folded(pl.col("text"))
    firsts = known.select("row_name", key=key).unique("key", keep="first", maintain_order=True)
    return texts.with_columns(key=key).join(firsts, on="key").select("row", copy_of="row_name")


def count_copies(rows: pl.DataFrame) -> dict[str, int]:
    """Return how many rows are copies of each kind, and how many others repeat an earlier row, by the names of the record."""
    same, of_test, copied = pl.col("same_text"), pl.col("copy_of_test"), pl.col("copy_of").is_not_null()
    counted = rows.select(
        copies=same & ~of_test,
        near_copies=~same & ~of_test,
        copies_of_test=same & of_test,
        near_copies_of_test=~same & of_test,
        repeats=pl.col("repeat_of").is_not_null() & ~copied,
    )
    return {name: int(found.sum()) for name, found in counted.to_dict().items()}
