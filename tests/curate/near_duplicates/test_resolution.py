"""Clusters of rows that pairs join, whatever the pairs are of."""

import polars as pl

from curate.near_duplicates.resolution import clusters


def test_clusters_are_named_after_their_smallest_row():
    pairs = pl.DataFrame({"row": [512, 768, 1024], "other_row": [256, 512, 768]})
    rows = pl.Series("row", [1280, 1024, 768, 512, 256])
    assert clusters(rows, pairs).to_list() == [1280, 256, 256, 256, 256]
    assert clusters(rows, pairs.clear()).to_list() == rows.to_list()
    assert clusters(rows[:0], pairs.clear()).to_list() == []
