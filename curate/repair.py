"""Broken characters repaired by ftfy. `python -m curate.repair` repairs the texts that it is sent, until there are no more.

ftfy is Python, and one Python does one thing at a time: many texts are repaired in processes, no more than there are processors.
They are kept until this process ends, and end with it, however it ends, within a second.
"""

import atexit
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from io import StringIO
from queue import Empty, SimpleQueue
from threading import Semaphore, Thread

import orjson

MANY = 100_000
"""Characters that take ftfy about a tenth of a second, as long as a process takes to begin."""

_LOOK = 0.5
"""Seconds between two looks whether the process that asks is still there."""

Settings = Mapping[str, str | bool]
_Process = subprocess.Popen[bytes]
_idle: SimpleQueue[_Process] = SimpleQueue()


def repair(texts: Sequence[str], settings: Settings) -> list[str]:
    """Return texts repaired; the settings are those of ftfy's `TextFixerConfig`."""
    if sum(map(len, texts)) < MANY:
        return _repaired(texts, settings)
    with _places():
        found = _repaired_beside(texts, settings)
    return _repaired(texts, settings) if found is None else found


def _repaired(texts: Sequence[str], settings: Settings) -> list[str]:
    from ftfy import TextFixerConfig, fix_text

    config = TextFixerConfig(**settings, explain=False)

    def repaired(line: str) -> str:
        plain = line.isascii() and line.removesuffix("\n").isprintable() and "&" not in line
        return line if plain else fix_text(line, config)

    return ["".join(map(repaired, StringIO(text, "\n"))) for text in texts]  # ftfy looks at each line by itself


def _repaired_beside(texts: Sequence[str], settings: Settings) -> list[str] | None:
    """Return the texts as a process of their own repaired them; None if it could not, for want of memory or being killed."""
    try:
        process = _idle.get_nowait()
    except Empty:
        try:
            process = _begin()
        except OSError:
            return None
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdin.write(orjson.dumps([settings, texts]) + b"\n")
        process.stdin.flush()
        found: list[str] = orjson.loads(process.stdout.readline())
    except BaseException as error:
        process.kill()
        _end(process)
        if isinstance(error, OSError | orjson.JSONDecodeError):
            return None
        raise
    _idle.put(process)
    return found


def _begin() -> _Process:
    _end_all_at_exit()
    # in a group of its own, so that a terminal's Ctrl-C stops this process alone; the other sees the end of its input
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "curate.repair"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        process_group=0,
    )


def _end(process: _Process) -> None:
    with suppress(BrokenPipeError), process:  # closes its input, and waits
        pass


@cache
def _places() -> Semaphore:
    """Return what lets as many texts be repaired at once as there are processors, though more threads may ask."""
    return Semaphore(os.cpu_count() or 1)


@cache
def _end_all_at_exit() -> None:
    atexit.register(_end_all)


def _end_all() -> None:
    while not _idle.empty():
        _end(_idle.get())


def _end_with(parent: int) -> None:
    """End this process soon after its parent, also in the middle of a text."""
    while os.getppid() == parent:
        time.sleep(_LOOK)
    os._exit(1)


def main() -> None:
    """Repair texts, a list a line with its settings, as JSON."""
    Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    for line in sys.stdin.buffer:
        settings, texts = orjson.loads(line)
        sys.stdout.buffer.write(orjson.dumps(_repaired(texts, settings)) + b"\n")
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
