"""Progress that a person sees (one bar a stage) and that a machine reads (one JSON object a line), both on stderr."""

import json
import sys
import time
from typing import Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TaskID,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Column
from rich.text import Text

from curate.errors import escaped_json
from curate.progress import Tick

SECONDS_BETWEEN_LINES = 1.0
"""A machine that reads progress is told at most so often."""


_WIDE = 100
"""Columns of a terminal from which on the bar has room to be long, and to count the rows."""


def _short(stage: str) -> str:
    """Return the name of a stage so short that the numbers beside it have room: its first step, and how many more."""
    first, *more = stage.split(" + ")
    return f"{first} + {len(more)} more" if len(more) > 1 else stage


class _Speed(ProgressColumn):
    """Rows a second, and rows dropped so far."""

    def render(self, task: Task) -> Text:
        speed = f"{task.speed:,.0f} rows/s" if task.speed else ""
        dropped = f"{task.fields['dropped']:,} dropped" if task.fields["dropped"] else ""
        return Text(", ".join(filter(None, (speed, dropped))), style="dim")


class Bars:
    """One progress bar a stage in a terminal; one line a stage elsewhere."""

    def __init__(self, console: Console) -> None:
        wide = console.width >= _WIDE
        columns = (
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            BarColumn(40 if wide else 10),
            MofNCompleteColumn() if wide else TaskProgressColumn(),
            _Speed(Column(no_wrap=True)),
            TimeRemainingColumn(),
        )
        self._progress = Progress(*columns, console=console, disable=not console.is_terminal, transient=True)
        self._task: TaskID | None = None
        self._rows = 0

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._progress.stop()

    def begin(self, stage: str, rows: int) -> Tick:
        """Begin a stage's bar; returns what moves it."""
        self._rows = rows
        task = self._task = self._progress.add_task(_short(stage), total=rows or None, dropped=0)

        def tick(done: int, dropped: int = 0) -> None:
            known = self._progress.tasks[self._progress.task_ids.index(task)].fields["dropped"]
            self._progress.update(task, advance=done, dropped=known + dropped)

        return tick

    def end(self, stage: str, rows_out: int, *, cached: bool, noted: int = 0) -> None:
        """Put a line in the place of the bar."""
        if self._task is not None:
            self._progress.remove_task(self._task)
            self._task = None
        moved = f"{self._rows:,} → {rows_out:,} rows" if stage != "read" else f"{rows_out:,} rows"
        moved += f", {noted:,} noted" if noted else ""
        text = "unchanged since the last run" if stage == "curate" else moved + (" (from the cache)" if cached else "")
        self._progress.console.print(Text.assemble(("✓ ", "green"), f"{stage}: {text}"), highlight=False)


class JsonLines:
    """Progress as JSON objects, one a line: `stage`, `event` (begin, progress, end), `rows`, `dropped`, `noted`, `seconds`.

    A stage that gives no rows on, as a search in an index, has no end: its result follows.
    """

    def __init__(self) -> None:
        self._started = self._told = 0.0
        self._done = self._dropped = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        """Nothing to close."""

    def begin(self, stage: str, rows: int) -> Tick:
        """Tell that a stage begins over so many rows."""
        self._started = self._told = time.monotonic()
        self._done = self._dropped = 0
        self._tell(stage, "begin", rows=rows)

        def tick(done: int, dropped: int = 0) -> None:
            self._done += done
            self._dropped += dropped
            if time.monotonic() - self._told >= SECONDS_BETWEEN_LINES:
                self._told = time.monotonic()
                self._tell(stage, "progress", rows=self._done, dropped=self._dropped)

        return tick

    def end(self, stage: str, rows_out: int, *, cached: bool, noted: int = 0) -> None:
        """Tell that a stage has ended with so many rows, and that its steps noted some of them."""
        self._tell(stage, "end", rows=rows_out, noted=noted, cached=cached)

    def _tell(self, stage: str, event: str, **more: int) -> None:
        seconds = round(time.monotonic() - self._started, 3) if self._started else 0.0
        line = {"stage": stage, "event": event, **more, "seconds": seconds}
        sys.stderr.write(escaped_json(json.dumps(line, ensure_ascii=False)) + "\n")
