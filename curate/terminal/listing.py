"""Rows listed in the terminal: names whole, texts cut at the edge of the window."""

from collections.abc import Iterable

from rich.table import Table
from rich.text import Text

from curate.errors import escaped


def listing(rows: Iterable[tuple[str, str]]) -> Table:
    """Return names with their texts, one line each."""
    grid = Table.grid(padding=(0, 1, 0, 0), expand=True)
    grid.add_column(no_wrap=True)
    grid.add_column(no_wrap=True, overflow="ellipsis", ratio=1)
    for name, line in rows:
        grid.add_row(Text(f"    {escaped(name)}", style="cyan"), Text(escaped(line), style="dim"))
    return grid
