"""The run directory's data: rows as read, rows of every side, measurements, the ledger without secrets, the certificate."""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import polars as pl

from curate import rows as row_numbers
from curate.apply import make_context
from curate.dataset import Dataset, parts_of
from curate.decide import told
from curate.files import (
    link_or_copy,
    read_parquet,
    remove_others,
    scan_parquet,
    sink_parquet,
    write_parquet,
    write_text,
)
from curate.limits import LIMITS
from curate.measure import is_detail
from curate.plan import Stage
from curate.recipe import Recipe
from curate.recipe_file import dump_recipe
from curate.secrets import without_secrets
from curate.split import SIDES, Certificate, certify, columns_seen
from curate.steps.base import Rewrite
from curate.store import RunDirectory
from curate.task import Classification

Frame = TypeVar("Frame", pl.DataFrame, pl.LazyFrame)


@dataclass(frozen=True)
class Finished:
    """What the stages left: the rows with their `side`, and the folder of each stage."""

    rows: Dataset
    stages: Sequence[Stage]
    folders: Sequence[Path]


def publish(run: RunDirectory, recipe: Recipe, finished: Finished, lexicons: Mapping[str, Path]) -> list[Path]:
    """Write the files of the run directory that people and later phases read, and return their paths."""
    parts = (_publish_sides, _publish_ledger, _publish_measures, _publish_source)
    with ThreadPoolExecutor(len(parts)) as pool:  # beside each other: none alone takes all processors all the time
        written = [path for paths in pool.map(lambda part: part(run, recipe, finished), parts) for path in paths]
    for attribute, path in lexicons.items():
        write_text(run.lexicon(attribute), path.read_text(encoding="utf-8"))
        written.append(run.lexicon(attribute))
    write_text(run.recipe, dump_recipe(recipe))
    return [*written, run.recipe]


def _publish_source(run: RunDirectory, recipe: Recipe, finished: Finished) -> list[Path]:
    """Give every row as read, write the quarantine, and what the demo planted."""
    first = finished.folders[0]
    parts = parts_of(first / "rows")
    for part in parts:
        link_or_copy(part, run.source / part.name)
    remove_others(run.source, {part.name for part in parts})
    quarantine = pl.scan_parquet(list(parts_of(first / "quarantine")), glob=False)
    sink_parquet(run.quarantine, _masked(quarantine, recipe, "raw", "detail"))
    if not (first / "planted.parquet").is_file():
        return [run.source, run.quarantine]
    write_parquet(run.planted, read_parquet(first / "planted.parquet"))
    return [run.source, run.quarantine, run.planted]


def _named(rows: pl.LazyFrame, recipe: Recipe) -> pl.LazyFrame:
    """Return rows with their printed name and the name of their source."""
    names = recipe.source_names
    row = pl.col("row")
    return rows.with_columns(
        row_numbers.names(row, names).alias("row_name"), row_numbers.source_names(row, names).alias("source")
    )


def _publish_sides(run: RunDirectory, recipe: Recipe, finished: Finished) -> list[Path]:
    """Write the rows of every side with the certificate of the split, and the answers that came with the rows."""
    rows, written = finished.rows, list[Path]()
    for model, (answer, score) in recipe.task.given.items() if isinstance(recipe.task, Classification) else ():
        columns = {"answer": answer, **({"score": score} if score else {})}
        sink_parquet(
            run.predictions(model), rows.scan().select("row", **{to: pl.col(of) for to, of in columns.items()})
        )
        written.append(run.predictions(model))
    leading = ("row", "row_name", "source", "parent")
    kept = _named(rows.scan(), recipe).select(*leading, pl.exclude(leading))
    if recipe.split is None:
        sink_parquet(run.data("all"), kept)
        return [*written, run.data("all")]
    for side in SIDES:
        sink_parquet(run.data(side), kept.filter(pl.col("side") == side).drop("side"))
        written.append(run.data(side))
    write_text(run.certificate, recertify(run, recipe).model_dump_json(indent=2) + "\n")
    return [*written, run.certificate]


def _publish_ledger(run: RunDirectory, recipe: Recipe, finished: Finished) -> list[Path]:
    """Write the lines of every stage, ordered by the place of the step and the row."""
    lines = [line for place in range(len(finished.stages)) for line in _lines_of(place, finished, recipe)]
    names = row_numbers.names(pl.col("row"), recipe.source_names).alias("row_name")
    sink_parquet(run.ledger, _masked(pl.concat(lines), recipe, "before", "candidate", "detail").with_columns(names))
    return [run.ledger]


def _lines_of(place: int, finished: Finished, recipe: Recipe) -> Iterator[pl.LazyFrame]:
    """Yield the lines of one stage, a frame a step; parts are in the order of rows, so that a step's lines need no sorting."""
    stage, folder = finished.stages[place], finished.folders[place]
    if stage.kind == "measure":
        return
    lines = pl.scan_parquet(list(parts_of(folder / "ledger")), glob=False)
    if stage.kind == "decide":
        changes = pl.scan_parquet(list(parts_of(finished.folders[place - 1] / "changes")), glob=False)
    for named in stage.steps:
        changed = stage.kind == "decide" and isinstance(named.step, Rewrite)
        mine = pl.col("place") == named.place
        yield told(changes.filter(mine), lines) if changed else lines.filter(mine)
    if not stage.steps:
        yield lines.filter(pl.col("place") == (-1 if stage.kind == "read" else len(recipe.steps)))


def _publish_measures(run: RunDirectory, recipe: Recipe, finished: Finished) -> list[Path]:
    """Write what every rule measured, a file for each stage that measures: `row` and a column a rule; beside it the limits.

    What the rules found is masked like the ledger's. The stage that decides follows the one that measures.
    """
    written = []
    for place, (stage, folder) in enumerate(zip(finished.stages, finished.folders, strict=True)):
        if stage.kind == "measure":
            path = run.measures / f"{place:02}.parquet"
            measures = pl.scan_parquet(list(parts_of(folder / "measures")), glob=False)
            details = [name for name in measures.collect_schema().names() if is_detail(name)]
            sink_parquet(path, _masked(measures, recipe, *details))
            limits = path.with_suffix(".json")
            write_text(limits, (finished.folders[place + 1] / LIMITS).read_text(encoding="utf-8"))
            written += [path, limits]
    return written


def recertify(run: RunDirectory, recipe: Recipe) -> Certificate:
    """Count the crossings of a run's sides from its published files alone: with every row that a training step made."""
    assert recipe.split is not None
    context = make_context(recipe.task, recipe.seed, {})
    sides = [scan_parquet(run.data(side)).with_columns(side=pl.lit(side)) for side in SIDES]
    seen = columns_seen(recipe.split, context, sides[0].collect_schema().names())
    return certify(pl.concat([rows.select(seen).collect() for rows in sides]), recipe.split, context)


def _masked(frame: Frame, recipe: Recipe, *columns: str) -> Frame:
    """Return the frame with personal data masked in some columns, where the recipe masks them in the rows."""
    return frame.with_columns(without_secrets(pl.col(column), recipe).alias(column) for column in columns)
