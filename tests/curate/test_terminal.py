"""Nothing of the data or the recipe steers the terminal: control characters are printed as escapes in every view."""

from io import StringIO
from pathlib import Path

import pytest
from asked_runs import RECIPE, curate, write
from rich.console import Console, RenderableType

from curate.cache_tools import Cached, Pruned
from curate.estimate import Estimate, StageEstimate
from curate.manifest import StepRecord
from curate.plan import Stage
from curate.questions.diff import Change, RowChange, RunDiff, SourceChange
from curate.questions.event_words import event_in_words
from curate.questions.explain import Life, Measurement
from curate.questions.group_shift import GroupShift
from curate.questions.life_events import Event
from curate.questions.near_rows import Edge, NearRow, NearThreshold, Pairs, Unmeasured
from curate.questions.quarantined import QuarantineReason
from curate.questions.recipe_settings import SettingChange
from curate.questions.what_if import DropShift, FateShift, StepShift, WhatIf
from curate.store import RunDirectory
from curate.terminal import account, curated
from curate.terminal.cache import cache_list, pruned
from curate.terminal.diff import diff_view
from curate.terminal.life import life
from curate.terminal.near_threshold import near_rows
from curate.terminal.plan import plan_table
from curate.terminal.quarantine import in_quarantine
from curate.terminal.shares import points
from curate.terminal.what_if import what_if_view

EVIL = "\x1b]0;pwn\x07"


def _event(name: str, **more: str | None) -> Event:
    told = dict.fromkeys(("reason", "detail", "column", "before", "after", "candidate", "text"), None)
    others = dict.fromkeys(("other_row", "other_text", "other_label", "difference"), None)
    line = {"place": 0, "step": EVIL, "event": name, "value": 1.0, "threshold": 2.0, **(told | others | more)}
    return Event(**line, in_words=event_in_words(line, line["other_row"]))


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
    texts = {"text_as_read": EVIL, "text_is_masked": False, "text_now": f"a {EVIL}", "quarantined_for": EVIL}
    names |= {"went_for_it": (EVIL,), "rows_that_went_for_it": 2}
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
    before = {"rows_in_before": 2, "dropped_before": 1, "noted_before": 1}
    after = dict.fromkeys(("rows_in_after", "dropped_after", "noted_after"), None)
    step = StepShift(step=EVIL, **before, **after, moved=True)
    fate = FateShift(before=EVIL, after=EVIL, rows=1, sides={EVIL: 1}, examples=((EVIL, EVIL),))
    counts = {"reached_before": 2, "dropped_before": 1, "reached_after": 2, "dropped_after": 2}
    drop = DropShift(step=EVIL, attribute=EVIL, group=EVIL, **counts)
    move = {"step": EVIL, "key": EVIL, "old": EVIL, "new": EVIL}
    parts = {"moves": (move,), "steps": (step,), "fates": (fate,), "drops": (drop,), "groups": (SHIFT,)}
    return what_if_view(
        WhatIf(run=EVIL, **parts, stay_before=2, stay_after=1, unknown=1, measured_until=EVIL, runs_again=(EVIL,))
    )


def _near() -> RenderableType:
    near = NearRow(
        row=EVIL, value=1.0, value_in_words="1", text=EVIL, detail=EVIL, other_row=EVIL, other_text=f"a {EVIL}"
    )
    said = {
        "limit": 1.0,
        "limit_in_words": "1",
        "included": True,
        "reason": EVIL,
        "beyond": "noted",
        "kept": (near,),
        "dropped": (near,),
    }
    edges = tuple(
        Edge(step=EVIL, rule=EVIL, end=end, **said, rows_kept=1, rows_dropped=1, rows_at_limit=0)
        for end in ("minimum", "maximum")
    )
    missing = Unmeasured(step=EVIL, rule=EVIL, reason=EVIL, beyond="dropped", rows=2, row=EVIL, text=EVIL)
    older = near.model_copy(update={"other_text": None})
    pairs = Pairs(step=EVIL, threshold=0.5, rows_dropped=1, rows_chained=1, dropped=(near, older))
    return near_rows(NearThreshold(edges=edges, unmeasured=(missing,), pairs=(pairs,)))


def _caches() -> tuple[RenderableType, ...]:
    said = {"key": "0" * 32, "kind": "read", "name": EVIL, "bytes": 1, "last_used": 0.0, "runs": (EVIL,)}
    free, busy = (Cached(**said, in_use_by=user) for user in (None, f"{EVIL}.1"))
    return (
        cache_list((free,), EVIL),
        cache_list((), EVIL),
        pruned(Pruned(dry_run=True, removed=(free,), in_use=(busy,), left=())),
    )


def _account() -> RenderableType:
    counts = dict.fromkeys(("rows_in", "rows_out", "dropped", "quarantined", "added", "changed", "refused"), 1) | {
        "noted": 0
    }
    return account((StepRecord(step=EVIL, **counts),))


def _quarantine() -> RenderableType:
    return in_quarantine(
        (QuarantineReason(reason=EVIL, rows=2, example=EVIL, detail=EVIL),), RunDirectory(Path(f"runs/{EVIL}"))
    )


def _plan() -> RenderableType:
    stage = StageEstimate(stage=EVIL, seconds=1.0, memory_bytes=1, cached=False)
    guess = Estimate(rows=2, probed=1, stages=(stage, stage), emptied_by=EVIL)
    return plan_table((Stage("read", EVIL, (), "all", "a"),), (False,), guess)


@pytest.mark.parametrize("width", [60, 200])
@pytest.mark.parametrize(
    "view", [_life(), _diff(), _what_if(), _near(), _account(), _quarantine(), _plan(), *_caches()]
)
def test_nothing_steers_the_terminal(view, width):
    console = Console(file=StringIO(), width=width, markup=False, no_color=True)
    console.print(view, highlight=False)
    said = console.file.getvalue()
    assert "\x1b" not in said
    assert "x1b]0;pwn" in said.replace("\n", "")


def _shown(view: RenderableType) -> str:
    console = Console(file=StringIO(), width=100, markup=False, no_color=True)
    console.print(view, highlight=False)
    return console.file.getvalue()


def test_noted_rows_have_a_column_where_there_are_some():
    counts = {"rows_in": 5, "rows_out": 5, "dropped": 0, "quarantined": 0, "added": 0, "changed": 0, "refused": 0}
    assert "noted" not in _shown(account((StepRecord(step="read", **counts, noted=0),)))
    said = _shown(account((StepRecord(step="read", **counts, noted=0), StepRecord(step="x", **counts, noted=3))))
    assert "step in dropped quarantined added out changed noted" in " ".join(said.split())
    assert "read 5 · · · 5 · · x 5 · · · 5 · 3" in " ".join(said.split())


def test_a_difference_is_that_of_the_shown_shares():
    assert (points(0.02644, 0.09052), points(0.1, 0.10004), points(0.5, 0.41), points(None, 0.1)) == (
        "+6.5", "·", "−9.0", "",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("split", "expected"),
    [
        (
            "{test: 0.3, stratify: [text]}",
            "no row for test: a stratum of text may be too small; stratify by columns",
        ),
        ("{test: 0.01, validation: 0}", "no row for test: there are too few rows"),
        ("{test: 0, validation: 0.4}", None),
    ],
)
def test_a_side_without_a_row_is_told(tmp_path, split, expected):
    run = curate(write(tmp_path, RECIPE + f"split: {split}\n"))
    console = Console(file=StringIO(), width=200)
    console.print(curated(run, None))
    said = console.file.getvalue()
    assert (expected in said) if expected else ("no row for" not in said)
