"""What the engine tells while it works. The command line draws it; nothing else needs to know how."""

from typing import Protocol


class Tick(Protocol):
    """Tells how many more rows a stage has done, and how many of them it dropped."""

    def __call__(self, done: int, dropped: int = 0) -> None:
        """Move the stage on."""


class Progress(Protocol):
    """What the engine tells while it works."""

    def begin(self, stage: str, rows: int) -> Tick:
        """Begin a stage over some rows (0 if it is not known how many); returns what to call as it goes on."""

    def end(self, stage: str, rows_out: int, *, cached: bool, noted: int = 0) -> None:
        """End a stage; `noted` rows are named in the ledger and stay."""


def _nothing(done: int, dropped: int = 0) -> None:
    """Tell nobody."""


NO_TICK: Tick = _nothing


class Quiet:
    """No progress at all."""

    def begin(self, stage: str, rows: int) -> Tick:  # noqa: ARG002
        """Begin a stage."""
        return NO_TICK

    def end(self, stage: str, rows_out: int, *, cached: bool, noted: int = 0) -> None:
        """End a stage."""
