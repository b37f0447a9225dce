"""Rows near a limit in the terminal: dropped above, the limit as a line between, kept below."""

from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from curate.errors import escaped
from curate.limits import number_in_words
from curate.questions.near_rows import Edge, NearRow, NearThreshold, Pairs, Unmeasured
from curate.questions.word_difference import word_difference
from curate.terminal.words import Words

MARKS = {"kept": ("✓", "green"), "dropped": ("✗", "red"), "noted": ("~", "yellow")}


def near_rows(found: NearThreshold) -> RenderableType:
    """Return every edge, the values rising from top to bottom as on a scale."""
    parts: list[RenderableType] = []
    told = [(edge.step, edge.rule, _edge(edge)) for edge in found.edges]
    told += [(rows.step, rows.rule, _unmeasured(rows)) for rows in found.unmeasured]
    order = list(dict.fromkeys((step, rule) for step, rule, _lines in told))
    for _step, _rule, lines in sorted(told, key=lambda each: order.index(each[:2])):
        parts += [*lines, Text()]
    for pairs in found.pairs:
        parts += [*_pairs(pairs), Text()]
    return Group(*parts[:-1]) if parts else Text("no step of this run holds a row against a limit")


def _edge(edge: Edge) -> Iterator[RenderableType]:
    limit = edge.limit_in_words
    bounds = {"minimum": ("more than", "at least"), "maximum": ("less than", "at most")}
    bound = bounds[edge.end][edge.included]
    at_limit = f" ({edge.rows_at_limit:,} right at the limit)" if edge.rows_at_limit else ""
    stay, go = ("stay", "go") if edge.beyond == "dropped" else ("meet it", "are noted")
    reason = f"({escaped(edge.reason)})" + (", and stay" if edge.beyond == "noted" else "")
    yield Text.assemble(
        (escaped(edge.step), "bold"),
        f"  {_said(edge.rule)} {bound} {limit}: {edge.rows_kept:,} rows {stay}{at_limit}, {edge.rows_dropped:,} {go} {reason}",
    )
    dropped, kept = (list(rows) for rows in (edge.dropped, edge.kept))
    mark, no_kept = MARKS[edge.beyond], "no row stays" if edge.beyond == "dropped" else "no row meets it"
    if edge.end == "minimum":
        yield _rows(
            dropped[::-1], mark, f"no row is below {limit}" if edge.included else f"no row is at {limit} or below"
        )
        yield _line(f"{limit} and more {stay}" if edge.included else f"more than {limit} {stay}")
        yield _rows(kept, MARKS["kept"], no_kept)
    else:
        yield _rows(kept[::-1], MARKS["kept"], no_kept)
        yield _line(f"more than {limit} {go}" if edge.included else f"{limit} and more {go}")
        yield _rows(dropped, mark, f"no row is above {limit}" if edge.included else f"no row is at {limit} or above")


def _line(said: str) -> Rule:
    return Rule(Text(said, style="dim"), align="left", style="dim", characters="╌")


def _unmeasured(rows: Unmeasured) -> Iterator[RenderableType]:
    one, many = {"dropped": ("row goes", "rows go"), "noted": ("row is noted", "rows are noted")}[rows.beyond]
    yield Text.assemble(
        (escaped(rows.step), "bold"),
        f"  {_said(rows.rule)} cannot be measured: {rows.rows:,} {one if rows.rows == 1 else many} "
        f"({escaped(rows.reason)}), for example",
    )
    yield _table_of([("–", rows.row, Text(escaped(rows.text)))], MARKS[rows.beyond])


def _said(rule: str) -> str:
    return escaped(rule).replace("_", " ")


def _rows(rows: Sequence[NearRow], mark: tuple[str, str], none: str) -> RenderableType:
    if not rows:
        return Text(f"  {none}", style="dim")
    lines = [
        (
            near.value_in_words,
            near.row,
            Text.assemble((escaped(f"{near.detail}: ") if near.detail else "", "bold"), escaped(near.text)),
        )
        for near in rows
    ]
    return _table_of(lines, mark)


def _table_of(lines: Sequence[tuple[str, str, Text]], mark: tuple[str, str]) -> Table:
    table = Table.grid(padding=(0, 1, 0, 0), expand=True)
    table.add_column(width=3, justify="right")
    table.add_column(justify="right", min_width=6, no_wrap=True)
    table.add_column(no_wrap=True, style="cyan")
    table.add_column(no_wrap=True, overflow="ellipsis", ratio=1)
    for value, row, text in lines:
        table.add_row(Text(*mark), value, escaped(row), text)
    return table


def _pairs(pairs: Pairs) -> Iterator[RenderableType]:
    limit = number_in_words(pairs.threshold)
    yield Text.assemble(
        (escaped(pairs.step), "bold"),
        f"  {pairs.rows_dropped:,} dropped at a similarity of {limit} and more; the least alike first",
    )
    for near in pairs.dropped:
        yield Text.assemble(
            ("  ✗ ", "red"),
            f"{near.value_in_words:>6} ",
            (escaped(near.row), "cyan"),
            " for ",
            (escaped(str(near.other_row)), "cyan"),
        )
        text: RenderableType = Text(escaped(near.text), no_wrap=True, overflow="ellipsis")
        if near.other_text is not None:
            text = Words(word_difference(near.text, near.other_text))
        yield Padding(text, (0, 0, 0, 11))
    if pairs.rows_chained:
        more = "row went" if pairs.rows_chained == 1 else "rows went"
        said = f"{pairs.rows_chained:,} more {more} through a chain of pairs (chained_near_duplicate), however little alike"
        yield Text(f"  {said}", style="yellow")
    if any(near.other_text is not None for near in pairs.dropped):
        said = "marked is what only the row that went has (struck, or [-so-]) and only the one it went for ({+so+})"
        yield Text(f"  {said}", style="dim")
    hint = "pairs below the threshold are not stored: run the recipe with a lower one to see them"
    yield Text(f"  {hint}", style="dim")
