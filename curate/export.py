"""A finished run's rows as files for others: sharded parquet, jsonl, or a folder that `datasets.load_dataset` opens."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import polars as pl

from curate import rows as row_numbers
from curate.errors import Mistake, UserError
from curate.files import disk_errors, replacing, scan_parquet
from curate.groups import group_column
from curate.recipe import Recipe
from curate.recipe_file import load_finished
from curate.split import SIDES
from curate.store import RunDirectory

Form = Literal["parquet", "jsonl", "datasets"]
"""`datasets` is parquet in the layout of the Hugging Face hub, with a data set card (see `audit/card.py`)."""
ROWS_PER_FILE = 500_000


def export(
    run: RunDirectory,
    folder: Path,
    form: Form,
    rows_per_file: int = ROWS_PER_FILE,
    *,
    groups: bool = False,
    finish: Callable[[Path], None] | None = None,
) -> list[Path]:
    """Write every side's rows into a new folder, and return the files. All are written or none.

    `finish` is given the folder under its temporary name when all rows are written; if it raises, nothing is left.

    A file is named as on the hub: `data/train-00000-of-00002.parquet`. Rows hold their printed name in `row`, their source,
    the row that they were made from in `parent` (null if they were read), and the columns of the data; with `groups` also
    the groups that they were audited by. Raises `UserError` for a folder that exists or a run that is not finished.
    """
    run.check_phase("curate")
    if folder.exists():
        raise UserError(Mistake(str(folder), "exists already", "name a new folder; nothing is overwritten"))
    recipe = load_finished(run.recipe)
    with replacing(folder) as temporary:
        shutil.rmtree(temporary, ignore_errors=True)
        for side in SIDES if recipe.split is not None else ("all",):
            rows = exported_columns(scan_parquet(run.data(side)), recipe, groups=groups)
            _write_side(rows, temporary / "data", "train" if side == "all" else side, form, rows_per_file)
        if not (temporary / "data").is_dir():
            raise UserError(
                Mistake(str(run.path), "has no row left to export", "see 'fairlead explain RUN --near-threshold'")
            )
        if finish is not None:
            finish(temporary)
    return sorted(path for path in folder.rglob("*") if path.is_file())


def exported_columns(rows: pl.LazyFrame, recipe: Recipe, *, groups: bool) -> pl.LazyFrame:
    """Return the columns of kept rows as they are written for others (see `export`)."""
    names = rows.collect_schema().names()
    left_out = {"row", "row_name", "parent"}
    left_out |= set() if groups else {group_column(attribute) for attribute in recipe.attributes}
    return rows.select(
        pl.col("row_name").alias("row"),
        row_numbers.names(pl.col("parent"), recipe.source_names).alias("parent"),
        *(pl.col(name) for name in names if name not in left_out),
    )


def _write_side(rows: pl.LazyFrame, folder: Path, side: str, form: Form, rows_per_file: int) -> None:
    height = int(rows.select(pl.len()).collect().item())
    if not height:
        return  # `datasets` opens no split without rows
    count = -(-height // rows_per_file)
    ending = "jsonl" if form == "jsonl" else "parquet"
    folder.mkdir(parents=True, exist_ok=True)
    for place in range(count):
        part = rows.slice(place * rows_per_file, rows_per_file)
        path = folder / f"{side}-{place:05}-of-{count:05}.{ending}"
        with disk_errors(path):
            if form == "jsonl":
                part.sink_ndjson(path)
            else:
                part.sink_parquet(path, compression="zstd")
