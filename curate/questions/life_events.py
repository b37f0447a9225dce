"""What the ledger tells of one row, with the texts before and after each event and the other row's beside it."""

from collections.abc import Mapping
from typing import Any

import polars as pl
from pydantic import BaseModel, ConfigDict

from curate import rows as row_numbers
from curate.errors import shortened
from curate.files import scan_parquet
from curate.questions.event_words import event_in_words
from curate.questions.row_texts import rewritten_until, rows_as_read, rows_now, shown_texts, whole
from curate.questions.word_difference import LONGEST, marked, near_difference, word_difference
from curate.recipe import Recipe
from curate.steps.base import Rewrite
from curate.steps.foreign import Foreign
from curate.store import RunDirectory

Columns = Mapping[str, str | None]


class Event(BaseModel):
    """One line of the ledger, with the other row by its name and its text.

    `before` and `after` are a column of a changed row. `text` is this row's where another text stands beside it: the other
    row's (`other_text`, `other_label`), or a refused copy (`candidate`). `difference` marks what was
    removed and added in either pair. Of a very long text only what surrounds the difference is told. `in_words` says the
    line as a sentence.
    """

    model_config = ConfigDict(frozen=True)

    place: int
    step: str
    event: str
    reason: str | None
    value: float | None
    threshold: float | None
    detail: str | None
    column: str | None
    before: str | None
    after: str | None
    candidate: str | None
    text: str | None
    other_row: str | None
    other_text: str | None
    other_label: str | None
    difference: str | None
    in_words: str


def events_of(
    run: RunDirectory, recipe: Recipe, lines: pl.DataFrame, number: int, label: str | None
) -> tuple[Event, ...]:
    """Return the events of a row from its lines of the ledger, in the order in which they happened. `label` is what it has now."""
    others = sorted(set(lines["other_row"].drop_nulls().to_list()))
    texts, labels = _last_texts(run, recipe, [number, *others]), _labels(run, recipe, others)
    as_read = shown_texts(rows_as_read(run, [number]), recipe).get(number, {})
    ordered = lines.sort("place", maintain_order=True).to_dicts()
    told = [_with_texts_as_read(line, recipe, as_read) for line in ordered]
    last = {**texts.get(number, {}), **({recipe.task.label: label} if recipe.task.label else {})}
    after = _texts_after(told, last)
    return tuple(
        _event(line, after[place], texts, recipe).model_copy(update={"other_label": labels.get(line["other_row"])})
        for place, line in enumerate(told)
    )


def _with_texts_as_read(line: dict[str, Any], recipe: Recipe, as_read: Columns) -> dict[str, Any]:
    """Return a line of the ledger with the text before, where that is the text as read, which the ledger does not repeat."""
    step = recipe.steps_by_name().get(line["step"])
    secret = isinstance(step, Foreign) or (isinstance(step, Rewrite) and step.secret)
    if line["event"] != "changed" or line["before"] is not None or secret:
        return line
    return line | {"before": as_read.get(line["column"])}


def _event(line: dict[str, Any], after: str | None, texts: Mapping[int, Columns], recipe: Recipe) -> Event:
    other = line["other_row"]
    beside = whole(texts.get(other)) if other is not None else None
    mine = whole(texts.get(line["row"])) if beside is not None or line["candidate"] is not None else None
    said = {
        "before": line["before"],
        "after": after,
        "candidate": line["candidate"],
        "text": mine,
        "other_text": beside,
    }
    old, new = _compared(line["event"], beside)
    difference = None
    if said[old] is not None and said[new] is not None:
        said[old], said[new] = near_difference(said[old], said[new])
        difference = marked(word_difference(said[old], said[new]))
    name_of_other = row_numbers.name(other, recipe.source_names) if other is not None else None
    return Event(
        **{name: line[name] for name in ("place", "step", "event", "reason", "value", "threshold", "detail", "column")},
        **{name: text if text is None else shortened(text, 2 * LONGEST) for name, text in said.items()},
        other_row=name_of_other,
        other_label=None,
        difference=difference,
        in_words=event_in_words(line, name_of_other),
    )


def _compared(event: str, beside: str | None) -> tuple[str, str]:
    """Return what is marked: before → after, refused copy → the row that it is too like, this row → the row that stayed."""
    pairs = {
        "changed": ("before", "after"),
        "refused": ("candidate", "text" if beside is None else "other_text"),
        "added": ("other_text", "text"),
    }
    return pairs.get(event, ("text", "other_text"))


def _last_texts(run: RunDirectory, recipe: Recipe, rows: list[int]) -> dict[int, Columns]:
    """Return the text columns of rows as they are now, or as they were when they were dropped."""
    texts: dict[int, Columns] = dict(shown_texts(rows_now(run, recipe, rows), recipe))
    gone = rows_as_read(run, [row for row in rows if row not in texts])
    told = scan_parquet(run.ledger).filter(pl.col("row").is_in(gone["row"].to_list())).collect()
    for row in gone["row"]:  # at most a few: this row and those that it met
        lines = told.filter(pl.col("row") == row)
        places = lines.filter(pl.col("event") == "dropped")["place"]
        names = recipe.step_names()
        own = [names[place] for place, step in enumerate(recipe.steps) if isinstance(step, Foreign)]
        if places.len() and lines.filter((pl.col("event") == "changed") & pl.col("step").is_in(own)).is_empty():
            reached = rewritten_until(gone.filter(pl.col("row") == row), recipe, places[0])
            texts |= shown_texts(reached, recipe)
    return texts


def _labels(run: RunDirectory, recipe: Recipe, rows: list[int]) -> dict[int, str]:
    """Return the labels of rows as they were read; none for a task without labels."""
    label = recipe.task.label
    if not label:
        return {}
    read = rows_as_read(run, rows)
    return dict(zip(read["row"].to_list(), read[label].cast(pl.String).to_list(), strict=True))


def _texts_after(told: list[dict[str, Any]], last: Columns) -> list[str | None]:
    """Return for each changed cell what came of it: what the next change of it found, or its last text."""
    after: list[str | None] = [None] * len(told)
    upcoming: dict[str, str | None] = dict(last)
    for place in reversed(range(len(told))):
        line = told[place]
        if line["event"] == "changed" and line["column"] is not None:
            after[place] = upcoming.get(line["column"])
            if line["before"] is not None:
                upcoming[line["column"]] = line["before"]
    return after
