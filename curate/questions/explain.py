"""The life of one row: how it was read, what each step measured of it and did to it, and where it is now."""

from typing import Any, Literal

import polars as pl
from pydantic import BaseModel, ConfigDict

from curate import rows as row_numbers
from curate.errors import Mistake, UserError, did_you_mean, shortened
from curate.files import scan_parquet
from curate.limits import Limit, measured_stages
from curate.measure import detail_of
from curate.questions.life_events import Event, events_of
from curate.questions.row_texts import plain_texts, rows_as_read, rows_now, shown_texts, whole
from curate.questions.word_difference import LONGEST
from curate.recipe import Recipe
from curate.recipe_file import load_finished
from curate.recount_merges import MERGED
from curate.secrets import masks
from curate.steps.minhash import CHAINED
from curate.store import RunDirectory

SHOWN = 10
"""So many of the rows that went for one are named."""

Verdict = Literal["kept", "dropped", "noted"]
"""What a rule made of a row; a noted one is named in the ledger and stays."""


class Measurement(BaseModel):
    """One value of the row that a rule held against its limits. `in_words` says it as a sentence."""

    model_config = ConfigDict(frozen=True)

    place: int
    step: str
    rule: str
    value: float | None
    minimum: float | None
    maximum: float | None
    verdict: Verdict
    reason: str | None
    detail: str | None
    in_words: str


class Life(BaseModel):
    """A row from reading to its end. `fate` is a sentence; texts are masked where the recipe masks personal data.

    Of a row in quarantine `text_as_read` is what stands in its file, and `quarantined_for` says what is wrong with it.
    Of a very long text only the ends are told. `rows_that_went_for_it` counts the rows that went because they are like
    this one, and `went_for_it` names the first of them.
    """

    model_config = ConfigDict(frozen=True)

    row: str
    source: str
    text_as_read: str | None
    text_is_masked: bool
    quarantined_for: str | None
    text_now: str | None
    groups: dict[str, list[str]]
    label: str | None
    measurements: tuple[Measurement, ...]
    events: tuple[Event, ...]
    copies: tuple[str, ...]
    went_for_it: tuple[str, ...]
    rows_that_went_for_it: int
    fate: str


def explain(run: RunDirectory, row_name: str) -> Life:
    """Return the life of a row. Raises `UserError` if the run has no such row."""
    run.check_phase("curate")
    recipe = load_finished(run.recipe)
    number = _number(recipe, row_name)
    row_name = row_numbers.name(number, recipe.source_names)  # as it is printed, however it was asked for
    lines = scan_parquet(run.ledger).filter(pl.col("row") == number).collect()
    read, now = rows_as_read(run, [number]), rows_now(run, recipe, [number])
    if read.is_empty() and now.is_empty() and lines.is_empty():
        raise _no_such_row(run, row_name, number)
    quarantined, went = lines.filter(pl.col("event") == "quarantined"), _went_for(run, number)
    shown = read if not read.is_empty() else now
    label = _label(now if now.height else read, recipe)
    events = events_of(run, recipe, lines, number, label)
    side = now["side"].item() if now.height else ""
    masked = whole(shown_texts(read, recipe).get(number))
    raw, wrong = _in_quarantine(run, row_name) if quarantined.height else (None, None)
    return Life(
        row=row_name,
        source=_source_of(run, number),
        text_as_read=_short(raw if quarantined.height else masked),
        text_is_masked=masks(recipe) if raw else masked != whole(plain_texts(read, recipe).get(number)),
        quarantined_for=_short(wrong),
        text_now=_short(whole(shown_texts(now, recipe).get(number))),
        groups={attribute: shown[f"group_{attribute}"].item().to_list() for attribute in recipe.attributes}
        if shown.height
        else {},
        label=label,
        measurements=_measurements(run, number, lines),
        events=events,
        copies=_copies(run, number),
        went_for_it=tuple(went["row_name"][:SHOWN]),
        rows_that_went_for_it=went.height,
        fate=_fate(events, side),
    )


def _short(text: str | None) -> str | None:
    return None if text is None else shortened(text, LONGEST)


def _number(recipe: Recipe, row_name: str) -> int:
    number = row_numbers.parse(row_name, recipe.source_names)
    if number is None:
        hint = did_you_mean(row_name.rpartition("/")[0], recipe.source_names)
        raise UserError(Mistake(row_name, "is not the name of a row (source/line, source/line+copy)", hint))
    return number


def _no_such_row(run: RunDirectory, row_name: str, number: int) -> UserError:
    source = row_numbers.source_of(pl.col("row")) == number >> (row_numbers.INDEX_BITS + row_numbers.COPY_BITS)
    rows = scan_parquet(run.source).filter(source).select("row", "row_name").collect()
    last = f"the last row is {rows.sort('row')['row_name'][-1]}" if rows.height else "no row of that source was read"
    return UserError(
        Mistake(
            row_name,
            "there is no such row in this run",
            f"{last}; rows count lines, so a header or a blank line has none",
        )
    )


def _label(frame: pl.DataFrame, recipe: Recipe) -> str | None:
    return str(frame[recipe.task.label].item()) if recipe.task.label and frame.height else None


def _copies(run: RunDirectory, number: int) -> tuple[str, ...]:
    added = (pl.col("other_row") == number) & (pl.col("event") == "added")
    return tuple(scan_parquet(run.ledger).filter(added).select("row_name").collect()["row_name"].to_list())


def _went_for(run: RunDirectory, number: int) -> pl.DataFrame:
    merged = (
        (pl.col("other_row") == number) & (pl.col("event") == "dropped") & pl.col("reason").is_in([*MERGED, CHAINED])
    )
    return scan_parquet(run.ledger).filter(merged).select("row", "row_name").sort("row").collect()


def _source_of(run: RunDirectory, number: int) -> str:
    place = number >> (row_numbers.INDEX_BITS + row_numbers.COPY_BITS)
    index = (number >> row_numbers.COPY_BITS) & ((1 << row_numbers.INDEX_BITS) - 1)
    record = run.read_manifest().sources[place]
    lines = (".csv", ".tsv", ".jsonl", ".ndjson", ".txt", ".gz", ".zst")
    return f"{record.path}, {'line' if record.path.endswith(lines) else 'number'} {index}"


def _in_quarantine(run: RunDirectory, row_name: str) -> tuple[str | None, str | None]:
    """Return what stands in the file, and what is wrong with it."""
    source, _slash, line = row_name.rpartition("/")
    found = scan_parquet(run.quarantine).filter((pl.col("source") == source) & (pl.col("line") == int(line))).collect()
    return (found["raw"][0], found["detail"][0]) if found.height else (None, None)


def _measurements(run: RunDirectory, number: int, lines: pl.DataFrame) -> tuple[Measurement, ...]:
    """Return what was measured of the row, up to the rule for which it was dropped."""
    dropped = lines.filter(pl.col("event") == "dropped")
    last = dropped["place"].item() if dropped.height else None
    found: list[Measurement] = []
    for stage in measured_stages(run):
        values = scan_parquet(stage.path).filter(pl.col("row") == number).collect()
        for limit in stage.limits if values.height else ():
            if (last is None or limit.place <= last) and (not found or found[-1].verdict != "dropped"):
                found.append(_measurement(limit, values.row(0, named=True)))
    return tuple(found)


def _measurement(limit: Limit, values: dict[str, Any]) -> Measurement:
    value: float | None = values[limit.column]
    reason = limit.reason(value)
    verdict: Verdict = "kept" if not reason else "noted" if limit.only_notes else "dropped"
    fate = verdict + (f": {reason}" if reason else "")
    return Measurement(
        place=limit.place,
        step=limit.step,
        rule=limit.rule,
        value=value,
        minimum=limit.minimum,
        maximum=limit.maximum,
        verdict=verdict,
        reason=reason,
        detail=values.get(detail_of(limit.column)),
        in_words=f"{limit.step}: {limit.measured_in_words(value)}, {fate} ({limit.in_words()})",
    )


def _fate(events: tuple[Event, ...], side: str) -> str:
    last = next((event for event in reversed(events) if event.event in ("dropped", "quarantined")), None)
    if side:
        return "kept" if side == "all" else f"kept, in {side}"
    if last is None:
        return "not found in the finished data"
    if last.event == "quarantined":
        return f"in quarantine: {last.reason}"
    favoured = ("exact_duplicate", "near_duplicate", "chained_near_duplicate")
    relation = "in favour of" if last.reason in favoured else "with"
    return f"dropped by {last.step}: {last.reason}" + (f", {relation} {last.other_row}" if last.other_row else "")
