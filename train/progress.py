"""A progress bar on stderr: how far, the loss, the time left. Silent when stderr is not a terminal."""

import sys
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar


class Progress:
    """One bar for one piece of work of a known size."""

    def __init__(self, title: str, total: int) -> None:
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[note]}"),
        )
        self._bar = Bar(*columns, console=Console(stderr=True), disable=not sys.stderr.isatty())
        self._task = self._bar.add_task(title, total=total, note="")

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def advance(self, done: int, loss: float | None = None) -> None:
        """Move on by `done`, and show the loss if there is one."""
        self._bar.advance(self._task, done)
        if loss is not None:
            self._bar.update(self._task, note=f"loss {loss:.3f}")

    def start_at(self, done: int) -> None:
        """Begin at `done`: work that an earlier run did."""
        self._bar.update(self._task, completed=done)
