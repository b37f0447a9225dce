"""Runs a command as a whole process and measures it: wall time, and the memory of the process and its children together."""

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

PAGE = os.sysconf("SC_PAGE_SIZE")
EVERY = 0.1
"""Seconds between two looks at the memory."""
SHARED_EVERY = 5
"""Every so many looks the shared pages and the disk are counted too, which costs more."""
FAIRLEAD = (sys.executable, "-c", "from curate.cli import main; main()")
"""The command line of the fairlead that this Python imports, as `fairlead` starts it."""


@dataclass(frozen=True)
class Watched:
    """What a process and its children took.

    `processor` is the time that they kept cores busy, in seconds; other work on the machine hardly moves it, as it does `seconds`.
    `resident` is the largest sum of their resident sets in bytes: a page that two processes share counts twice.
    `proportional` counts it once (the kernel's PSS), from fewer samples. `largest` is the largest resident set that any single
    process ever had (VmHWM, kept by the kernel, so that only a peak of the last tenth of a second can be missed; `ru_maxrss` would
    count the pages of the process that started it).
    `disk` is the largest size of the watched folders in bytes, from the same fewer samples.
    """

    code: int
    seconds: float
    processor: float
    resident: int
    proportional: int
    largest: int
    disk: int


def watch(
    command: Sequence[str], log: Path, environment: Mapping[str, str] | None = None, folders: Sequence[Path] = ()
) -> Watched:
    """Run a command to its end, with its output in `log`, and return what it took. It gets a session of its own.

    It may keep the bytecode of its modules, as a program of a user's does.
    """
    given = {**(os.environ if environment is None else environment)}
    given.pop("PYTHONDONTWRITEBYTECODE", None)
    resident = proportional = largest = disk = looks = 0
    os.sync()  # what ran before has written what it wrote
    started = time.monotonic()
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, env=given, start_new_session=True)
        ending = -1
        try:
            ending = os.pidfd_open(process.pid)
            while True:
                ended, status, usage = os.wait4(process.pid, os.WNOHANG)
                if ended:
                    break
                members = _session(process.pid)
                now = sum(map(_resident, members))
                resident = max(resident, now)
                largest = max([largest, *map(_highest, members)])
                if looks % SHARED_EVERY == 0:
                    proportional = max(proportional, sum(map(_proportional, members)) if len(members) > 1 else now)
                    disk = max(disk, sum(map(size_of, folders)))
                looks += 1
                select.select([ending], [], [], EVERY)  # its end is noticed at once
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            raise
        finally:
            if ending >= 0:
                os.close(ending)
    process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.monotonic() - started
    disk = max(disk, sum(map(size_of, folders)))
    processor = usage.ru_utime + usage.ru_stime
    return Watched(process.returncode, seconds, processor, resident, proportional, largest, disk)


def size_of(folder: Path) -> int:
    """Return the bytes that the files of a folder take on the disk; files that vanish meanwhile count nothing."""
    total = 0
    for place, _folders, names in os.walk(folder):
        for name in names:
            try:
                total += Path(place, name).lstat().st_blocks * 512
            except FileNotFoundError:
                continue
    return total


def _session(leader: int) -> list[str]:
    """Return the processes of a session, also those whose parent is gone."""
    return [file.name for file in Path("/proc").iterdir() if file.name.isdigit() and _session_of(file.name) == leader]


def _session_of(number: str) -> int | None:
    # the name of the program stands in brackets and may hold blanks; the session is the fourth field after it
    text = _read(f"/proc/{number}/stat")
    return int(text.rpartition(")")[2].split()[3]) if text else None


def _resident(number: str) -> int:
    text = _read(f"/proc/{number}/statm")
    return int(text.split()[1]) * PAGE if text else 0


def _proportional(number: str) -> int:
    lines = _read(f"/proc/{number}/smaps_rollup").splitlines()
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))


def _read(path: str) -> str:
    """Return a file of /proc, or nothing where its process has just ended."""
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return ""


def _highest(process: str) -> int:
    """Return the largest resident set that a process has had, in bytes; 0 if it is gone."""
    lines = _read(f"/proc/{process}/status").splitlines()
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM")), 0)
