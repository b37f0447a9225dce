"""Hostile files, recipes, places and surroundings, each curated in a process of its own with little memory; one table of what came.

    python tests/benchmarks/hostile.py               all of it
    python tests/benchmarks/hostile.py --only UTF-16  the cases whose name holds a word

Lines of one name and one outcome are told together. At the end: no output may hold a traceback or a sign that steers a terminal,
no exit code may be another than 0 (done) or 2 (something that the user can mend), and what stands under `runs` must be whole, every
row accounted for, with no temporary name left. The exit code is 1 if one of these does not hold.
"""

import argparse
import os
import re
import shutil
import sys
import tempfile
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import polars as pl
from hostile_cases import Case
from hostile_files import file_cases
from hostile_recipes import place_cases, recipe_cases, system_cases
from processes import watch

from curate.account import check_conservation
from curate.errors import UserError, escaped
from curate.store import RunDirectory
from curate.verify import verify

LIMITED = """\
import resource, sys
resource.setrlimit(resource.RLIMIT_AS, (int(sys.argv[1]), int(sys.argv[1])))
sys.argv[:] = ["fairlead", *sys.argv[2:]]
from curate.cli import main
main()
"""
MOST_SECONDS = 120
STEERING = {"Cc": "\n\t", "Cs": "", "Zl": "", "Zp": ""}
BIDI = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


@dataclass(frozen=True)
class Outcome:
    """What became of a case: its exit code, what the user was told or how many rows came, and what is wrong with it."""

    case: Case
    code: int
    told: str
    seconds: float
    peak: int
    faults: tuple[str, ...]


def tried(case: Case, folder: Path, memory: int) -> Outcome:
    """Run a case in a new folder."""
    folder.mkdir()
    for name, content in case.files.items():
        (folder / name).write_bytes(content)
    (folder / "r.yaml").write_bytes(case.recipe)
    if case.prepare is not None:
        case.prepare(folder)
    command = [sys.executable, "-c", LIMITED, str(memory), "curate", "r.yaml", *case.arguments]
    killed = [
        "timeout",
        "-s",
        "KILL",
        str(MOST_SECONDS),
        "bash",
        "-o",
        "pipefail",
        "-c",
        f"cd {folder}; {case.shell}",
        "bash",
    ]
    watched = watch([*killed, *command], folder / "log", os.environ | {"COLUMNS": "120"})
    output = (folder / "log").read_bytes().decode("utf-8", "surrogateescape")
    faults = [*_of_output(output), *_of_code(case, watched.code), *_of_runs(folder / "runs")]
    return Outcome(case, watched.code, _told(output, folder / "runs"), watched.seconds, watched.largest, tuple(faults))


def _of_output(output: str) -> Iterator[str]:
    for word in ("Traceback", "panicked", "Aborted", "core dumped", "Warning:"):
        if word in output:
            yield f"its output holds '{word}'"
    steering = sorted(
        {sign for sign in output if sign not in STEERING.get(unicodedata.category(sign), sign) or sign in BIDI}
    )
    if steering:
        yield f"its output holds {escaped(' '.join(map(ascii, steering)))}"


def _of_code(case: Case, code: int) -> Iterator[str]:
    right = (0, 2) if case.code is None else (case.code,)
    if code not in right:
        yield f"ended with {code}"


def _of_runs(runs: Path) -> Iterator[str]:
    """Yield what is wrong with what stands under `runs`: temporary names, runs that do not verify, rows not accounted for."""
    for path in runs.rglob("*") if runs.is_dir() else ():
        if path.name.startswith(".") and path != runs / ".cache":
            yield f"left {path.relative_to(runs)}"
    for manifest in sorted(runs.glob("*/manifest.json")) if runs.is_dir() else ():
        run = RunDirectory(manifest.parent)
        try:
            verify(run)
        except UserError as error:
            yield str(error)
        for record in run.read_manifest().steps:
            check_conservation(record)


def _told(output: str, runs: Path) -> str:
    """Return rows kept and quarantined of a finished run, else the first line that the user was told."""
    finished = sorted(runs.glob("*/manifest.json")) if runs.is_dir() else []
    if not finished:
        lines = [line for line in output.splitlines() if line.strip() and not line.startswith("✓")]
        return escaped(lines[0]) if lines else "nothing"
    run = RunDirectory(finished[0].parent)
    kept = sum(pl.scan_parquet(path, glob=False).select(pl.len()).collect().item() for path in run.path.glob("data/*.parquet")
               if path.stem in ("train", "validation", "test", "all"))  # fmt: skip
    reasons = (
        pl.read_parquet(run.quarantine, glob=False)["reason"]
        .value_counts(sort=True, name="n")
        .sort("n", "reason", descending=[True, False])
    )
    words = ", ".join(f"{count:,} {reason}" for reason, count in reasons.iter_rows())
    read = sum(source.rows for source in run.read_manifest().sources)
    return f"{read:,} rows: {kept:,} kept" + (f", quarantined: {words}" if words else "")


def lines_of(outcomes: Sequence[Outcome]) -> Iterator[str]:
    """Yield the table: what came, where it came, how long and how large it was at most."""
    together: dict[tuple[str, int, str], list[Outcome]] = {}
    for outcome in outcomes:
        name, _comma, kind = outcome.case.name.partition(", ")
        together.setdefault((name, outcome.code, _without_kind(outcome.told, kind)), []).append(outcome)
    yield f"{'what':34} {'exit':>4} {'s':>6} {'MiB':>6}  what the user is told, or rows"
    for (name, code, told), same in together.items():
        seconds, peak = max(one.seconds for one in same), max(one.peak for one in same) / 2**20
        kinds = " ".join(one.case.name.partition(", ")[2] for one in same).strip()
        yield f"{name[:34]:34} {code:>4} {seconds:>6.1f} {peak:>6,.0f}  {told[:150]}{'…' if len(told) > 150 else ''}"
        if kinds:
            yield f"{'':54}{kinds}"


def _without_kind(told: str, kind: str) -> str:
    return re.sub(r"\ba\.(?=[a-z])" + re.escape(kind), "a.…", told) if kind else told


def main() -> None:
    """Try every case, print the table, and tell whether all ended as they should."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="cases whose name holds this")
    parser.add_argument("--gib", type=float, default=4, help="address space of each process (default: 4)")
    parser.add_argument(
        "--folder", type=Path, help="work in a new folder in this one (default: the system's temporary folder)"
    )
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="hostile-", dir=options.folder)).resolve()
    outcomes = []
    try:
        for case in chain(file_cases(), recipe_cases(), place_cases(), system_cases()):
            if options.only in case.name:
                outcomes.append(tried(case, folder / "case", int(options.gib * 2**30)))
                shutil.rmtree(folder / "case")
                for fault in outcomes[-1].faults:
                    print(f"fault: {case.name}: {fault}: {outcomes[-1].told[:200]}", file=sys.stderr, flush=True)
    finally:
        shutil.rmtree(folder)
    print(*lines_of(outcomes), sep="\n")
    faults = sum(bool(outcome.faults) for outcome in outcomes)
    print(f"\n{len(outcomes)} cases, {sum(one.seconds for one in outcomes):,.0f} s; {faults} ended as they should not")
    sys.exit(bool(faults))


if __name__ == "__main__":
    main()
