"""What two models say of the questions and texts that ship with fairlead, by a rule that is no model's."""

from pathlib import Path

import polars as pl

from curate.files import read_parquet, write_parquet
from curate.probes import SHIPPED
from curate.store import RunDirectory

SCATTER = {"base": 37, "tuned": 41}
APART = {"kl_to_base": (pl.col("item") % 7) / 7, "kl_from_base": (pl.col("item") % 5) / 5}


def write_answers(run: RunDirectory) -> list[Path]:
    """Write the answers of a base and a tuned model to the items that the run holds, and return the files."""
    files = []
    for probe in SHIPPED:
        items = read_parquet(run.probe(probe.name))
        for model, by in SCATTER.items():
            scattered = (pl.col("item") * by + pl.col("choice") * 101) % 97
            told = items.select(
                "item", "choice", log_likelihood=-(scattered + 1) / 10, tokens=pl.lit(4, dtype=pl.Int64)
            )
            apart = APART if (probe.name, model) == ("neutral_texts", "tuned") else {}
            files.append(run.probe_predictions(probe.name, model))
            write_parquet(files[-1], told.with_columns(**apart))
    return files
