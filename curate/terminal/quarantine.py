"""Why rows are in quarantine, in the terminal: a line a reason with an example, and how to see one and all."""

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from curate.errors import escaped
from curate.questions.quarantined import QuarantineReason
from curate.store import RunDirectory


def in_quarantine(reasons: Sequence[QuarantineReason], run: RunDirectory) -> RenderableType:
    """Return the reasons with their counts; there is at least one."""
    grid = Table.grid(padding=(0, 1, 0, 0), expand=True)
    grid.add_column(justify="right", no_wrap=True, style="bold")
    grid.add_column(no_wrap=True)
    grid.add_column(no_wrap=True, style="cyan")
    grid.add_column(no_wrap=True, overflow="ellipsis", ratio=1, style="dim")
    for reason in reasons:
        example = (escaped(reason.example), escaped(reason.detail))
        grid.add_row(f"  {reason.rows:,}", escaped(reason.reason), *example)
    return Group(
        Text("in quarantine, with an example of each reason:"),
        grid,
        command(f"one of them   fairlead explain {run.path} {reasons[0].example}"),
        command(f"all of them   {run.quarantine}"),
    )


def command(said: str) -> Text:
    """Return a line that is to be copied: never folded, so that what is narrower than it does not break it."""
    return Text(escaped(f"  {said}"), style="dim", no_wrap=True, overflow="ignore")
