"""The cache in the terminal: stages, their sizes, when they were last used, and by which runs."""

import time
from collections.abc import Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from curate.cache_tools import Cached, Pruned, Sort
from curate.errors import escaped

MOST_RUNS = 3
MOST_ROWS = 20
"""So many things are listed of those that are removed; how many there are, and their sizes, are said of all."""
LONGEST_NAME = 28
NAMES: dict[Sort, tuple[str, str]] = {
    "stage": ("stage", "stages"),
    "fetched": ("copy of a remote source", "copies of remote sources"),
    "estimate": ("estimate", "estimates"),
}
OFFLINE = "FAIRLEAD_OFFLINE=1 reads remote sources from these copies alone; without it each run fetches them anew"


def cache_list(found: Sequence[Cached], runs: str) -> RenderableType:
    """Return what is in the cache, a table for each sort of thing, and their sum."""
    if not found:
        return Text(f"the cache of {escaped(runs)} is empty")
    parts: list[RenderableType] = []
    for sort, (_one, many) in NAMES.items():
        mine = [one for one in found if one.sort == sort]
        if mine:
            parts += [_table(many, mine), Text()]
    used = sum(one.bytes for one in found if one.runs)
    parts += [_counts(found), Text(f"{size(used)} of it belongs to a run beside it")]
    return Group(*parts, *_offline(found))


def pruned(found: Pruned) -> RenderableType:
    """Return how much was removed, of what sort and what, and what was left because a process uses it."""
    word = "would be removed" if found.dry_run else "removed"
    if not found.removed:
        parts: list[RenderableType] = [Text(f"nothing {word}, {len(found.left):,} left")]
    else:
        more = len(found.removed) - MOST_ROWS
        parts = [Text.assemble(f"{word}: ", _counts(found.removed)), Text(f"left: {len(found.left):,}"), Text()]
        parts.append(_table("what", found.removed[:MOST_ROWS], short=True))
        parts += [Text(f"and {more:,} more", style="dim")] if more > 0 else []
        parts += _offline(found.removed)
    for one in found.in_use:
        machine, _dot, process = (one.in_use_by or "").rpartition(".")
        who = escaped(f" by process {process} on {machine}") if process else ""
        parts.append(Text.assemble(("in use", "yellow"), f"{who}, and so left: {escaped(one.name)} ({_key(one)})"))
    return Group(*parts)


def _counts(found: Sequence[Cached]) -> Text:
    """Return the number and size of things by their sort, the sum first if there are several."""
    sorts = {sort: [one for one in found if one.sort == sort] for sort in NAMES}
    said = [
        f"{len(mine):,} {NAMES[sort][len(mine) > 1]} ({size(sum(one.bytes for one in mine))})"
        for sort, mine in sorts.items()
        if mine
    ]
    whole = f"{size(sum(one.bytes for one in found))}: " if len(said) > 1 else ""
    return Text(whole + ", ".join(said))


def _offline(found: Sequence[Cached]) -> list[RenderableType]:
    return [Text(OFFLINE, style="dim")] if any(one.sort == "fetched" for one in found) else []


def size(count: float) -> str:
    """Return bytes in a unit that fits."""
    for unit in ("B", "kB", "MB"):
        if count < 1000:  # noqa: PLR2004  (a thousand of a unit is one of the next)
            return f"{count:.0f} {unit}"
        count /= 1000
    return f"{count:.1f} GB"


def _table(heading: str, found: Sequence[Cached], *, short: bool = False) -> Table:
    """Return things a line each; `short` cuts names that are long."""
    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0), show_edge=False)
    table.add_column(heading, overflow="fold", ratio=2)
    table.add_column("size", justify="right", no_wrap=True)
    table.add_column("used", justify="right", no_wrap=True)
    table.add_column("by", overflow="fold", ratio=2)
    table.add_column("key", no_wrap=True, style="dim")
    now = time.time()
    for one in found:
        name = one.name if not short or len(one.name) <= LONGEST_NAME else f"{one.name[: LONGEST_NAME - 1]}…"
        by = "a running process" if one.in_use_by else _runs(one.runs, 1 if short else MOST_RUNS) or "no run"
        style = "" if one.runs or one.in_use_by else "yellow"
        table.add_row(
            escaped(name), size(one.bytes), _ago(now - one.last_used), Text(escaped(by), style=style), _key(one)
        )
    return table


def _runs(runs: Sequence[str], most: int) -> str:
    more = len(runs) - most
    return ", ".join(runs[:most]) + (f" and {more} more" if more > 0 else "")


def _key(one: Cached) -> str:
    """Return the beginning of what a thing is called in the cache; an estimate is called as its run."""
    return "" if one.sort == "estimate" else one.key.rpartition("/")[2][:12]


def _ago(seconds: float) -> str:
    for unit, length in (("d", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= length:
            return f"{seconds / length:.0f} {unit} ago"
    return "just now"
