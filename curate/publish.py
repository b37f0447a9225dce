"""The run directory's data: rows as read, rows of every side, the ledger without secrets, the quarantine, the certificate."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from curate import rows as row_numbers
from curate.apply import make_context
from curate.readers.rejects import QUARANTINE_SCHEMA
from curate.recipe import Recipe
from curate.recipe_file import dump_recipe
from curate.secrets import without_secrets
from curate.split import SIDES, Certificate, certify
from curate.store import RunDirectory, read_parquet, write_parquet, write_text
from curate.task import Classification


@dataclass(frozen=True)
class Finished:
    """What the last stage left: the rows with their `side`, the ledger of every stage, and the folder of the reading stage."""

    rows: pl.DataFrame
    ledger: Sequence[pl.DataFrame]
    read_folder: Path


def publish(run: RunDirectory, recipe: Recipe, finished: Finished, lexicons: Mapping[str, Path]) -> list[Path]:
    """Write the files of the run directory that people and later phases read, and return their paths."""
    names = recipe.source_names
    first = finished.read_folder
    source = read_parquet(first / "rows.parquet")
    leading = (row_numbers.names(pl.col("row"), names).alias("row_name"),)
    sourced = (
        row_numbers.source_of(pl.col("row"))
        .replace_strict(range(len(names)), names, return_dtype=pl.String)
        .alias("source")
    )
    write_parquet(
        run.source,
        source.with_columns(*leading, sourced).select(
            "row", "row_name", "source", pl.exclude("row", "row_name", "source", "parent")
        ),
    )
    lines = pl.concat(finished.ledger).sort("place", "row", maintain_order=True)
    write_parquet(run.ledger, _masked(lines, recipe, "before", "candidate").with_columns(*leading))
    quarantine = (
        read_parquet(first / "quarantine.parquet")
        if (first / "quarantine.parquet").is_file()
        else pl.DataFrame(schema=QUARANTINE_SCHEMA)
    )
    write_parquet(run.quarantine, _masked(quarantine, recipe, "raw", "detail"))
    written = [run.source, run.ledger, run.quarantine]
    kept = finished.rows.with_columns(*leading, sourced).select(
        "row", "row_name", "source", "parent", pl.exclude("row", "row_name", "source", "parent")
    )
    if recipe.split is None:
        write_parquet(run.data("all"), kept)
        written.append(run.data("all"))
    else:
        for side in SIDES:
            write_parquet(run.data(side), kept.filter(pl.col("side") == side).drop("side"))
            written.append(run.data(side))
        written.append(_publish_certificate(run, recipe, kept))
    if (first / "planted.parquet").is_file():
        write_parquet(run.planted, read_parquet(first / "planted.parquet"))
        written.append(run.planted)
    if isinstance(recipe.task, Classification) and recipe.task.prediction:
        write_parquet(run.predictions("given"), kept.select("row", pl.col(recipe.task.prediction).alias("answer")))
        written.append(run.predictions("given"))
    for attribute, path in lexicons.items():
        write_text(run.lexicon(attribute), path.read_text(encoding="utf-8"))
        written.append(run.lexicon(attribute))
    write_text(run.recipe, dump_recipe(recipe))
    return [*written, run.recipe]


def _publish_certificate(run: RunDirectory, recipe: Recipe, kept: pl.DataFrame) -> Path:
    """Certify the sides as they are published: with every row that a training step made."""
    assert recipe.split is not None
    certificate = certify(kept, recipe.split, make_context(recipe.task, recipe.seed, {}))
    write_text(run.certificate, certificate.model_dump_json(indent=2) + "\n")
    return run.certificate


def recertify(run: RunDirectory, recipe: Recipe) -> Certificate:
    """Count the crossings of a finished run's sides again, from its published files alone."""
    assert recipe.split is not None
    sides = [read_parquet(run.data(side)).with_columns(side=pl.lit(side)) for side in SIDES]
    return certify(pl.concat(sides), recipe.split, make_context(recipe.task, recipe.seed, {}))


def _masked(frame: pl.DataFrame, recipe: Recipe, *columns: str) -> pl.DataFrame:
    """Return the frame with personal data masked in some columns, where the recipe masks them in the rows."""
    return frame.with_columns(without_secrets(pl.col(column), recipe).alias(column) for column in columns)
