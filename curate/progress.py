"""What the engine tells while it works. The command line draws it; nothing else needs to know how."""

from collections.abc import Callable
from typing import Protocol


class Progress(Protocol):
    """What the engine tells while it works. The command line draws it."""

    def begin(self, stage: str, rows: int) -> Callable[[int], None]:
        """Begin a stage over some rows; returns what to call with the number of rows done."""

    def end(self, stage: str, rows_out: int, *, cached: bool) -> None:
        """End a stage."""


class Quiet:
    """No progress at all."""

    def begin(self, stage: str, rows: int) -> Callable[[int], None]:  # noqa: ARG002
        """Begin a stage."""
        return lambda _done: None

    def end(self, stage: str, rows_out: int, *, cached: bool) -> None:
        """End a stage."""
