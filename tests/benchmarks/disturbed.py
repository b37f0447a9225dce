"""Full disks and killed processes: what is left must be whole, and the same command afterwards must give the same bytes.

    python tests/benchmarks/disturbed.py full     curate, audit, export, cache prune with less and less room (mounts a tmpfs: root)
    python tests/benchmarks/disturbed.py killed   curate killed at random moments beside another process on the same cache

A command without room must end with one line and exit code 2, or have had room enough; when there is room again it must end with 0
and the files of an undisturbed run. The exit code is 1 if one of these does not hold.
"""

import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hostile_cases import CLASSIFY
from processes import FAIRLEAD

from curate.files import digest_file

RECIPE = f"""\
version: 1
name: r
sources: [{{path: a.csv}}]
task: {CLASSIFY}
groups: {{gender: {{terms: gender}}}}
steps: [{{step: unicode}}, {{step: whitespace}}, {{step: length, min: 5}}, {{step: word_repetition}}, {{step: exact}}, {{step: minhash}}]
split: {{stratify: [label]}}
"""
ROOM = 256 * 2**20
ROOMS = (
    0,
    4,
    8,
    16,
    32,
    64,
    96,
    128,
    192,
    256,
    320,
    384,
    448,
    512,
    640,
    768,
    896,
    1024,
    1280,
    1536,
    1792,
    2048,
    3072,
    4096,
)
"""Free KiB."""


def write_inputs(folder: Path, rows: int) -> Path:
    """Write a recipe and its source, and return the recipe."""
    chance = random.Random(7)
    words = ["she", "he", "they", *(f"w{place}" for place in range(400))]
    lines = (f"{' '.join(chance.choices(words, k=12))},{'ab'[place % 2]}\n" for place in range(rows))
    (folder / "a.csv").write_text("text,label\n" + "".join(lines))
    (folder / "r.yaml").write_text(RECIPE)
    return folder / "r.yaml"


def fairlead(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Run the command line to its end."""
    return subprocess.run(
        [*FAIRLEAD, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=300,
        env=os.environ | {"COLUMNS": "200"},
    )


def digests(folder: Path) -> dict[str, str]:
    """Return the digests of the files in a folder but for the manifests, which hold times."""
    files = sorted(
        path
        for path in folder.rglob("*")
        if path.is_file() and path.name != "manifest.json" and ".cache" not in path.parts
    )
    return {str(path.relative_to(folder)): digest_file(path) for path in files}


def left_over(folder: Path) -> list[str]:
    """Return temporary names in a folder."""
    return [
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if path.name.startswith(".") and path.name != ".cache"
    ]


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """Mount a disk of ROOM bytes."""
    folder.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={ROOM}", "none", str(folder)])
    if done.returncode:
        sys.exit("this needs the right to mount a tmpfs")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@contextmanager
def only(free: int, disk: Path) -> Iterator[None]:
    """Leave so many bytes free on a disk while the block lasts."""
    filler = disk / "filler"
    with filler.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, max(1, shutil.disk_usage(disk).free - free))
    try:
        yield
    finally:
        filler.unlink()


def full(folder: Path, rows: int) -> int:
    """Try every command with every room; return how many ended as they should not."""
    recipe, wrong = write_inputs(folder, rows), 0
    with small_disk(folder / "disk") as disk:
        runs, out = disk / "runs", disk / "out"

        def curated() -> Path:
            assert fairlead("curate", recipe, "--runs", runs).returncode == 0
            return next(path for path in runs.iterdir() if path.name.startswith("r-"))

        def audited() -> Path:
            assert fairlead("audit", curated()).returncode == 0
            return next(path for path in runs.iterdir() if path.name.startswith("r-"))

        commands = {
            "curate": (lambda: None, lambda run: ("curate", recipe, "--runs", runs), runs),
            "curate, all cached": (
                lambda: shutil.rmtree(curated()),
                lambda run: ("curate", recipe, "--runs", runs),
                runs,
            ),
            "audit": (curated, lambda run: ("audit", run), runs),
            "export to datasets": (audited, lambda run: ("export", run, out), out),
            "export, not audited": (curated, lambda run: ("export", run, out), out),
            "export to jsonl": (curated, lambda run: ("export", run, out, "--as", "jsonl"), out),
            "export to parquet": (curated, lambda run: ("export", run, out, "--as", "parquet"), out),
            "cache list": (curated, lambda run: ("cache", "list", "--runs", runs), runs),
            "cache prune": (curated, lambda run: ("cache", "prune", "--all", "--runs", runs), runs),
        }
        print(f"{'command':20} {'KiB free':>8} {'exit':>4}  what the user is told", flush=True)
        for name, (before, command, result) in commands.items():
            given = command(before())
            assert fairlead(*given).returncode == 0
            expected = digests(result)
            for kib in ROOMS:
                shutil.rmtree(runs, ignore_errors=True)
                shutil.rmtree(out, ignore_errors=True)
                given = command(before())
                with only(kib * 1024, disk):
                    done = fairlead(*given)
                faults = list(_faults(done, disk, given, result, expected))
                wrong += bool(faults)
                told = next((line for line in done.stderr.splitlines() if not line.startswith("✓")), "")
                print(
                    f"{name:20} {kib:>8,} {done.returncode:>4}  {told.replace(str(folder), '')}",
                    *faults,
                    sep="\n  FAULT ",
                    flush=True,
                )
                if done.returncode == 0 and not faults:
                    break
            shutil.rmtree(runs, ignore_errors=True)
            shutil.rmtree(out, ignore_errors=True)
    return wrong


def _faults(
    done: subprocess.CompletedProcess[str],
    disk: Path,
    given: tuple[object, ...],
    result: Path,
    expected: dict[str, str],
) -> Iterator[str]:
    """Yield what is wrong with how a command ended without room, and with the same command afterwards."""
    told = [line for line in done.stderr.splitlines() if not line.startswith("✓")]
    if done.returncode not in (0, 2) or "Traceback" in done.stderr:
        yield f"ended with {done.returncode}: {done.stderr[-600:]}"
    if done.returncode == 2 and len(told) != 1:
        yield f"told {len(told)} lines: {told}"
    if left := left_over(disk):
        yield f"left {left}"
    if done.returncode == 0:
        return
    again = fairlead(*given)
    if again.returncode:
        yield f"again, with room: {again.returncode}: {again.stderr[-600:]}"
    elif digests(result) != expected:
        yield f"again, with room: other bytes: {sorted(set(digests(result).items()) ^ set(expected.items()))}"


def killed(folder: Path, rows: int, times: int) -> int:
    """Kill curate at random moments beside another on the same cache; return how many ended as they should not."""
    recipe, wrong, chance = write_inputs(folder, rows), 0, random.Random(7)
    command = [*FAIRLEAD, "curate", str(recipe), "--runs"]
    started = time.monotonic()
    assert fairlead("curate", recipe, "--runs", folder / "undisturbed").returncode == 0
    took, expected = time.monotonic() - started, digests(folder / "undisturbed")
    place = 0
    while times:
        runs, after = folder / f"runs{place}", chance.uniform(0.2, 1.0) * took
        pair = [
            subprocess.Popen([*command, str(runs)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
            for _ in range(2)
        ]
        time.sleep(after)
        pair[0].kill()
        codes, said = [process.wait() for process in pair], [process.communicate()[1] for process in pair]
        beside = digests(runs) == expected
        again = fairlead("curate", recipe, "--runs", runs)
        verified = [fairlead("verify", run).returncode for run in sorted(runs.glob("r-*"))]
        left = left_over(runs)
        good = (
            codes[1] == again.returncode == 0 and beside and digests(runs) == expected and verified == [0] and not left
        )
        wrong += not good
        print(
            f"killed after {after:4.1f} s ({codes[0]}); the other: {codes[1]}, again: {again.returncode}; {'whole' if good else 'NOT WHOLE'}",
            flush=True,
        )
        if not good:
            print(said[1][-1500:], again.stderr[-1500:], left, verified, sep="\n")
        shutil.rmtree(runs)
        place, times = place + 1, times - (codes[0] != 0)  # one that had ended was not killed
    return wrong


def main() -> None:
    """Disturb, and tell how many ended as they should not."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["full", "killed"])
    parser.add_argument("--rows", type=int, default=4000)
    parser.add_argument("--times", type=int, default=20, help="so many processes are killed")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="disturbed-")).resolve()
    try:
        wrong = full(folder, options.rows) if options.what == "full" else killed(folder, options.rows, options.times)
    finally:
        shutil.rmtree(folder)
    print(f"{wrong} ended as they should not")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
