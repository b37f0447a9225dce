"""The cache in the terminal: stages, their sizes, when they were last used, and by which runs."""

import time
from collections.abc import Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from curate.cache_tools import CachedStage, Pruned
from curate.errors import escaped

MOST_RUNS = 3


def cache_list(stages: Sequence[CachedStage], runs: str) -> RenderableType:
    """Return the stages and their sum."""
    if not stages:
        return Text(f"the cache of {escaped(runs)} is empty")
    used = sum(stage.bytes for stage in stages if stage.runs)
    total = sum(stage.bytes for stage in stages)
    sentence = f"{len(stages)} stages, {size(total)}; {size(used)} of it used by a run beside it"
    return Group(_table(stages), Text(sentence))


def pruned(found: Pruned) -> RenderableType:
    """Return what was removed, and what was left because a process uses it."""
    parts: list[RenderableType] = [_table(found.removed)] if found.removed else []
    count, freed = len(found.removed), size(sum(stage.bytes for stage in found.removed))
    word = "would be removed" if found.dry_run else "removed"
    parts.append(Text(f"{count} {'stage' if count == 1 else 'stages'} {word} ({freed}), {len(found.left)} left"))
    for stage in found.in_use:
        machine, _dot, process = (stage.in_use_by or "").rpartition(".")
        who = escaped(f" by process {process} on {machine}") if process else ""
        parts.append(
            Text.assemble(("in use", "yellow"), f"{who}, and so left: {escaped(stage.name)} ({stage.key[:12]})")
        )
    return Group(*parts)


def size(count: float) -> str:
    """Return bytes in a unit that fits."""
    for unit in ("B", "kB", "MB"):
        if count < 1000:  # noqa: PLR2004  (a thousand of a unit is one of the next)
            return f"{count:.0f} {unit}"
        count /= 1000
    return f"{count:.1f} GB"


def _table(stages: Sequence[CachedStage]) -> Table:
    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0), show_edge=False)
    table.add_column("stage", overflow="fold", ratio=2)
    table.add_column("size", justify="right", no_wrap=True)
    table.add_column("used", justify="right", no_wrap=True)
    table.add_column("by", overflow="fold", ratio=2)
    table.add_column("key", no_wrap=True, style="dim")
    now = time.time()
    for stage in stages:
        runs = ", ".join(stage.runs[:MOST_RUNS]) + (
            f" and {len(stage.runs) - MOST_RUNS} more" if len(stage.runs) > MOST_RUNS else ""
        )
        by = "a running process" if stage.in_use_by else runs or "no run"
        style = "" if stage.runs or stage.in_use_by else "yellow"
        table.add_row(
            escaped(stage.name),
            size(stage.bytes),
            _ago(now - stage.last_used),
            Text(escaped(by), style=style),
            stage.key[:12],
        )
    return table


def _ago(seconds: float) -> str:
    for unit, length in (("d", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= length:
            return f"{seconds / length:.0f} {unit} ago"
    return "just now"
