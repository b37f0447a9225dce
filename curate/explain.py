"""The life of one row: how it was read, what each step did to it, and where it is now."""

from pathlib import Path

import polars as pl
from pydantic import BaseModel, ConfigDict

from curate import rows as row_numbers
from curate.errors import Mistake, UserError, did_you_mean
from curate.recipe import Recipe
from curate.recipe_file import load_finished
from curate.secrets import without_secrets
from curate.split import SIDES
from curate.store import RunDirectory, read_parquet, scan_parquet
from curate.task import whole_text


class Event(BaseModel):
    """One line of the ledger, with the other row by its name and its text."""

    model_config = ConfigDict(frozen=True)

    step: str
    event: str
    reason: str | None
    value: float | None
    threshold: float | None
    column: str | None
    before: str | None
    candidate: str | None
    other_row: str | None
    other_text: str | None


class Life(BaseModel):
    """A row from reading to its end. `fate` is a sentence; texts are masked where the recipe masks personal data."""

    model_config = ConfigDict(frozen=True)

    row: str
    source: str
    text_as_read: str | None
    text_is_masked: bool
    text_now: str | None
    groups: dict[str, list[str]]
    label: str | None
    events: tuple[Event, ...]
    copies: tuple[str, ...]
    fate: str


def explain(run: RunDirectory, row_name: str) -> Life:
    """Return the life of a row. Raises `UserError` if the run has no such row."""
    run.check_phase("curate")
    recipe = load_finished(run.recipe)
    number = row_numbers.parse(row_name, recipe.source_names)
    if number is None:
        hint = did_you_mean(row_name.rpartition("/")[0], recipe.source_names)
        raise UserError(Mistake(row_name, "is not the name of a row (source/line, source/line+copy)", hint))
    row_name = row_numbers.name(number, recipe.source_names)  # as it is printed, however it was asked for
    lines = read_parquet(run.ledger).filter(pl.col("row") == number)
    read = scan_parquet(run.source).filter(pl.col("row") == number).collect()
    now, side = _now(run, recipe, number)
    if read.is_empty() and now is None and lines.is_empty():
        last = scan_parquet(run.source).select(pl.col("row_name").last()).collect().item()
        raise UserError(
            Mistake(
                row_name,
                "there is no such row in this run",
                f"the last row is {last}; rows count lines, so a header or a blank line has none",
            )
        )
    quarantined = lines.filter(pl.col("event") == "quarantined")
    events = _events(run, recipe, lines)
    copies = (
        scan_parquet(run.ledger)
        .filter((pl.col("other_row") == number) & (pl.col("event") == "added"))
        .select("row_name")
        .collect()
    )
    shown = read if not read.is_empty() else now
    as_read = None if read.is_empty() else read.select(whole_text(recipe.task)).item()
    return Life(
        row=row_name,
        source=_source_of(run, number),
        text_as_read=_quarantined_text(run, row_name) if quarantined.height else _text(read, recipe),
        text_is_masked=_text(read, recipe) != as_read,
        text_now=_text(now, recipe),
        groups={attribute: shown[f"group_{attribute}"].item().to_list() for attribute in recipe.attributes}
        if shown is not None and shown.height
        else {},
        label=_label(now if now is not None else read, recipe),
        events=events,
        copies=tuple(copies["row_name"].to_list()),
        fate=_fate(events, side),
    )


def _now(run: RunDirectory, recipe: Recipe, number: int) -> tuple[pl.DataFrame | None, str]:
    for side in SIDES if recipe.split else ("all",):
        found = scan_parquet(run.data(side)).filter(pl.col("row") == number).collect()
        if found.height:
            return found, side
    return None, ""


def _text(frame: pl.DataFrame | None, recipe: Recipe) -> str | None:
    if frame is None or frame.is_empty():
        return None
    found: str | None = frame.select(without_secrets(whole_text(recipe.task), recipe)).item()
    return found


def _label(frame: pl.DataFrame, recipe: Recipe) -> str | None:
    return str(frame[recipe.task.label].item()) if recipe.task.label and frame.height else None


def _source_of(run: RunDirectory, number: int) -> str:
    place = number >> (row_numbers.INDEX_BITS + row_numbers.COPY_BITS)
    index = (number >> row_numbers.COPY_BITS) & ((1 << row_numbers.INDEX_BITS) - 1)
    record = run.read_manifest().sources[place]
    unit = (
        "line" if Path(record.path).suffix in (".csv", ".tsv", ".jsonl", ".ndjson", ".txt", ".gz", ".zst") else "number"
    )
    return f"{record.path}, {unit} {index}"


def _quarantined_text(run: RunDirectory, row_name: str) -> str | None:
    source, _slash, line = row_name.rpartition("/")
    found = read_parquet(run.quarantine).filter((pl.col("source") == source) & (pl.col("line") == int(line)))
    return f"{found['detail'][0]}: {found['raw'][0]}" if found.height else None


def _events(run: RunDirectory, recipe: Recipe, lines: pl.DataFrame) -> tuple[Event, ...]:
    others = {other: _other(run, recipe, other) for other in lines["other_row"].drop_nulls().unique().to_list()}
    return tuple(
        Event(
            **{
                name: line[name]
                for name in ("step", "event", "reason", "value", "threshold", "column", "before", "candidate")
            },
            other_row=row_numbers.name(line["other_row"], recipe.source_names)
            if line["other_row"] is not None
            else None,
            other_text=others.get(line["other_row"]),
        )
        for line in lines.sort("place", maintain_order=True).iter_rows(named=True)
    )


def _other(run: RunDirectory, recipe: Recipe, number: int) -> str | None:
    now, _side = _now(run, recipe, number)
    return _text(now if now is not None else scan_parquet(run.source).filter(pl.col("row") == number).collect(), recipe)


def _fate(events: tuple[Event, ...], side: str) -> str:
    last = next((event for event in reversed(events) if event.event in ("dropped", "quarantined")), None)
    if side:
        return "kept" if side == "all" else f"kept, in {side}"
    if last is None:
        return "not found in the finished data"
    if last.event == "quarantined":
        return f"in quarantine: {last.reason}"
    relation = "in favour of" if last.reason in ("exact_duplicate", "near_duplicate") else "with"
    return f"dropped by {last.step}: {last.reason}" + (f", {relation} {last.other_row}" if last.other_row else "")
