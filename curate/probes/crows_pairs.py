"""CrowS-Pairs: pairs of sentences of which one says more of a stereotype (Nangia et al. 2020)."""

from collections.abc import Iterator
from typing import ClassVar, Literal

import polars as pl

from curate.probes.base import TOGETHER, Probe, blank, by_choice, not_one_of
from curate.readers.rejects import INDEX

DIRECTIONS = ("stereo", "antistereo")


class CrowsPairs(Probe):
    """Asks for the likelihood of both sentences of every pair, each as a whole.

    `sent_more` says more of a stereotype in either direction: in `stereo` it shows one of a disadvantaged group, in `antistereo`
    `sent_less` goes against one of such a group. An item is a pair; its choices are `sent_more` (0) and `sent_less` (1).
    Source: Nangia et al. 2020, CrowS-Pairs, section 2 (crows_pairs_anonymized.csv).
    """

    probe: Literal["crows_pairs"]
    columns: ClassVar[tuple[str, ...]] = ("sent_more", "sent_less", "stereo_antistereo", "bias_type")

    def wrong(self, schema: pl.Schema) -> Iterator[tuple[pl.Expr, str, str]]:
        """Yield what may be wrong with a pair."""
        del schema
        yield from blank("sent_more", "sent_less", "bias_type")
        yield not_one_of("stereo_antistereo", DIRECTIONS)

    def prepare(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Return the pairs; each is drawn by itself."""
        return rows.with_columns(pl.col(INDEX).alias(TOGETHER))

    def items(self, prepared: pl.DataFrame, labels: tuple[str, ...]) -> pl.DataFrame:
        """Return both sentences of every pair, with its `bias_type` and `direction`."""
        del labels
        sentences = [pl.struct(prompt=pl.lit(""), continuation=column) for column in ("sent_more", "sent_less")]
        return by_choice(prepared, sentences, bias_type=pl.col("bias_type"), direction=pl.col("stereo_antistereo"))
