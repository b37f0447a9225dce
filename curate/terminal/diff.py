"""Two runs compared, in the terminal: settings, sources, rows whose fate differs, groups."""

from collections.abc import Iterator, Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from curate.errors import escaped
from curate.questions.diff import Change, Kind, RunDiff
from curate.questions.group_shift import GroupShift
from curate.terminal.listing import listing
from curate.terminal.settings import setting_in_words
from curate.terminal.shares import percent, points

TITLES: dict[Kind, tuple[str, str]] = {
    "now_dropped": ("kept → dropped", "red"),
    "now_kept": ("dropped → kept", "green"),
    "dropped_elsewhere": ("dropped by another step or for another reason", "yellow"),
    "other_side": ("on another side of the split", "yellow"),
    "other_label": ("another label", "yellow"),
    "other_text": ("another text", "yellow"),
    "only_first": ("only in the first run", "red"),
    "only_second": ("only in the second run", "green"),
}
MOST_LINES = 8


def diff_view(found: RunDiff) -> RenderableType:
    """Return what differs: first why (settings, sources), then what (rows), then for whom (groups)."""
    parts: list[RenderableType] = [
        Text.assemble((escaped(found.first), "bold"), " → ", (escaped(found.second), "bold"))
    ]
    parts += _settings(found)
    if not found.changes:
        parts.append(Text(f"all {found.same:,} rows have the same fate, side, label and text"))
    else:
        parts.append(
            Text(
                f"{found.same:,} rows have the same fate, side, label and text; kept {found.kept_first:,} → {found.kept_second:,}"
            )
        )
    for change in found.changes:
        parts += [Text(), *_change(change)]
    if any(shift.rows_before != shift.rows_after for shift in found.groups):
        parts += [Text(), _groups(found.groups)]
    return Group(*parts)


def _settings(found: RunDiff) -> Iterator[RenderableType]:
    grid = Table.grid(padding=(0, 1, 0, 0))
    grid.add_column(style="dim")
    grid.add_column(overflow="fold")
    for change in found.settings:
        grid.add_row(
            escaped(change.setting),
            Text.assemble(setting_in_words(change.first), " → ", (setting_in_words(change.second), "bold")),
        )
    for source in found.sources:
        grid.add_row(escaped(f"source {source.name}"), f"{_digest(source.first)} → {_digest(source.second)}")
    if grid.row_count:
        yield grid
    else:
        yield Text("the same settings and the same sources", style="dim")


def _digest(digest: str | None) -> str:
    return f"sha256 {digest[:12]}…" if digest else "not there"


def _change(change: Change) -> Iterator[RenderableType]:
    title, style = TITLES[change.kind]
    rows = "row" if change.rows == 1 else "rows"
    yield Text.assemble((f"{change.rows:,} {rows} ", "bold"), (title, style))
    for first, second, count in change.steps[:MOST_LINES]:
        yield Text(escaped(f"  {count:>7,}  {first} → {second}"))
    if len(change.steps) > MOST_LINES:
        rest = sum(count for _first, _second, count in change.steps[MOST_LINES:])
        yield Text(f"  {rest:>7,}  in {len(change.steps) - MOST_LINES:,} other ways", style="dim")
    yield listing((example.row, example.text) for example in change.examples)


def _groups(groups: Sequence[GroupShift]) -> Table:
    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0), show_edge=False)
    table.add_column("rows kept", overflow="fold")
    for column in ("first", "second", "share", "→", ""):
        table.add_column(column, justify="right", no_wrap=True)
    for attribute in dict.fromkeys(shift.attribute for shift in groups):
        table.add_row(Text(escaped(attribute), style="bold"))
        mine = [shift for shift in groups if shift.attribute == attribute]
        for shift in sorted(mine, key=lambda shift: (-abs(shift.moved), shift.group)):
            shares = (shift.share_before, shift.share_after)
            numbers = (f"{shift.rows_before:,}", f"{shift.rows_after:,}")
            table.add_row(f"  {escaped(shift.group)}", *numbers, *map(percent, shares), points(*shares))
    return table
