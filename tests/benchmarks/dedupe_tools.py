"""Near-duplicates of a folder of texts by one tool, as a process of its own: `python dedupe_tools.py TOOL FOLDER RESULT SCRATCH`.

Writes RESULT: what it took, and the rows that stay, as JSON. Time is from texts in memory to the rows that stay, without imports and
what is compiled once on a machine; of tools that only read and write files it is the whole of their work. Every tool has the same
threshold, word n-grams and number of permutations, and the same bands but for rensa. It runs under any Python that has the tool: nothing of ours is
imported but where ours is measured.
"""

import json
import os
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from unittest import mock

THRESHOLD, SHINGLE, PERMUTATIONS = 0.8, 5, 128
BANDS, BAND_ROWS = 18, 7
"""What we choose for the threshold and a recall of 0.95."""
_WARM, _BATCH = 2_000, 10_000
"""Documents that ours is warmed up with; documents that datasketch and rensa are given at a time, for less memory."""


def texts_in(folder: Path) -> list[str]:
    """Return all texts."""
    import pyarrow.parquet as pq

    return [text for path in sorted(folder.glob("*.parquet")) for text in pq.read_table(path)["text"].to_pylist()]


def fairlead(folder: Path, scratch: Path) -> tuple[float, list[int], dict[str, float]]:
    """Ours, with every merge verified; texts that fit into memory."""
    import polars as pl

    from curate.near_duplicates.parts import TextPart

    texts = pl.read_parquet(sorted(folder.glob("*.parquet")), columns=["text"])["text"].rechunk()
    search = _search()
    _timed(lambda: [TextPart(texts[:_WARM], search.sketching)], min(_WARM, len(texts)), None)
    return _timed(lambda: [TextPart(texts, search.sketching)], len(texts), None)


def fairlead_on_disk(folder: Path, scratch: Path) -> tuple[float, list[int], dict[str, float]]:
    """Ours, with texts read a part at a time, and keys and shingles on disk; the time is that of reading too."""
    import polars as pl

    from curate.near_duplicates.parts import TextPart

    paths, search = sorted(folder.glob("*.parquet")), _search()

    def parts():
        return (TextPart(pl.read_parquet(path, columns=["text"])["text"], search.sketching) for path in paths)

    height = pl.scan_parquet(paths).select(pl.len()).collect().item()
    return _timed(parts, height, scratch)


def _search():
    from curate.near_duplicates.search import Search
    from curate.near_duplicates.shingles import Shingling
    from curate.near_duplicates.sketch import Sketching

    search = Search(
        threshold=THRESHOLD, sketching=Sketching(shingling=Shingling(size=SHINGLE), permutations=PERMUTATIONS)
    )
    assert (search.bands.count, search.bands.rows) == (BANDS, BAND_ROWS)
    return search


def _timed(parts, height: int, scratch: Path | None) -> tuple[float, list[int], dict[str, float]]:
    """Return seconds, the rows that stay, and the seconds of each phase, by clocks around the functions of the first three."""
    import numpy as np

    from curate.near_duplicates import search as searching

    names = {"all_keys": "signatures", "find_buckets": "candidates", "shingles_of": "shingles of candidates"}
    phases: dict[str, float] = {}

    def clocked(name: str):
        work = getattr(searching, name)

        def run(*given):
            began = time.perf_counter()
            found = work(*given)
            phases[names[name]] = time.perf_counter() - began
            return found

        return run

    started = time.perf_counter()
    with ExitStack() as clocks:
        for name in names:
            clocks.enter_context(mock.patch.object(searching, name, clocked(name)))
        found = clocks.enter_context(searching.candidates(parts, height, _search(), folder=scratch))
        began = time.perf_counter()
        gone = found.stars()
        ended = time.perf_counter()
    stays = np.ones(height, dtype=np.bool_)
    stays[gone.later] = False
    seconds = time.perf_counter() - started
    phases["verification and resolution"] = ended - began
    phases["other"] = seconds - sum(phases.values())
    return seconds, np.flatnonzero(stays).tolist(), phases


def _shingles(text: str) -> list[str]:
    """Return a text's shingles as Python strings, for the tools that take such."""
    words = text.lower().split()
    return [" ".join(words[at : at + SHINGLE]) for at in range(max(len(words) - SHINGLE + 1, 1))]


def datasketch(folder: Path, scratch: Path) -> tuple[float, list[int], dict[str, float]]:
    """`MinHash.bulk` on sets of shingles as bytes, and `MinHashLSH` row by row; candidates are verified on sets made anew."""
    from datasketch import MinHash, MinHashLSH

    def shingles(text: str) -> set[bytes]:
        return {shingle.encode() for shingle in _shingles(text)}

    def is_copy(mine: set[bytes], other: int) -> bool:
        theirs = shingles(texts[other])
        return len(mine & theirs) >= THRESHOLD * len(mine | theirs)

    texts, kept, phases = texts_in(folder), [], dict.fromkeys(("shingles", "signatures", "index"), 0.0)
    index = MinHashLSH(num_perm=PERMUTATIONS, params=(BANDS, BAND_ROWS))
    started = time.perf_counter()
    for first in range(0, len(texts), _BATCH):
        marks = [time.perf_counter()]
        sets = [shingles(text) for text in texts[first : first + _BATCH]]
        marks.append(time.perf_counter())
        sketches = MinHash.bulk(sets, num_perm=PERMUTATIONS)
        marks.append(time.perf_counter())
        for row, (mine, sketch) in enumerate(zip(sets, sketches, strict=True), first):
            if not any(is_copy(mine, other) for other in index.query(sketch)):
                index.insert(row, sketch, check_duplication=False)
                kept.append(row)
        _add_phases(phases, [*marks, time.perf_counter()])
    return time.perf_counter() - started, kept, phases


def rensa(folder: Path, scratch: Path) -> tuple[float, list[int], dict[str, float]]:
    """`RMinHash.from_token_sets` on lists of shingles, and `RMinHashLSH` row by row; nothing is verified.

    Its number of bands must divide the permutations: 16 of 8, its fewest that are as selective.
    """
    from rensa import RMinHash, RMinHashLSH

    texts, kept, phases = texts_in(folder), [], dict.fromkeys(("shingles", "signatures", "index"), 0.0)
    index = RMinHashLSH(THRESHOLD, PERMUTATIONS, 16)
    started = time.perf_counter()
    for first in range(0, len(texts), _BATCH):
        marks = [time.perf_counter()]
        lists = [_shingles(text) for text in texts[first : first + _BATCH]]
        marks.append(time.perf_counter())
        sketches = RMinHash.from_token_sets(lists, PERMUTATIONS, 42)
        marks.append(time.perf_counter())
        for row, sketch in enumerate(sketches, first):
            if not index.query(sketch):
                index.insert(row, sketch)
                kept.append(row)
        _add_phases(phases, [*marks, time.perf_counter()])
    return time.perf_counter() - started, kept, phases


def _add_phases(phases: dict[str, float], marks: list[float]) -> None:
    for name, began, ended in zip(phases, marks, marks[1:], strict=False):
        phases[name] += ended - began


def datatrove(folder: Path, scratch: Path) -> tuple[float, list[int], dict[str, float]]:
    """Its four stages on files, each with as many tasks as cores; nothing is verified, clusters are connected."""
    from datatrove.executor import LocalPipelineExecutor
    from datatrove.pipeline.dedup import (
        MinhashDedupBuckets,
        MinhashDedupCluster,
        MinhashDedupFilter,
        MinhashDedupSignature,
    )
    from datatrove.pipeline.dedup.minhash import MinhashConfig
    from datatrove.pipeline.readers import ParquetReader
    from datatrove.pipeline.writers import JsonlWriter

    cores = len(os.sched_getaffinity(0))
    config = MinhashConfig(n_grams=SHINGLE, num_buckets=BANDS, hashes_per_bucket=BAND_ROWS)
    place = {name: str(scratch / name) for name in ("signatures", "buckets", "removed", "kept")}

    def reader() -> ParquetReader:
        return ParquetReader(str(folder), id_key="row", read_metadata=False)

    stages = (
        ("signatures", [reader(), MinhashDedupSignature(place["signatures"], config)], cores),
        ("candidates", [MinhashDedupBuckets(place["signatures"], place["buckets"], config=config)], BANDS),
        ("clusters", [MinhashDedupCluster(place["buckets"], place["removed"], config=config)], 1),
        (
            "filter",
            [reader(), MinhashDedupFilter(place["removed"]), JsonlWriter(place["kept"], compression=None)],
            cores,
        ),
    )
    phases, started = {}, time.perf_counter()
    for name, pipeline, tasks in stages:
        began = time.perf_counter()
        LocalPipelineExecutor(
            pipeline=pipeline, tasks=tasks, workers=cores, logging_dir=str(scratch / f"log-{name}")
        ).run()
        phases[name] = time.perf_counter() - began
    seconds = time.perf_counter() - started
    lines = (line for path in sorted(Path(place["kept"]).glob("*")) for line in path.read_text().splitlines())
    return seconds, sorted(int(json.loads(line).get("id", 0)) for line in lines), phases  # it leaves out an id of 0


def text_dedup(folder: Path, scratch: Path) -> tuple[float, list[int], dict[str, float]]:
    """Its command on files; nothing is verified, clusters are connected."""
    import subprocess

    from datasets import load_from_disk

    command = [
        sys.executable, "-m", "text_dedup.minhash", "--path", "parquet", "--data_files", str(folder / "*.parquet"),
        "--split", "train", "--cache_dir", str(scratch / "cache"), "--output", str(scratch / "kept"), "--column", "text",
        "--ngram", str(SHINGLE), "--threshold", str(THRESHOLD), "--num_perm", str(PERMUTATIONS), "--b", str(BANDS),
        "--r", str(BAND_ROWS), "--min_length", "1", "--num_proc", str(len(os.sched_getaffinity(0))), "--batch_size", "10000",
    ]  # fmt: skip
    started = time.perf_counter()
    subprocess.run(command, check=True, stdout=sys.stderr)
    seconds = time.perf_counter() - started
    return seconds, sorted(load_from_disk(str(scratch / "kept"))["row"]), {}


def data_juicer(folder: Path, scratch: Path) -> tuple[float, list[int], dict[str, float]]:
    """Its command on files; nothing is verified, clusters are connected. It splits at blanks and keeps case, as the others' words do not."""
    import subprocess

    recipe = {
        "project_name": "peers",
        "dataset_path": str(folder),
        "export_path": str(scratch / "kept.jsonl"),
        "np": len(os.sched_getaffinity(0)),
        "text_keys": "text",
        "process": [
            {
                "document_minhash_deduplicator": {
                    "tokenization": "space",
                    "window_size": SHINGLE,
                    "num_permutations": PERMUTATIONS,
                    "jaccard_threshold": THRESHOLD,
                    "num_bands": BANDS,
                    "num_rows_per_band": BAND_ROWS,
                }
            }
        ],
    }
    (scratch / "recipe.json").write_text(json.dumps(recipe))
    offline = dict.fromkeys(("PIP_NO_INDEX", "UV_OFFLINE", "HF_HUB_OFFLINE", "HF_DATASETS_OFFLINE"), "1")
    own = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    program = Path(sys.executable).with_name("dj-process")
    started = time.perf_counter()
    environment = {**own, **offline, "HF_HOME": str(scratch / "cache"), "TMPDIR": str(scratch)}
    subprocess.run([program, "--config", "recipe.json"], check=True, stdout=sys.stderr, env=environment, cwd=scratch)
    seconds = time.perf_counter() - started
    return seconds, sorted(json.loads(line)["row"] for line in (scratch / "kept.jsonl").open()), {}


def main(tool: str, folder: str, result: str, scratch: str) -> None:
    """Measure one tool."""
    seconds, kept, phases = globals()[tool](Path(folder), Path(scratch))
    Path(result).write_text(json.dumps({"seconds": seconds, "kept": kept, "phases": phases}))


if __name__ == "__main__":
    main(*sys.argv[1:])
