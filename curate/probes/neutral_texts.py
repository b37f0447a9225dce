"""The neutral texts that ship with fairlead: paragraphs on everyday things, to see how far a tuned model moved from its base."""

from collections.abc import Iterator
from typing import ClassVar, Literal

import polars as pl

from curate.probes.base import ORDER, TOGETHER, Probe
from curate.readers.rejects import INDEX


class NeutralTexts(Probe):
    """Asks how likely each text is, and how far the tuned model's next words are from the base's on the way through it.

    The texts are our own: forty paragraphs of 60 to 120 words, none about groups of people. A text is an item of one choice.
    """

    probe: Literal["neutral_texts"] = "neutral_texts"
    path: str = "curate/probes/shipped/neutral_texts.jsonl"
    columns: ClassVar[tuple[str, ...]] = ("name", "text")
    shipped: ClassVar[bool] = True

    def wrong(self, schema: pl.Schema) -> Iterator[tuple[pl.Expr, str, str]]:
        """Yield nothing: the file is ours, and a test reads it."""
        del schema
        yield from ()

    def prepare(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Return the texts; each is drawn by itself."""
        return rows.with_columns(pl.col(INDEX).alias(TOGETHER))

    def items(self, prepared: pl.DataFrame, labels: tuple[str, ...]) -> pl.DataFrame:
        """Return the texts, each with its `name` and its UTF-8 `bytes`."""
        del labels
        return prepared.select(
            "name",
            item=pl.col(INDEX),
            choice=pl.lit(0, dtype=pl.Int64),
            prompt=pl.lit(""),
            continuation="text",
            bytes=pl.col("text").str.len_bytes().cast(pl.Int64),
        ).select(*ORDER, pl.exclude(*ORDER))
