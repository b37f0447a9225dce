"""Progress: a bar that moves in a terminal, a line a stage elsewhere, JSON lines for machines."""

import io
import json

import pytest
from rich.console import Console

from curate import bars
from curate.bars import Bars, JsonLines


def test_elsewhere_than_in_a_terminal_there_is_a_line_a_stage():
    out = io.StringIO()
    with Bars(Console(file=out)) as progress:
        progress.begin("length", 1234)(1234, 34)
        progress.end("length", 1200, cached=False)
        progress.end("length", 1200, cached=False, noted=5)
    assert out.getvalue() == "✓ length: 1,234 → 1,200 rows\n✓ length: 1,234 → 1,200 rows, 5 noted\n"


@pytest.mark.parametrize(("width", "done"), [(80, "50%"), (120, "150000/300000")])
@pytest.mark.parametrize(("stage", "told"), [
    ("length", "length"),
    ("decide unicode + whitespace + length + letter_share", "decide unicode + 3 more"),
])  # fmt: skip
def test_a_terminal_has_room_for_the_stage_its_speed_and_the_rows_dropped_so_far(width, done, stage, told):
    out = io.StringIO()
    with Bars(Console(file=out, force_terminal=True, width=width)) as progress:
        progress._progress.get_time = iter(range(10, 10_000, 4)).__next__
        tick = progress.begin(stage, 300_000)
        tick(100_000, 12_345)
        tick(50_000, 3)
        progress._progress.refresh()
    shown = out.getvalue()
    assert f"{told} " in shown
    assert done in shown
    assert " rows/s, 12,348 dropped" in shown
    assert ("…" in shown, "..." in shown) == (False, False)


def test_machines_read_one_object_a_line(capsys, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(bars, "SECONDS_BETWEEN_LINES", 0.0)
    with JsonLines() as progress:
        tick = progress.begin("length", 10)
        tick(4, 1)
        tick(6, 2)
        progress.end("length", 7, cached=False, noted=2)
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [(line["event"], line["rows"], line.get("dropped")) for line in lines] == [
        ("begin", 10, None), ("progress", 4, 1), ("progress", 10, 3), ("end", 7, None),
    ]  # fmt: skip
    assert lines[-1]["noted"] == 2
    assert all(line["stage"] == "length" and line["seconds"] >= 0 for line in lines)
