"""What other limits would keep, in the terminal: steps, rows whose fate changes, groups; and what is not shown."""

from collections.abc import Iterator, Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from curate.errors import escaped
from curate.questions.group_shift import GroupShift
from curate.questions.what_if import DropShift, FateShift, StepShift, WhatIf
from curate.terminal.listing import listing
from curate.terminal.settings import setting_in_words
from curate.terminal.shares import percent, points


def what_if_view(found: WhatIf) -> RenderableType:
    """Return the answer, the shortest part first."""
    parts: list[RenderableType] = [
        Text.assemble(
            (escaped(move["step"]), "bold"),
            f"  {escaped(move['key'])} {setting_in_words(move['old'])} → ",
            (setting_in_words(move["new"]), "bold"),
        )
        for move in found.moves
    ]
    parts += [Text(), _steps(found.steps)]
    parts += _fates(found.fates) if found.fates else [Text("no row changes its fate")]
    for step in dict.fromkeys(drop.step for drop in found.drops):
        drops = [drop for drop in found.drops if drop.step == step]
        parts += [Text(), _groups(step, drops, found.groups, len({drop.step for drop in found.drops}) == 1)]
    return Group(*parts, *_not_shown(found))


def _steps(steps: Sequence[StepShift]) -> Table:
    """Return the account of each step before and after; the column of noted rows is there if there are some."""
    noted = any(shift.noted_before or shift.noted_after for shift in steps)
    columns = ("dropped", "noted") if noted else ("dropped",)
    table = _table("step", "in", *columns, "→ in", *columns)
    for shift in steps:
        before = (shift.rows_in_before, shift.dropped_before, *((shift.noted_before,) if noted else ()))
        after = (shift.rows_in_after, shift.dropped_after, *((shift.noted_after,) if noted else ()))
        known = [f"{number:,}" for number in after if number is not None]
        style = "bold" if shift.moved else "" if known else "dim"
        shown = known or ["runs again", *("?" for _column in columns)]
        table.add_row(Text(escaped(shift.step)), *(f"{number:,}" for number in before), *shown, style=style)
    return table


def _fates(fates: Sequence[FateShift]) -> Iterator[RenderableType]:
    for shift in fates:
        sides = ", ".join(f"{count:,} in {escaped(side)}" for side, count in shift.sides.items() if side != "all")
        said = {"kept": "kept", "passed": "meets every limit now"}
        before = said.get(shift.before, escaped(f"dropped by {shift.before}"))
        after = said.get(shift.after, escaped(f"dropped by {shift.after}"))
        style = "green" if shift.after in said else "red"
        rows = "row" if shift.rows == 1 else "rows"
        yield Text.assemble(
            (f"{shift.rows:,} {rows}: ", "bold"), f"{before} → ", (after, style), f" ({sides})" if sides else ""
        )
        yield listing(shift.examples)


def _groups(step: str, drops: Sequence[DropShift], groups: Sequence[GroupShift], with_shares: bool) -> Table:
    """Return what a step drops of each group, the largest move first within an attribute."""
    table = _table("", "rows", f"{escaped(step)} drops", "→", "", *(("share", "→", "") if with_shares else ()))
    shares = {(shift.attribute, shift.group): shift for shift in groups}
    for attribute in dict.fromkeys(drop.attribute for drop in drops):
        table.add_row(Text(escaped(attribute), style="bold"))
        mine = [drop for drop in drops if drop.attribute == attribute]
        for drop in sorted(mine, key=lambda drop: (-abs(_moved(drop)), drop.group)):
            shift = shares[drop.attribute, drop.group]
            rates = (_rate(drop.dropped_before, drop.reached_before), _rate(drop.dropped_after, drop.reached_after))
            cells = [f"{drop.reached_before:,}", *map(percent, rates), points(*rates)]
            if with_shares:
                cells += [
                    percent(shift.share_before),
                    percent(shift.share_after),
                    points(shift.share_before, shift.share_after),
                ]
            table.add_row(f"  {escaped(drop.group)}", *cells)
    return table


def _rate(dropped: int, reached: int) -> float | None:
    return dropped / reached if reached else None


def _moved(drop: DropShift) -> float:
    before, after = _rate(drop.dropped_before, drop.reached_before), _rate(drop.dropped_after, drop.reached_after)
    return after - before if before is not None and after is not None else 0.0


def _not_shown(found: WhatIf) -> Iterator[RenderableType]:
    yield Text(
        f"shares are of the {found.stay_before:,} → {found.stay_after:,} rows that stay after {escaped(found.measured_until)}",
        style="dim",
    )
    if found.runs_again:
        again = escaped(", ".join(found.runs_again))
        yield Text.assemble(
            ("not shown: ", "yellow"),
            f"{again} would run again on other rows, and may decide otherwise",
        )
    if found.unknown:
        yield Text.assemble(
            ("unknown: ", "yellow"),
            f"{found.unknown:,} rows that are kept anew were never measured by the filters after that; they are not counted there",
        )


def _table(first: str, *columns: str) -> Table:
    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0), show_edge=False)
    table.add_column(first, overflow="fold")
    for column in columns:
        table.add_column(column, justify="right", no_wrap=True)
    return table
