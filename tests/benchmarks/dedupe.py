"""Near-duplicates of the same texts by fairlead and by its peers, in one run: speed, memory, and whether they agree.

    pip install -c constraints.txt -e '.[bench]'             # rensa and pyarrow; datasketch comes with fairlead
    python tests/benchmarks/dedupe.py --documents 100000

From raw text to the rows that stay. Every tool runs in a process of its own (`dedupe_tools.py`), ours several times in each round
because it is short; medians. `--tools` names which; datatrove and text-dedup need an environment of their own, whose
Python is given:

    python -m venv peers && peers/bin/pip install 'datatrove[processing]' spacy orjson text-dedup pyarrow
    python tests/benchmarks/dedupe.py --documents 100000 --python peers/bin/python --tools fairlead datatrove text_dedup

and so does Data-Juicer (installed as `data_juicer.py` says, and pyarrow): `--python dj/bin/python --tools fairlead data_juicer`.

`fairlead_on_disk` reads a part at a time and keeps keys on disk, as the step `minhash` does: `--documents 10000000 --tools
fairlead_on_disk`. Texts are made by `copies.py`, 20 to 200 words each, 15 % of them copies with up to a tenth of their words
changed. `--forms 0.5` makes half of them texts of a few templates, which share bands with very many and are like few.
"""

import argparse
import importlib.util
import json
import os
import platform
import shutil
import statistics
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import polars as pl
from copies import write_copies
from dedupe_tools import PERMUTATIONS, SHINGLE, THRESHOLD
from processes import Watched, watch

TOOLS = Path(__file__).with_name("dedupe_tools.py")
NEEDED = {"datasketch": ("pyarrow",), "rensa": ("pyarrow", "rensa")}
"""What a tool needs that does not come with fairlead."""
ELSEWHERE = ("datatrove", "text_dedup", "data_juicer")
OURS = 3
"""Runs of ours in a round."""


@dataclass(frozen=True)
class Measured:
    """One run of a tool: seconds from text to the rows that stay, the whole process, those rows, and the seconds of each phase."""

    seconds: float
    process: Watched
    kept: frozenset[int]
    phases: dict[str, float]


def measure(tool: str, python: str, folder: Path, work: Path) -> Measured:
    """Run one tool."""
    scratch, result = work / "scratch", work / "result.json"
    scratch.mkdir()
    command = [python, str(TOOLS), tool, str(folder), str(result), str(scratch)]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(TOOLS.parents[2]), str(TOOLS.parent)])}
    watched = watch(command, work / "log", environment)
    shutil.rmtree(scratch)
    if watched.code:
        sys.exit(f"{tool} ended with {watched.code}:\n{(work / 'log').read_text()[-3000:]}")
    told = json.loads(result.read_text())
    return Measured(told["seconds"], watched, frozenset(told["kept"]), told["phases"])


def planted(folder: Path) -> pl.DataFrame:
    """Return `row, source, changed` of the copies."""
    scan = pl.scan_parquet(sorted(folder.glob("*.parquet")))
    return scan.select("row", "source", "changed").filter(pl.col("source") >= 0).collect()


def report(found: dict[str, list[Measured]], count: int, made: pl.DataFrame) -> None:
    """Print a line a tool: seconds, documents a second, memory, and the ratio to the first and agreement with it."""
    ours = next(iter(found.values()))
    base, reference = statistics.median(run.seconds for run in ours), ours[0].kept
    print(
        f"{'tool':<18}{'seconds':>9}{'documents/s':>13}{'x first':>8}{'memory':>10}{'dropped':>10}{'only first':>12}{'only it':>9}"
    )
    for tool, runs in found.items():
        assert len({run.kept for run in runs}) == 1, f"{tool} keeps other rows each time"
        seconds = statistics.median(run.seconds for run in runs)
        memory = max(run.process.proportional for run in runs) / 2**30
        kept = runs[0].kept
        print(
            f"{tool:<18}{seconds:>9.2f}{count / seconds:>13,.0f}{seconds / base:>8.1f}{memory:>6.2f} GiB"
            f"{count - len(kept):>10,}{len(kept - reference):>12,}{len(reference - kept):>9,}"
        )
    print(
        "'x first': so many times as long as the first tool; 'only first', 'only it': dropped by the first alone, and by this alone"
    )
    if "rensa" in found:
        print("rensa drops what shares a band, without comparing the texts: more goes than reaches the threshold")
    for tool, runs in found.items():
        phases = sorted(runs, key=lambda run: run.seconds)[(len(runs) - 1) // 2].phases
        if phases:
            whole = sum(phases.values())
            print(f"{tool}: " + ", ".join(f"{name} {spent / whole:.0%}" for name, spent in phases.items()))
    for low, high in ((0, 0.001), (0.001, 0.02), (0.02, 0.05), (0.05, 0.11)):
        part = made.filter(pl.col("changed").is_between(low, high, closed="left"))
        shares = [f"{tool} {_merged(part, runs[0].kept):.3f}" for tool, runs in found.items()]
        print(
            f"copies with {low:.1%} to {high:.1%} of their words changed ({part.height:,}) that went, or what they are of: {', '.join(shares)}"
        )


def _merged(copies: pl.DataFrame, kept: frozenset[int]) -> float:
    """Return the share of copies of which not both they and their originals are kept."""
    both = sum(row in kept and source in kept for row, source in copies.select("row", "source").iter_rows())
    return 1 - both / max(copies.height, 1)


def main() -> None:
    """Make the texts, run the tools in turns, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--tools", nargs="+", default=["fairlead", "datasketch", "rensa"])
    parser.add_argument("--python", default=sys.executable, help=f"the Python of {', '.join(ELSEWHERE)}")
    parser.add_argument("--forms", type=float, default=0, help="the share of texts of a few templates")
    parser.add_argument(
        "--texts", type=Path, help="keep the texts in this folder, and take them from there the next time"
    )
    given = parser.parse_args()
    missing = [name for tool in given.tools for name in NEEDED.get(tool, ()) if importlib.util.find_spec(name) is None]
    if missing:
        sys.exit(f"not installed: {', '.join(dict.fromkeys(missing))}; pip install -c constraints.txt -e '.[bench]'")
    with tempfile.TemporaryDirectory(prefix="dedupe-") as place:
        folder = given.texts or Path(place, "texts")
        if not folder.is_dir():
            write_copies(folder, given.documents, forms=given.forms)
        count = pl.scan_parquet(sorted(folder.glob("*.parquet"))).select(pl.len()).collect().item()
        size = sum(path.stat().st_size for path in folder.glob("*.parquet"))
        print(
            f"{count:,} documents, {size / count:.0f} bytes each; {len(os.sched_getaffinity(0))} cores, {platform.machine()}; "
            f"pairs from a Jaccard similarity of {THRESHOLD:g} on shingles of {SHINGLE} words, {PERMUTATIONS} permutations"
        )
        found: dict[str, list[Measured]] = {tool: [] for tool in given.tools}
        for _round in range(given.rounds):
            for tool in given.tools:
                python = given.python if tool in ELSEWHERE else sys.executable
                times = OURS if tool.startswith("fairlead") and count <= 1_000_000 else 1
                found[tool] += [measure(tool, python, folder, Path(place)) for _time in range(times)]
        report(found, count, planted(folder))


if __name__ == "__main__":
    main()
