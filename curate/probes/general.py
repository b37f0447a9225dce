"""The general probe that ships with fairlead: short questions on everyday things, to see what a tuned model forgot."""

from collections.abc import Iterator
from typing import ClassVar, Literal

import polars as pl

from curate.probes.base import ORDER, TOGETHER, Probe
from curate.readers.rejects import INDEX


class General(Probe):
    """Asks which of two to four continuations follows a prompt; exactly one is right.

    The items are our own: twenty in each area, no two alike, none about groups of people. The right continuations stand at every
    place equally often and are no longer and no shorter than the wrong ones, so that neither a place nor a length tells them.
    A continuation follows its prompt after a blank; without a prompt (grammar) it is a sentence by itself.
    """

    probe: Literal["general"] = "general"
    path: str = "curate/probes/shipped/general.jsonl"
    columns: ClassVar[tuple[str, ...]] = ("area", "prompt", "choices", "right")
    shipped: ClassVar[bool] = True

    def wrong(self, schema: pl.Schema) -> Iterator[tuple[pl.Expr, str, str]]:
        """Yield nothing: the file is ours, and a test reads it."""
        del schema
        yield from ()

    def prepare(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Return the items; each is drawn by itself."""
        return rows.with_columns(pl.col(INDEX).alias(TOGETHER))

    def items(self, prepared: pl.DataFrame, labels: tuple[str, ...]) -> pl.DataFrame:
        """Return the continuations of every item, with its `area`; of each whether it is `correct`, and its UTF-8 `bytes`.

        The bytes are those of the continuation without the blank before it.
        """
        del labels
        places = pl.int_ranges(pl.lit(0, dtype=pl.Int64), pl.col("choices").list.len())
        told = prepared.select("area", "prompt", "right", item=pl.col(INDEX), choice=places, text="choices")
        choices = told.explode("choice", "text")
        follows = pl.when(pl.col("prompt") == "").then(pl.lit("")).otherwise(pl.lit(" "))
        return choices.select(
            *ORDER,
            "prompt",
            "area",
            continuation=pl.concat_str(follows, "text"),
            correct=pl.col("choice") == pl.col("right"),
            bytes=pl.col("text").str.len_bytes().cast(pl.Int64),
        ).sort(*ORDER)
