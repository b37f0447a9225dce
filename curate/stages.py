"""What each kind of stage writes into its folder: rows where they changed, measurements, ledger lines, accounts.

quarantine/ parts of what did not parse or fit, from the stage that reads
rows/      parts of the rows, if the stage changed or made some; otherwise the rows are those before, less the dropped
measures/  one part for each part of the rows: every rule's measurement of every row
changes/   likewise: the ledger lines of rewrites, also of rows that a filter will drop
ledger/    the ledger lines of the stage's steps
limits.json the limits that decided
steps.json the account of each step
stage.json what the stage is, for who looks at the cache
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import polars as pl

from curate import ledger
from curate import rows as row_numbers
from curate.account import Applied, NamedStep, check_conservation
from curate.apply import apply_select, apply_step, context_for, facts_of, widened
from curate.compare import compare
from curate.dataset import Dataset, PartWriter, parts_of, write_part, write_parts
from curate.decide import count_staying, decide, sum_records
from curate.errors import check_none_changed
from curate.files import read_parquet, scan_parquet, write_parquet, write_text
from curate.limits import LIMITS, limits_of, write_limits
from curate.manifest import StepRecord
from curate.measure import measure_each
from curate.plan import Stage
from curate.reading import Reading
from curate.recipe import Recipe
from curate.row_parts import write_rows
from curate.sources.find import source_digest
from curate.split import columns_seen, split_rows
from curate.steps.base import Context, Rewrite
from curate.task import AnyTask

DECIDED_ROWS = 250_000
"""Rows are decided in groups of about so many: their measurements are narrow, and a decision has a price whatever its size."""


def write_read(reading: Reading, digests: Sequence[str], folder: Path) -> None:
    """Read the sources, a part at a time; `digests` are theirs."""
    with PartWriter(folder) as parts:
        height, rejected = write_rows(reading, parts)
        _check_unchanged(reading, digests)  # while the last parts are packed
    records = reading.records(digests)
    write_text(folder / "sources.json", json.dumps([record.model_dump() for record in records]))
    if reading.planted is not None:
        write_parquet(folder / "planted.parquet", reading.planted)
    row = row_numbers.numbers_by_name(pl.col("source"), pl.col("line"), reading.recipe.source_names)
    quarantined = (scan_parquet(part).select(row=row, reason="reason") for part in parts_of(folder / "quarantine"))
    record = StepRecord(
        step="read",
        rows_in=sum(record.rows for record in records),
        rows_out=height,
        dropped=0,
        quarantined=rejected,
        added=0,
        changed=0,
        refused=0,
        noted=0,
    )
    lines = (ledger.lines(part.collect(), -1, "read", "quarantined") for part in quarantined)
    _write_account(folder, lines, [check_conservation(record)])


def _check_unchanged(reading: Reading, digests: Sequence[str]) -> None:
    """Raise `UserError` for a file that changed after its digest was taken: its rows would stand under the wrong digest."""
    check_none_changed(
        source.row_prefix
        for source, before in zip(reading.recipe.sources, digests, strict=True)
        if source_digest(source, reading.folder, reading.fetched) != before
    )


def write_measured(stage: Stage, rows: Dataset, context: Context, task: AnyTask, folder: Path) -> None:
    """Rewrite and measure every row, a few parts at a time."""
    rewrites = any(isinstance(named.step, Rewrite) for named in stage.steps)
    measuring = measure_each(rows.frames(), stage.steps, context, task, as_read=rows.as_read)
    with PartWriter(folder) as writer, closing(measuring) as measured:
        for place, found in enumerate(measured):
            parts = []
            for part in found:
                parts.append(part)
                staying = count_staying(part.measures, stage.steps, context, task)
                context.tick(part.rows.height, part.rows.height - staying)
            writer.write("measures", place, [part.measures for part in parts])
            writer.write("changes", place, [part.changes for part in parts])
            if rewrites:
                writer.write("rows", place, [part.rows for part in parts], packed=False)


def write_decided(steps: Sequence[NamedStep], measured: Path, context: Context, task: AnyTask, folder: Path) -> None:
    """Decide every row from the measurements in a measured stage's folder."""
    records = []
    for place, parts in enumerate(_in_groups(measured_parts(measured))):
        measures, changes = (pl.concat(frames) for frames in zip(*parts, strict=True))
        decided = decide(measures, changes, steps, context, task)
        write_part(folder / "ledger", place, _ordered(decided.ledger))
        records.append(decided.records)
        context.tick(measures.height)
    write_limits(folder / LIMITS, limits_of(steps, context, task))
    _write_records(folder, sum_records(records))


def _in_groups(parts: Iterable[tuple[pl.DataFrame, pl.DataFrame]]) -> Iterator[list[tuple[pl.DataFrame, pl.DataFrame]]]:
    """Yield parts in groups of about `DECIDED_ROWS` rows."""
    waiting: list[tuple[pl.DataFrame, pl.DataFrame]] = []
    for part in parts:
        waiting.append(part)
        if sum(measures.height for measures, _changes in waiting) >= DECIDED_ROWS:
            yield waiting
            waiting = []
    if waiting:
        yield waiting


def measured_parts(folder: Path) -> Iterable[tuple[pl.DataFrame, pl.DataFrame]]:
    """Yield the measurements of each part of a measured stage, and which rows were changed where (`row`, `place`)."""
    paths = zip(parts_of(folder / "measures"), parts_of(folder / "changes"), strict=True)
    keys = ("row", "place")
    return ((read_parquet(measures), scan_parquet(changes).select(keys).collect()) for measures, changes in paths)


def write_selected(stage: Stage, rows: Dataset, context: Context, task: AnyTask, folder: Path) -> None:
    """Let a step choose from the facts of every row that it may see."""
    (named,) = stage.steps
    told = context_for(named.step, context, task)
    columns = list(dict.fromkeys([*told.text.meta.root_names(), *(["side"] if stage.side != "all" else [])]))

    def texts() -> Iterator[pl.Series]:
        return (_seen(frame, stage).select(text=told.text).to_series() for frame in rows.frames(columns))

    told = replace(told, texts=texts, scratch=folder)
    facts = pl.concat(facts_of(_seen(frame, stage), named, told) for frame in rows.frames())
    applied = apply_select(facts, named, told)
    _write_account(folder, [applied.ledger], applied.records)


def write_whole(stage: Stage, rows: pl.DataFrame, context: Context, task: AnyTask, folder: Path) -> None:
    """Apply a step to all rows that it may see: all before the split, training rows after it."""
    (named,) = stage.steps
    rows = widened(rows, named.step)
    seen = _seen(rows, stage)
    held_out = rows.filter(pl.col("side") != "train") if stage.side == "train" else rows.clear()
    told = replace(context, held_out=held_out.select("row", text=context.text))
    applied = apply_step(seen, named, told, task)
    _write_rows(folder, pl.concat([applied.rows, held_out]).sort("row"), applied)


def write_split(recipe: Recipe, rows: Dataset, context: Context, folder: Path) -> None:
    """Give every row its side; only the columns that the split looks at are held for all rows at once."""
    assert recipe.split is not None
    known = rows.scan()
    seen = known.select(columns_seen(recipe.split, context, known.collect_schema().names())).collect()
    before = seen if "side" in seen.columns else seen.with_columns(side=pl.lit(None, dtype=pl.String))
    place = (len(recipe.steps), "split")
    applied = compare(before, split_rows(seen, recipe.split, context), place, context, recipe.task)
    sides = applied.rows.select("row", "side")
    sided = (frame.drop("side", strict=False).join(sides, on="row", maintain_order="left") for frame in rows.frames())
    write_parts(sided, folder / "rows")
    _write_account(folder, [applied.ledger], applied.records)


def dataset_after(folder: Path, before: Dataset | None) -> Dataset:
    """Return the rows after a finished stage: those that it wrote, or those before it less the ones that it dropped."""
    if (folder / "rows").is_dir():
        return Dataset.of_parts(folder / "rows", as_read=before is None)
    assert before is not None
    dropped = [
        read_parquet(part).filter(pl.col("event") == "dropped")["row"].sort() for part in parts_of(folder / "ledger")
    ]
    return before.without(pl.concat(dropped)) if dropped else before


def rows_made(folders: Iterable[Path]) -> pl.DataFrame:
    """Return the `row` of every copy that finished stages have made."""
    added = [
        read_parquet(part).filter(pl.col("event") == "added").select("row")
        for folder in folders
        for part in parts_of(folder / "ledger")
    ]
    return pl.concat([pl.DataFrame(schema={"row": pl.Int64}), *added])


def read_records(folder: Path) -> tuple[StepRecord, ...]:
    """Return the accounts of a finished stage's steps; a stage that only measures has none."""
    path = folder / "steps.json"
    if not path.is_file():
        return ()
    return tuple(StepRecord.model_validate(record) for record in json.loads(path.read_text(encoding="utf-8")))


def _seen(frame: pl.DataFrame, stage: Stage) -> pl.DataFrame:
    return frame if stage.side == "all" else frame.filter(pl.col("side") == "train")


def _ordered(lines: pl.DataFrame) -> pl.DataFrame:
    return lines.sort("place", "row", maintain_order=True)


def _write_rows(folder: Path, rows: pl.DataFrame, applied: Applied) -> None:
    write_parts([rows], folder / "rows")
    _write_account(folder, [applied.ledger], applied.records)


def _write_account(folder: Path, lines: Iterable[pl.DataFrame], records: Sequence[StepRecord]) -> None:
    for place, part in enumerate(lines):
        write_part(folder / "ledger", place, _ordered(part))
    _write_records(folder, records)


def _write_records(folder: Path, records: Sequence[StepRecord]) -> None:
    write_text(folder / "steps.json", json.dumps([record.model_dump() for record in records]))
