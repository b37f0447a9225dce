"""`python -m curate.probe`: a recipe run on the first rows of its sources, in a process of its own; prints what each stage took.

Reads the settings of the probe as JSON on stdin (`Asked`), prints `Probe` as JSON. Nothing is written but to a temporary folder.
"""

import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from functools import reduce
from pathlib import Path

import polars as pl
from pydantic import BaseModel, ConfigDict

from curate import cache, engine, ledger
from curate.dataset import write_part, write_parts
from curate.errors import UserError
from curate.files import write_text
from curate.manifest import emptied_by, peak_memory_bytes
from curate.own_steps import load_steps
from curate.progress import NO_TICK, Tick
from curate.read_rows import shown
from curate.readers.rejects import QUARANTINE_SCHEMA
from curate.reading import first_rows_of_each
from curate.recipe_file import load_recipe
from curate.sources.remote import FETCHED
from curate.store import RunDirectory

SHARES = (0.5, 1.0)
"""Of the probed rows: two looks give a line. One before them loads what is loaded once and is not counted."""
SHORT_SECONDS = 2.0
"""A look that took less is taken twice more, and the shortest time of each stage counts."""
_RESET = Path("/proc/self/clear_refs")


class Asked(BaseModel):
    """What is to be probed: the recipe, its overrides, the file of the user's own steps, and how many rows of each source."""

    model_config = ConfigDict(frozen=True)

    recipe: Path
    overrides: tuple[str, ...]
    steps: Path | None
    runs: Path
    rows: tuple[int, ...]


class Look(BaseModel):
    """What each stage took over so many rows: seconds, and the peak of resident memory in bytes while it ran.

    `row_bytes` is what a row takes in memory, `emptied_by` the step that took the last row, if none was left.
    """

    model_config = ConfigDict(frozen=True)

    rows: int
    row_bytes: float
    seconds: dict[str, float]
    memory: dict[str, int]
    emptied_by: str | None = None

    def at_best(self, other: "Look") -> "Look":
        """Return the shorter time of each stage of two looks at the same rows: what else the machine did only adds to it."""
        return self.model_copy(
            update={"seconds": {stage: min(taken, other.seconds[stage]) for stage, taken in self.seconds.items()}}
        )


class Probe(BaseModel):
    """Two looks, at half of the rows and at all of them."""

    model_config = ConfigDict(frozen=True)

    looks: tuple[Look, Look]


class _Meter:
    """A progress that measures each stage."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.memory: dict[str, int] = {}
        self._started = 0.0

    def begin(self, stage: str, rows: int) -> Tick:  # noqa: ARG002
        reset_peak()
        self._started = time.monotonic()
        return NO_TICK

    def end(self, stage: str, rows_out: int, *, cached: bool, noted: int = 0) -> None:  # noqa: ARG002
        self.seconds[stage] = time.monotonic() - self._started
        self.memory[stage] = peak_memory_bytes()


def reset_peak() -> None:
    """Forget the peak of resident memory so far, where the system can (Linux)."""
    try:
        _RESET.write_text("5")
    except OSError:
        return


def look(prepared: engine.Prepared, counts: Sequence[int]) -> Look:
    """Run every stage on the first rows of each source."""
    meter = _Meter()
    with tempfile.TemporaryDirectory() as folder:
        small = replace(prepared, run=RunDirectory(Path(folder) / "probe"))
        meter.begin("read", 0)
        rows = first_rows_of_each(prepared.recipe, prepared.folder, prepared.run.cache / FETCHED, counts)
        _keep_read(small, rows)
        meter.end("read", rows.height, cached=False)
        read = meter.seconds["read"], meter.memory["read"]
        steps = engine.curate(small, meter).read_manifest().steps
        meter.seconds["read"], meter.memory["read"] = read
    row_bytes = rows.estimated_size() / max(rows.height, 1)
    return Look(
        rows=rows.height,
        row_bytes=row_bytes,
        seconds=meter.seconds,
        memory=meter.memory,
        emptied_by=emptied_by(steps) if rows.height else "read",
    )


def _steady_look(prepared: engine.Prepared, counts: Sequence[int]) -> Look:
    """Return a look that the mood of the machine moves little: a short one is taken three times."""
    found = look(prepared, counts)
    again = 0 if sum(found.seconds.values()) > SHORT_SECONDS else 2
    return reduce(Look.at_best, (look(prepared, counts) for _ in range(again)), found)


def _keep_read(prepared: engine.Prepared, rows: pl.DataFrame) -> None:
    """Put rows where the engine looks for those that were read."""
    with cache.keeping(engine.folder_of(prepared.run, prepared.stages[0])) as folder:
        write_parts([shown(rows, prepared.recipe.source_names)], folder / "rows")
        write_part(folder / "ledger", 0, ledger.empty())
        write_part(folder / "quarantine", 0, pl.DataFrame(schema=QUARANTINE_SCHEMA))
        write_text(folder / "steps.json", "[]")
        write_text(folder / "sources.json", "[]")


def main() -> None:
    """Probe as asked on stdin. What stops it is told in its place, with exit code 2, and no hint: the run has more rows."""
    asked = Asked.model_validate_json(sys.stdin.read())
    try:
        found = probe(asked)
    except UserError as error:
        sys.stdout.write(f"{error.mistakes[0].where}: {error.mistakes[0].what}")
        raise SystemExit(2) from None
    sys.stdout.write(found.model_dump_json() + "\n")


def probe(asked: Asked) -> Probe:
    """Return two looks at a recipe."""
    recipe = load_recipe(asked.recipe, asked.overrides, load_steps(asked.steps) if asked.steps else ())
    prepared = engine.prepare(recipe, asked.recipe.parent, asked.runs, asked.overrides, fetch=False)
    half, full = ([max(round(count * share), 1) for count in asked.rows] for share in SHARES)
    look(prepared, half)
    return Probe(looks=(_steady_look(prepared, half), _steady_look(prepared, full)))


if __name__ == "__main__":
    main()
