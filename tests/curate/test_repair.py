"""ftfy, by itself and in processes."""

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate import repair as repairing
from curate.repair import repair

PLAIN = {"unescape_html": True, "uncurl_quotes": False, "normalization": "NFC"}
PIECES = [
    "a b",
    "caf\u00c3\u00a9",
    "&amp;",
    "\u201cso\u201d",
    "\ufb01",
    "\n",
    "\r\n",
    "\r",
    "\u2028",
    "\x1b[31m",
    "\x00",
    "e\u0301",
    "<",
    "é",
]


@settings(deadline=None, max_examples=200)
@given(st.lists(st.sampled_from(PIECES), max_size=8), st.booleans(), st.sampled_from(["NFC", "NFKC"]))
def test_every_text_is_as_ftfy_makes_it(pieces, straight, form):
    from ftfy import TextFixerConfig, fix_text

    asked = {"unescape_html": True, "uncurl_quotes": straight, "normalization": form}
    text = "".join(pieces)
    assert repair([text], asked) == [fix_text(text, TextFixerConfig(**asked, explain=False))]


@pytest.fixture
def begun(monkeypatch):
    """The processes that were begun."""
    found, begin = [], repairing._begin
    monkeypatch.setattr(repairing, "MANY", 10)
    monkeypatch.setattr(repairing, "_begin", lambda: found.append(begin()) or found[-1])
    repairing._end_all()
    yield found
    repairing._end_all()
    assert all(process.returncode is not None for process in found), "none is left"


TEXTS = [f"caf\u00c3\u00a9 {place}\nnoir\u2028" for place in range(50)]
WHOLE = [f"café {place}\nnoir\n" for place in range(50)]


def test_many_texts_are_repaired_in_a_process_that_is_kept(begun):
    assert [repair(TEXTS, PLAIN) for _ in range(3)] == [WHOLE] * 3
    assert len(begun) == 1
    assert repair(["café"], PLAIN) == ["café"]


def test_each_thread_that_asks_has_a_process(begun):
    with ThreadPoolExecutor(3) as pool:
        assert list(pool.map(lambda _place: repair(TEXTS * 20, PLAIN), range(6))) == [WHOLE * 20] * 6
    assert 1 <= len(begun) <= 3


def test_a_process_that_was_killed_costs_nothing(begun):
    repair(TEXTS, PLAIN)
    begun[0].kill()
    begun[0].wait()
    assert repair(TEXTS, PLAIN) == WHOLE
    assert repair(TEXTS, PLAIN) == WHOLE
    assert len(begun) == 2


def test_a_process_that_cannot_begin_costs_nothing(begun, monkeypatch):
    monkeypatch.setattr(repairing, "_begin", lambda: (_ for _ in ()).throw(BlockingIOError(11, "no more processes")))
    assert repair(TEXTS, PLAIN) == WHOLE


def test_a_process_whose_answer_is_lost_is_ended(begun, monkeypatch):
    monkeypatch.setattr(repairing.orjson, "loads", lambda _line: (_ for _ in ()).throw(MemoryError))
    with pytest.raises(MemoryError):
        repair(TEXTS, PLAIN)
    monkeypatch.undo()
    assert begun[0].returncode is not None
    assert repairing._idle.empty()


def test_ctrl_c_in_a_terminal_does_not_reach_the_process(begun):
    repair(TEXTS, PLAIN)
    assert os.getpgid(begun[0].pid) == begun[0].pid != os.getpgrp()


ASKING = """
import sys
from threading import Thread
from curate import repair
begin = repair._begin
def told():
    process = begin()
    print(process.pid, flush=True)
    return process
repair.MANY, repair._begin = 0, told
repair.repair(["caf\\u00c3\\u00a9 \\u2028" * int(sys.argv[1])], {"normalization": "NFC"})
input()
"""


@pytest.mark.parametrize("length", [1, 1_000_000])
def test_the_process_ends_with_the_one_that_asked_also_when_that_is_killed(length):
    """Idle, or in the middle of a text that takes longer than the patience of this test."""
    command = [sys.executable, "-c", ASKING, str(length)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as asking:
        number = int(asking.stdout.readline())
        time.sleep(0.5)
        asking.kill()
    until = time.monotonic() + 5
    while time.monotonic() < until:
        state = Path(f"/proc/{number}/stat")
        if not state.exists() or state.read_text().rpartition(")")[2].split()[0] == "Z":  # nobody waits for it here
            return
        time.sleep(0.05)
    pytest.fail("it lives on")
