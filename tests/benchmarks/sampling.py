"""Time and memory of the steps that sample, on facts of many rows: `python tests/benchmarks/sampling.py 5000000`."""

import resource
import sys
import time

import numpy as np
import polars as pl

from curate.apply import make_context
from curate.rows import number
from curate.steps.base import Select
from curate.steps.cap import Cap
from curate.steps.mix import Mix
from curate.steps.sample import Sample
from curate.task import Classification

SOURCES = ("web", "books", "wiki", "code")
TASK = Classification(kind="classification", text="text", label="label")


def main(rows: int) -> None:
    """Print a line for each step: seconds for its facts, seconds for its choice, rows dropped."""
    chance = np.random.default_rng(7)
    part = np.sort(chance.choice(4, rows, p=[0.7, 0.1, 0.15, 0.05])).astype(np.int64)
    frame = pl.DataFrame(
        {
            "row": part * number(1, 0) + np.arange(1, rows + 1) * 256,
            "label": chance.integers(0, 5, rows),
            "site": chance.zipf(1.3, rows).clip(max=500_000),
        }
    ).with_columns(pl.col("label").cast(pl.String), site=pl.format("site{}", "site"))
    before = peak_memory()
    context = make_context(TASK, 7, {}, sources=SOURCES)
    context = type(context)(**{**context.__dict__, "schema": frame.schema})
    steps: dict[str, Select] = {
        "sample, share 0.3": Sample(share=0.3),
        "sample by source and label": Sample(share=0.3, by=("source", "label")),
        "sample by source and label, equal": Sample(share=0.3, by=("source", "label"), equal=True),
        "cap by source": Cap(by=("source",), rows=rows // 20),
        "cap by site (many values)": Cap(by=("site",), rows=100),
        "mix": Mix(weights={"web": 4, "books": 2, "wiki": 2, "code": 1}, rows=rows // 4, shortage="less"),
    }
    for name, step in steps.items():
        began = time.perf_counter()
        facts = frame.select("row", **step.facts(context))
        told = time.perf_counter()
        choice = step.choose(facts, context)
        done = time.perf_counter()
        gone = choice.dropped.height
        print(f"{name:36} facts {told - began:5.2f} s   choice {done - told:5.2f} s   dropped {gone:,}")
    peak = peak_memory()
    print(
        f"{frame['site'].n_unique():,} sites in {rows:,} rows; peak memory {peak:.2f} GiB, {before:.2f} before the steps"
    )


def peak_memory() -> float:
    """Return the most memory that this process has held, in GiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


if __name__ == "__main__":
    main(int(sys.argv[1]))
