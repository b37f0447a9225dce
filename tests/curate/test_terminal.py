"""Nothing of the data or the recipe steers the terminal: control characters are printed as escapes in every view."""

from io import StringIO

import pytest
from rich.console import Console, RenderableType

from curate.cache_tools import Cached, Pruned
from curate.manifest import StepRecord
from curate.questions.diff import Change, RowChange, RunDiff, SourceChange
from curate.questions.explain import Life, Measurement
from curate.questions.group_shift import GroupShift
from curate.questions.life_events import Event
from curate.questions.near_threshold import Edge, NearRow, NearThreshold, Pairs
from curate.questions.recipe_settings import SettingChange
from curate.questions.what_if import DropShift, FateShift, StepShift, WhatIf
from curate.terminal import account
from curate.terminal.cache import cache_list, pruned
from curate.terminal.diff import diff_view
from curate.terminal.life import life
from curate.terminal.near_threshold import near_rows
from curate.terminal.what_if import what_if_view

EVIL = "\x1b]0;pwn\x07"


def _event(name: str, **more: str | None) -> Event:
    told = dict.fromkeys(("reason", "detail", "column", "before", "after", "candidate", "text"), None)
    others = dict.fromkeys(("other_row", "other_text", "other_label", "difference"), None)
    return Event(place=0, step=EVIL, event=name, value=1.0, threshold=2.0, **(told | others | more))


def _life() -> RenderableType:
    events = (
        _event("changed", column=EVIL, before=f"a {EVIL}", after=f"b {EVIL}"),
        _event(
            "dropped", reason=EVIL, detail=EVIL, other_row=EVIL, other_label=EVIL, text=EVIL, other_text=f"a {EVIL}"
        ),
        _event("dropped", reason=EVIL, other_row=EVIL, other_label=EVIL, text=EVIL, other_text=EVIL),
        _event("added", other_row=EVIL, text=EVIL, other_text=f"b {EVIL}"),
        _event("refused", reason=EVIL, text=EVIL, candidate=f"c {EVIL}"),
    )
    said = {"rule": EVIL, "reason": EVIL, "detail": EVIL, "in_words": f"{EVIL}: {EVIL}", "verdict": "dropped"}
    measured = Measurement(place=0, step=EVIL, value=1.0, minimum=2.0, maximum=None, **said)
    names = {"row": EVIL, "source": EVIL, "label": EVIL, "fate": EVIL, "copies": (EVIL,), "groups": {EVIL: [EVIL]}}
    texts = {"text_as_read": EVIL, "text_is_masked": False, "text_now": f"a {EVIL}"}
    return life(Life(**names, **texts, measurements=(measured,), events=events))


SHIFT = GroupShift(attribute=EVIL, group=EVIL, rows_before=2, rows_after=1, share_before=1.0, share_after=0.5)


def _diff() -> RenderableType:
    example = RowChange(row=EVIL, first=EVIL, second=EVIL, text=EVIL)
    settings = tuple(SettingChange(setting=EVIL, first=value, second=None) for value in (EVIL, [EVIL], {EVIL: EVIL}))
    change = Change(kind="now_dropped", rows=1, steps=((EVIL, EVIL, 1),), examples=(example,))
    source = SourceChange(name=EVIL, first=None, second=None)
    counts = {"same": 1, "kept_first": 2, "kept_second": 1}
    parts = {"sources": (source,), "settings": settings, "changes": (change,), "groups": (SHIFT,)}
    return diff_view(RunDiff(first=EVIL, second=EVIL, **parts, **counts))


def _what_if() -> RenderableType:
    step = StepShift(step=EVIL, rows_in_before=2, dropped_before=1, rows_in_after=None, dropped_after=None, moved=True)
    fate = FateShift(before=EVIL, after=EVIL, rows=1, sides={EVIL: 1}, examples=((EVIL, EVIL),))
    counts = {"reached_before": 2, "dropped_before": 1, "reached_after": 2, "dropped_after": 2}
    drop = DropShift(step=EVIL, attribute=EVIL, group=EVIL, **counts)
    move = {"step": EVIL, "key": EVIL, "old": EVIL, "new": EVIL}
    parts = {"moves": (move,), "steps": (step,), "fates": (fate,), "drops": (drop,), "groups": (SHIFT,)}
    return what_if_view(WhatIf(run=EVIL, **parts, stay_before=2, stay_after=1, unknown=1, runs_again=(EVIL,)))


def _near() -> RenderableType:
    near = NearRow(
        row=EVIL, value=1.0, value_in_words="1", text=EVIL, detail=EVIL, other_row=EVIL, other_text=f"a {EVIL}"
    )
    said = {"limit": 1.0, "limit_in_words": "1", "reason": EVIL, "kept": (near,), "dropped": (near,)}
    edges = tuple(
        Edge(step=EVIL, rule=EVIL, end=end, **said, rows_kept=1, rows_dropped=1, rows_at_limit=0)
        for end in ("minimum", "maximum")
    )
    return near_rows(
        NearThreshold(edges=edges, pairs=(Pairs(step=EVIL, threshold=0.5, rows_dropped=1, dropped=(near,)),))
    )


def _caches() -> tuple[RenderableType, ...]:
    said = {"key": "0" * 32, "kind": "read", "name": EVIL, "bytes": 1, "last_used": 0.0, "runs": (EVIL,)}
    free, busy = (Cached(**said, in_use_by=user) for user in (None, f"{EVIL}.1"))
    return (
        cache_list((free,), EVIL),
        cache_list((), EVIL),
        pruned(Pruned(dry_run=True, removed=(free,), in_use=(busy,), left=())),
    )


def _account() -> RenderableType:
    counts = dict.fromkeys(("rows_in", "rows_out", "dropped", "quarantined", "added", "changed", "refused", "noted"), 1)
    return account((StepRecord(step=EVIL, **counts),))


@pytest.mark.parametrize("width", [60, 200])
@pytest.mark.parametrize("view", [_life(), _diff(), _what_if(), _near(), _account(), *_caches()])
def test_nothing_steers_the_terminal(view, width):
    console = Console(file=StringIO(), width=width, markup=False, no_color=True)
    console.print(view, highlight=False)
    said = console.file.getvalue()
    assert "\x1b" not in said
    assert "x1b]0;pwn" in said.replace("\n", "")
