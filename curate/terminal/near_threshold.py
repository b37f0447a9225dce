"""Rows near a limit in the terminal: dropped above, the limit as a line between, kept below."""

from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from curate.errors import escaped
from curate.limits import number_in_words
from curate.questions.near_threshold import Edge, NearRow, NearThreshold, Pairs
from curate.questions.word_difference import word_difference
from curate.terminal.words import Words


def near_rows(found: NearThreshold) -> RenderableType:
    """Return every edge, the values rising from top to bottom as on a scale."""
    parts: list[RenderableType] = []
    for edge in found.edges:
        parts += [*_edge(edge), Text()]
    for pairs in found.pairs:
        parts += [*_pairs(pairs), Text()]
    return Group(*parts[:-1]) if parts else Text("no step of this run holds a row against a limit")


def _edge(edge: Edge) -> Iterator[RenderableType]:
    limit = edge.limit_in_words
    bound = "at least" if edge.end == "minimum" else "at most"
    at_limit = f" ({edge.rows_at_limit:,} right at the limit)" if edge.rows_at_limit else ""
    yield Text.assemble(
        (escaped(edge.step), "bold"),
        f"  {escaped(edge.rule).replace('_', ' ')} {bound} {limit}: {edge.rows_kept:,} rows stay{at_limit}, "
        f"{edge.rows_dropped:,} go ({escaped(edge.reason)})",
    )
    dropped, kept = (list(rows) for rows in (edge.dropped, edge.kept))
    if edge.end == "minimum":
        yield _rows(dropped[::-1], "red", f"no row is below {limit}")
        yield Rule(Text(f"{limit} and more stay", style="dim"), align="left", style="dim", characters="╌")
        yield _rows(kept, "green", "no row stays")
    else:
        yield _rows(kept[::-1], "green", "no row stays")
        yield Rule(Text(f"more than {limit} go", style="dim"), align="left", style="dim", characters="╌")
        yield _rows(dropped, "red", f"no row is above {limit}")


def _rows(rows: Sequence[NearRow], style: str, none: str) -> RenderableType:
    if not rows:
        return Text(f"  {none}", style="dim")
    table = _table()
    for near in rows:
        mark = "✗" if style == "red" else "✓"
        text = Text.assemble((escaped(f"{near.detail}: ") if near.detail else "", "bold"), escaped(near.text))
        table.add_row(Text(mark, style=style), near.value_in_words, escaped(near.row), text)
    return table


def _pairs(pairs: Pairs) -> Iterator[RenderableType]:
    yield Text.assemble(
        (escaped(pairs.step), "bold"),
        f"  {pairs.rows_dropped:,} dropped at a similarity of {number_in_words(pairs.threshold)} and more; the least alike first",
    )
    for near in pairs.dropped:
        yield Text.assemble(
            ("  ✗ ", "red"),
            f"{near.value_in_words:>6} ",
            (escaped(near.row), "cyan"),
            " for ",
            (escaped(str(near.other_row)), "cyan"),
        )
        yield Padding(Words(word_difference(near.text, near.other_text or "")), (0, 0, 0, 11))
    hint = "pairs below the threshold are not stored: run the recipe with a lower one to see them"
    yield Text(f"  {hint}", style="dim")


def _table() -> Table:
    table = Table.grid(padding=(0, 1, 0, 0), expand=True)
    table.add_column(width=3, justify="right")
    table.add_column(justify="right", min_width=6, no_wrap=True)
    table.add_column(no_wrap=True, style="cyan")
    table.add_column(no_wrap=True, overflow="ellipsis", ratio=1)
    return table
