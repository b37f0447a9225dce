"""The same recipe by fairlead and by Data-Juicer 1.6.1, whole processes, one after the other, on documents of our own making.

Data-Juicer needs an environment of its own (Python 3.11). Its core package loads aiohttp, ray and torch even for these
operators, and would try to install what it misses while it runs; here it may not (PIP_NO_INDEX, UV_OFFLINE):

    python -m venv dj
    dj/bin/pip install py-data-juicer==1.6.1 torch==2.13.0 ray aiohttp scipy ftfy
    python tests/benchmarks/data_juicer.py --documents 100000 --data-juicer dj/bin/dj-process

Both have the same file, cores, thresholds, shingles, permutations and Jaccard threshold. Each run starts with an empty cache and
a new folder. The first run of fairlead is called cold: what it compiles is compiled anew (NUMBA_CACHE_DIR is an empty folder);
those after it are warm, five a round, because they are short. Data-Juicer has nothing to warm up. Its `turbo` (off by default)
hands MinHash one document at a time without a batch of one around it; `--turbo` measures it so, as its best case.
`--peer-minhash` gives both the settings that Data-Juicer's MinHash has by default, `--words` longer documents. `--unicode` lets
both repair characters by ftfy, the same Python library, which then takes most of fairlead's time. `--traced` opens Data-Juicer's
tracer for every document that an operator changed or removed, as close as it comes to fairlead's account of every row (of a
whole chain of near-duplicates it tells one pair).
"""

import argparse
import json
import os
import re
import shutil
import statistics
import tempfile
from functools import reduce
from pathlib import Path

import polars as pl
from documents import WORDS, documents
from processes import FAIRLEAD, Watched, watch

from curate.store import RunDirectory

RECIPE = """\
version: 1
name: peers
seed: 7
sources: [{path: documents.jsonl}]
task: {kind: instruction, prompt: "Write:", completion: text}
steps:
  - {step: unicode}
  - {step: whitespace}
  - {step: length, min: 20, max: 10000}
  - {step: letter_share, min: 0.6}
  - {step: character_repetition, size: 10, max: 0.3}
  - {step: word_repetition, size: 5, max: 0.3}
  - {step: minhash, threshold: THRESHOLD, shingle: SHINGLE, permutations: PERMUTATIONS}
"""

PEER_RECIPE = """\
project_name: peers
dataset_path: documents.jsonl
export_path: kept/kept.jsonl
np: CORES
turbo: TURBO
text_keys: text
open_tracer: TRACED
trace_num: 1000000000
trace_keys: [id]
process:
  - fix_unicode_mapper: {normalization: NFC}
  - whitespace_normalization_mapper: {}
  - text_length_filter: {min_len: 20, max_len: 10000}
  - alphanumeric_filter: {tokenization: false, min_ratio: 0.6}
  - character_repetition_filter: {rep_len: 10, max_ratio: 0.3}
  - word_repetition_filter: {lang: en, tokenization: false, rep_len: 5, max_ratio: 0.3}
  - document_minhash_deduplicator: {tokenization: space, window_size: SHINGLE, num_permutations: PERMUTATIONS, jaccard_threshold: THRESHOLD}
"""

MINHASH = {"THRESHOLD": 0.8, "SHINGLE": 3, "PERMUTATIONS": 128}
SHORT = 5
"""Runs of fairlead in a round: one is so short that a moment's other work on the machine would decide."""
PEER_MINHASH = {"THRESHOLD": 0.7, "SHINGLE": 5, "PERMUTATIONS": 256}
"""Data-Juicer's own defaults."""

# fairlead's step, Data-Juicer's operator, and where their definitions differ
PAIRS = (
    ("unicode", "fix_unicode_mapper", "both are ftfy"),
    ("whitespace", "whitespace_normalization_mapper", "Data-Juicer replaces each blank by one and leaves runs of them"),
    ("length", "text_length_filter", "the same count, after white space was made regular in the two ways"),
    ("letter_share", "alphanumeric_filter", "letters of visible characters; letters and digits of all characters"),
    (
        "character_repetition",
        "character_repetition_filter",
        "repeats of all n-grams; the √n most frequent n-grams of all",
    ),
    (
        "word_repetition",
        "word_repetition_filter",
        "n-grams − distinct ones; all occurrences of what occurs twice or more",
    ),
    ("minhash", "document_minhash_deduplicator", "verified, against a row that stays; unverified, joined in chains"),
)


def fairlead(folder: Path, cores: int, compiled: Path) -> tuple[Watched, RunDirectory]:
    """Run fairlead as a whole process into a new folder of runs."""
    runs = folder / "runs"
    shutil.rmtree(runs, ignore_errors=True)
    limits = {name: str(cores) for name in ("POLARS_MAX_THREADS", "NUMBA_NUM_THREADS", "OMP_NUM_THREADS")}
    command = [*FAIRLEAD, "curate", str(folder / "fairlead.yaml"), "--runs", str(runs)]
    watched = watch(
        command, folder / "fairlead.log", {**os.environ, **limits, "NUMBA_CACHE_DIR": str(compiled)}, [runs]
    )
    _stop_if_failed("fairlead", watched, folder / "fairlead.log")
    return watched, RunDirectory(next(runs.glob("peers-*")))


def data_juicer(folder: Path, program: Path) -> Watched:
    """Run Data-Juicer as a whole process in a new folder, with an empty cache, and without leave to install anything."""
    place = folder / "data_juicer"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    for name in ("documents.jsonl", "data_juicer.yaml"):
        (place / name).symlink_to(folder / name)
    offline = dict.fromkeys(("PIP_NO_INDEX", "UV_OFFLINE", "HF_HUB_OFFLINE", "HF_DATASETS_OFFLINE"), "1")
    own = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    caches = {"HF_HOME": str(place / "cache"), "TMPDIR": str(place)}
    script = f'cd "{place}" && exec "{program}" --config data_juicer.yaml'
    log = folder / "data_juicer.log"
    watched = watch(["sh", "-c", script], log, {**own, **offline, **caches}, [place])
    _stop_if_failed("Data-Juicer", watched, log)
    return watched


def _stop_if_failed(tool: str, watched: Watched, log: Path) -> None:
    if watched.code:
        raise SystemExit(f"{tool} ended with {watched.code}:\n" + "\n".join(log.read_text().splitlines()[-30:]))


def steps_of_data_juicer(log: Path) -> tuple[list[int], list[float]]:
    """Return the rows left after each operator and the seconds it took, as its log tells."""
    lines = re.findall(r"OP \[\w+\] Done in ([\d.]+)s\. Left (\d+) samples", log.read_text())
    return [int(left) for _seconds, left in lines], [float(seconds) for seconds, _left in lines]


def print_steps(run: RunDirectory, log: Path, count: int) -> None:
    """Print what each step dropped in either tool, and where their definitions differ."""
    ours = {step.step: step.dropped for step in run.read_manifest().steps}
    left, seconds = steps_of_data_juicer(log)
    theirs = [before - after for before, after in zip([count, *left], left, strict=False)]
    print("\ndropped by step   fairlead   Data-Juicer   (its seconds)   definitions: fairlead's; Data-Juicer's")
    pairs = [pair for pair in PAIRS if pair[0] in ours]
    for (step, _operator, differs), dropped, took in zip(pairs, theirs, seconds, strict=True):
        print(f"{step:22} {ours[step]:>6,} {dropped:>10,} {took:>12.1f} s    {differs}")


def print_overlap(run: RunDirectory, folder: Path, truth: pl.DataFrame) -> None:
    """Print how far the kept rows are the same, and what became of those that are not."""
    ours = pl.read_parquet(run.data("all"), columns=["id"])["id"]
    theirs = pl.scan_ndjson(folder / "data_juicer" / "kept" / "kept.jsonl").select("id").collect()["id"]
    rows = truth.with_columns(fairlead=pl.col("id").is_in(ours.implode()), peer=pl.col("id").is_in(theirs.implode()))
    both, either = (int(rows.select(expression.sum()).item()) for expression in (
        pl.col("fairlead") & pl.col("peer"), pl.col("fairlead") | pl.col("peer")
    ))  # fmt: skip
    print(
        f"\nkept: fairlead {len(ours):,}, Data-Juicer {len(theirs):,}; by both {both:,}, by either {either:,}: {both / either:.4f}"
    )
    names = pl.read_parquet(run.source, columns=["row", "id"])
    ledger = pl.scan_parquet(run.ledger).filter(pl.col("event") == "dropped").select("row", "step", "value").collect()
    dropped = ledger.join(names, on="row").select("id", "step", "value")
    for kept, gone in (("peer", "fairlead"), ("fairlead", "peer")):
        apart = rows.filter(pl.col(kept) & ~pl.col(gone)).join(dropped, on="id", how="left")
        by = ["step", "planted"] if gone == "fairlead" else ["planted"]
        counts = apart.group_by(by).len("rows").sort("rows", *by, descending=[True, *([False] * len(by))])
        print(f"kept only by {'Data-Juicer' if kept == 'peer' else 'fairlead'}: {len(apart):,}", end="")
        print("".join(f"; {' '.join(map(str, line[:-1]))} {line[-1]:,}" for line in counts.iter_rows()))
        if gone == "fairlead":
            copies = apart.filter(pl.col("step") == "minhash")["value"]
            print(
                f"    of these {len(copies):,} have a verified similarity of the threshold or more, in the ledger, to a row that stays"
            )


def tell(name: str, watched: Watched) -> None:
    """Print one run."""
    mib = (f"{size / 2**20:,.0f}" for size in (watched.resident, watched.proportional, watched.largest))
    resident, proportional, largest = mib
    print(
        f"{name:18} {watched.seconds:8.1f} s, {watched.processor:8.1f} s of processor time   {resident} MiB in all its processes ({proportional} MiB with shared pages "
        f"counted once), {largest} MiB in the largest one",
        flush=True,
    )


def main() -> None:
    """Make the documents, run both tools in turn, and print what they took and kept."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=100_000)
    parser.add_argument(
        "--data-juicer", type=Path, required=True, help="the program dj-process, or the Python beside it"
    )
    parser.add_argument("--cores", type=int, default=2, help="processes of Data-Juicer, threads of fairlead")
    parser.add_argument("--unicode", action="store_true", help="repair characters too: both tools call ftfy for it")
    parser.add_argument(
        "--peer-minhash", action="store_true", help=f"MinHash by Data-Juicer's defaults: {PEER_MINHASH}"
    )
    parser.add_argument("--words", type=int, default=WORDS, help="the mean length of documents")
    parser.add_argument("--turbo", action="store_true", help="set Data-Juicer's turbo (its default is off)")
    parser.add_argument(
        "--traced", action="store_true", help="let Data-Juicer trace every document (its default is off)"
    )
    parser.add_argument("--repeat", type=int, default=1, help="rounds after fairlead's cold one; the median is told")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--keep", type=Path, help="work in this folder and leave it there (logs, runs, kept rows)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = (options.keep or Path(temporary)).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        compare(folder, options)


def write_recipes(folder: Path, options: argparse.Namespace) -> None:
    """Write the recipe for either tool, with the same settings."""
    minhash = PEER_MINHASH if options.peer_minhash else MINHASH
    settings = {
        "CORES": options.cores,
        "TURBO": str(options.turbo).lower(),
        "TRACED": str(options.traced).lower(),
    } | minhash
    unicode = (
        {} if options.unicode else {"  - {step: unicode}\n": "", "  - fix_unicode_mapper: {normalization: NFC}\n": ""}
    )
    for name, recipe in (("fairlead.yaml", RECIPE), ("data_juicer.yaml", PEER_RECIPE)):
        replaced = {**settings, **unicode}.items()
        (folder / name).write_text(reduce(lambda text, pair: text.replace(pair[0], str(pair[1])), replaced, recipe))


def compare(folder: Path, options: argparse.Namespace) -> None:
    """Compare the two tools in a folder."""
    truth = documents(options.documents, options.seed, options.words)
    truth.drop("planted").write_ndjson(folder / "documents.jsonl")
    megabytes = (folder / "documents.jsonl").stat().st_size / 1e6
    length = truth["text"].str.len_chars().mean()
    print(
        f"{len(truth):,} documents, {megabytes:.0f} MB, mean {length:.0f} characters; {options.cores} cores each, turbo {options.turbo}, traced {options.traced}"
    )
    print(f"load of the machine before: {os.getloadavg()[0]:.1f} of {os.cpu_count()} cores")
    print(f"MinHash: {PEER_MINHASH if options.peer_minhash else MINHASH}")
    print("planted:", json.dumps(dict(truth["planted"].value_counts().sort("planted").iter_rows())))
    truth = truth.drop("text")
    write_recipes(folder, options)
    compiled = folder / "compiled"
    shutil.rmtree(compiled, ignore_errors=True)
    program = options.data_juicer.absolute()
    program = program.with_name("dj-process") if program.name.startswith("python") else program
    cold, run = fairlead(folder, options.cores, compiled)
    tell("fairlead, cold", cold)
    warm, peer = [], []
    for _round in range(options.repeat):
        peer.append(data_juicer(folder, program))
        tell("Data-Juicer 1.6.1", peer[-1])
        for _again in range(SHORT):
            watched, run = fairlead(folder, options.cores, compiled)
            warm.append(watched)
            tell("fairlead, warm", watched)
    print_steps(run, folder / "data_juicer.log", options.documents)
    print_overlap(run, folder, truth)
    fast, slow = (statistics.median(watched.seconds for watched in rounds) for rounds in (warm, peer))
    busy, busier = (statistics.median(watched.processor for watched in rounds) for rounds in (warm, peer))
    print(
        f"\nmedian of {len(peer)}: Data-Juicer {slow:.1f} s; of {len(warm)}: fairlead {fast:.2f} s: {slow / fast:.1f} times as fast"
        f" ({slow / cold.seconds:.1f} times on its first, cold run); by processor time {busier / busy:.1f} times"
    )


if __name__ == "__main__":
    main()
