"""How long `exact` takes to choose among many rows, and its peak memory: `python tests/benchmarks/exact_memory.py [ROWS] [KEEP] [SHARE]`.

The facts are pairs of random 64-bit numbers, a SHARE of them (0.1) copies of others, in a process of their own. KEEP is a
criterion of `keep` (`first`, `longest`).
"""

import resource
import sys
import time

import numpy as np
import polars as pl

from curate.apply import make_context
from curate.rows import numbers
from curate.steps.exact import Exact
from curate.task import Classification


def facts_of(count: int, criterion: str, share: float) -> pl.DataFrame:
    """Return the facts of so many rows."""
    chance = np.random.default_rng(7)
    copies = int(count * share)
    place = np.concatenate([np.arange(count - copies), chance.integers(0, count - copies, copies)])
    chance.shuffle(place)
    low, high = (
        pl.Series(name, chance.integers(0, 2**64, count - copies, dtype=np.uint64)[place]) for name in ("low", "high")
    )
    facts = pl.DataFrame([low, high]).with_row_index("row", offset=1)
    ranks = {} if criterion == "first" else {"keep_0": pl.Series(chance.integers(1, 500, count, dtype=np.uint32))}
    return facts.select(numbers(0, pl.col("row")).alias("row"), "low", "high", **ranks)


def main(count: int, criterion: str, share: float) -> None:
    """Print the seconds and the peaks of memory before and after."""
    facts = facts_of(count, criterion, share)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    context = make_context(Classification(kind="classification", text="text", label="label"), 7, {})
    started = time.monotonic()
    dropped = Exact(keep=(criterion,)).choose(facts, context).dropped
    seconds = time.monotonic() - started
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(
        f"{count:,} facts ({facts.estimated_size('mb'):.0f} MiB), keep {criterion}: {dropped.height:,} copies in {seconds:.1f} s; "
        f"peak {after / 1024:.0f} MiB ({before / 1024:.0f} MiB before)"
    )


if __name__ == "__main__":
    asked = dict(enumerate(sys.argv[1:]))
    main(int(asked.get(0, "20000000")), asked.get(1, "first"), float(asked.get(2, "0.1")))
