"""Many short texts through normalise, five filters and exact dedupe: memory, time and disk of the whole process.

    python tests/benchmarks/large.py --rows 20000000

20 million rows are about 5 GB of jsonl, texts of about 200 characters, made here with planted faults: 10 % copies, odd white
space, HTML entities and curly quotes, texts that are too short, mostly digits, repetitive (also in changing case), or links.
"""

import argparse
import shutil
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import polars as pl
from documents import vocabulary
from processes import FAIRLEAD, Watched, size_of, watch

from curate.store import RunDirectory

RECIPE = """\
version: 1
name: large
seed: 7
sources: [{path: texts.jsonl}]
task: {kind: instruction, prompt: "Write:", completion: text}
steps:
  - {step: unicode}
  - {step: whitespace}
  - {step: length, min: 20, max: 5000}
  - {step: letter_share, min: 0.6}
  - {step: character_repetition, size: 10, max: 0.3}
  - {step: word_repetition, size: 3, max: 0.3}
  - {step: where, sql: "source_kind <> 'link'"}
  - {step: exact}
"""

BLOCK = 250_000
PHRASES = 200_000
REMEMBERED = 5_000
"""Texts of each block that later blocks may copy."""
BYTES_A_ROW = 1_500
"""Disk that a row may need while the run goes on: the jsonl, the cache and the run directory."""


def write_texts(path: Path, rows: int, seed: int) -> None:
    """Write the jsonl block by block: `id, source_kind, text`."""
    chance = np.random.default_rng(seed)
    phrases = _phrases(chance)
    remembered = pl.Series("text", [], dtype=pl.String)
    with path.open("wb") as file:
        for start in range(0, rows, BLOCK):
            block = _block(start, min(BLOCK, rows - start), phrases, remembered, chance)
            remembered = pl.concat([remembered, block["text"].head(REMEMBERED)])
            block.write_ndjson(file)


def _phrases(chance: np.random.Generator) -> pl.Series:
    """Return phrases of five to thirteen words."""
    words = vocabulary(chance)
    odds = np.cumsum(1 / np.arange(1, len(words) + 1))
    lengths = chance.integers(5, 14, PHRASES)
    drawn = pl.Series("word", words).gather(np.searchsorted(odds, chance.random(lengths.sum()) * odds[-1]))
    frame = pl.DataFrame({"phrase": np.repeat(np.arange(PHRASES), lengths), "word": drawn})
    joined = frame.group_by("phrase", maintain_order=True).agg(pl.col("word").str.join(" "))
    return joined.select(text=pl.col("word").str.head(1).str.to_uppercase() + pl.col("word").str.slice(1))["text"]


def _block(
    start: int, count: int, phrases: pl.Series, remembered: pl.Series, chance: np.random.Generator
) -> pl.DataFrame:
    """Return one block of rows: four phrases each, with a fault in about a quarter of them."""
    columns = [phrases.gather(chance.integers(0, len(phrases), count)).alias(f"part_{place}") for place in range(4)]
    frame = pl.DataFrame(columns).with_columns(
        id=pl.int_range(start, start + count),
        fault=pl.Series(chance.random(count)),
        number=pl.Series(chance.integers(10**9, 10**10, count)).cast(pl.String),
    )
    first, second = pl.col("part_0"), pl.col("part_1")
    plain = pl.concat_str("part_0", "part_1", "part_2", "part_3", separator=". ")
    faults = (
        (0.02, pl.col("number").str.slice(0, 6)),  # too short
        (0.04, pl.concat_str([pl.col("number")] * 12 + [first], separator=" ")),  # mostly digits
        (0.06, pl.concat_str([first] * 6, separator=" ")),  # repetitive
        (
            0.07,
            pl.concat_str([first, first.str.to_uppercase(), first.str.to_titlecase()], separator=" "),
        ),  # repeated words
        (0.10, plain.str.replace_all(". ", " \t\u00a0 ", literal=True)),  # odd white space
        (0.12, pl.concat_str(pl.lit("\u201c"), first, pl.lit("\u201d &amp; "), second)),  # entities and curly quotes
        (0.15, pl.concat_str(pl.lit("https://example.org/"), pl.col("number"), pl.lit(" "), plain)),  # links
    )
    text = plain
    for share, faulty in reversed(faults):
        text = pl.when(pl.col("fault") < share).then(faulty).otherwise(text)
    kind = pl.when(pl.col("fault").is_between(0.12, 0.15, closed="left")).then(pl.lit("link")).otherwise(pl.lit("text"))
    made = frame.select("id", "fault", source_kind=kind, text=text)
    return made.with_columns(text=_with_copies(made, remembered, chance)).select("id", "source_kind", "text")


def _with_copies(made: pl.DataFrame, remembered: pl.Series, chance: np.random.Generator) -> pl.Series:
    """Return the texts, a tenth of them copies: half of a row of this block, half of a row of an earlier block."""
    pool = pl.concat([made["text"], remembered])
    within = chance.integers(0, len(made), len(made))
    before = chance.integers(0 if remembered.is_empty() else len(made), len(pool), len(made))
    copied = np.where(chance.random(len(made)) < 0.5, within, before)
    place = np.where(made["fault"].to_numpy() >= 0.9, copied, np.arange(len(made)))
    return pool.gather(place)


def tell(run: RunDirectory, watched: Watched, rows: int, size: int) -> None:
    """Print what the run took, by stage, and the account of each step."""
    manifest = run.read_manifest()
    print(f"{'step':24} {'in':>12} {'out':>12} {'dropped':>12} {'changed':>12}")
    for step in manifest.steps:
        print(f"{step.step:24} {step.rows_in:>12,} {step.rows_out:>12,} {step.dropped:>12,} {step.changed:>12,}")
    print("\nseconds by stage")
    for stage in manifest.stages:
        print(f"{stage.seconds:8.1f}  {', '.join(stage.steps)}")
    gib = 2**30
    print(
        f"\nwhole process: {watched.seconds:.1f} s ({watched.processor:.1f} s of processor time), {rows / watched.seconds:,.0f} rows/s, {size / watched.seconds / 1e6:.1f} MB/s"
        f"\npeak memory: {max(watched.resident, watched.largest) / gib:.2f} GiB (sampled every 0.1 s, all processes: "
        f"{watched.resident / gib:.2f}; the kernel's maximum (VmHWM) of the largest process: {watched.largest / gib:.2f})"
        f"\ndisk: jsonl {size / gib:.2f} GiB; run directory {size_of(run.path) / gib:.2f} GiB; cache "
        f"{size_of(run.cache) / gib:.2f} GiB; at most, at any time, both {watched.disk / gib:.2f} GiB"
    )


def main() -> None:
    """Make the texts, curate them, and print what it took."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=20_000_000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument(
        "--folder", type=Path, help="work in a new folder in this one (default: the system's temporary folder)"
    )
    parser.add_argument("--keep", action="store_true", help="leave the folder when done")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="large-", dir=options.folder)).resolve()
    try:
        measure(folder, options.rows, options.seed)
    finally:
        if options.keep:
            print(f"kept: {folder}")
        else:
            shutil.rmtree(folder)


def measure(folder: Path, rows: int, seed: int) -> None:
    """Make the texts in a folder, run fairlead on them as a whole process, and print what it took."""
    free, needed = shutil.disk_usage(folder).free, rows * BYTES_A_ROW
    if free < needed:
        sys.exit(f"{rows:,} rows may need {needed / 1e9:.0f} GB; {folder} has {free / 1e9:.0f} GB free")
    started = time.monotonic()
    write_texts(folder / "texts.jsonl", rows, seed)
    size = (folder / "texts.jsonl").stat().st_size
    print(f"{rows:,} rows, {size / 1e9:.2f} GB of jsonl, written in {time.monotonic() - started:.1f} s", flush=True)
    (folder / "large.yaml").write_text(RECIPE)
    runs = folder / "runs"
    watched = watch(
        [*FAIRLEAD, "curate", str(folder / "large.yaml"), "--runs", str(runs)], folder / "log", folders=[runs]
    )
    if watched.code:
        gib = watched.largest / 2**30
        sys.exit(
            f"ended with {watched.code} after {watched.seconds:.1f} s at {gib:.2f} GiB:\n{(folder / 'log').read_text()[-3000:]}"
        )
    tell(RunDirectory(next(runs.glob("large-*"))), watched, rows, size)


if __name__ == "__main__":
    main()
