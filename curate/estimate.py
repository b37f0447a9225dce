"""How long a recipe will take and how much memory, from a probe of its first rows; and how good the estimate was."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from curate import engine
from curate.dataset import PART_BYTES
from curate.files import write_text
from curate.plan import Stage
from curate.probe import Asked, Look, Probe
from curate.readers.count import count_in_file
from curate.source_settings import DemoSource, Source
from curate.sources.find import is_here, source_paths
from curate.sources.remote import FETCHED
from curate.store import RunDirectory

SHARE = 0.01
"""Of the rows, that are probed."""
LEAST_ROWS = 2_000
"""So many are probed at least: fewer measure the machine's mood."""
_STREAMED = ("read", "measure", "decide")
"""Stages that hold a few parts of the rows at a time."""
PUBLISH = "publish"
"""The last piece of work, which is not a stage."""


class StageEstimate(BaseModel):
    """What one stage will take; nothing of time where its result is in the cache."""

    model_config = ConfigDict(frozen=True)

    stage: str
    seconds: float
    memory_bytes: int
    cached: bool


class Estimate(BaseModel):
    """The estimate of a whole curation, from `probed` of `rows` rows. If no probed row stays, `emptied_by` took the last."""

    model_config = ConfigDict(frozen=True)

    rows: int
    probed: int
    stages: tuple[StageEstimate, ...]
    emptied_by: str | None = None

    @property
    def seconds(self) -> float:
        """Seconds of all stages."""
        return sum(stage.seconds for stage in self.stages)

    @property
    def memory_bytes(self) -> int:
        """The highest peak of a stage that will run (publishing always does)."""
        return max(stage.memory_bytes for stage in self.stages if not stage.cached)


class NoEstimate(BaseModel):
    """Why nothing can be estimated."""

    model_config = ConfigDict(frozen=True)

    why: str


def estimate(prepared: engine.Prepared, recipe: Path, steps: Path | None) -> Estimate | NoEstimate:
    """Probe a recipe and return the estimate, or why there is none. Keeps it for `how_good`."""
    counts = [count_rows(prepared, source) for source in prepared.recipe.sources]
    known = [count for count in counts if count is not None]
    rows = sum(known)
    if len(known) < len(counts):
        return NoEstimate(why="a remote source is not fetched yet; curate fetches it")
    if not rows:
        return NoEstimate(why="the sources hold no rows")
    share = min(max(SHARE, LEAST_ROWS / rows), 1.0)
    found = _probe(prepared, recipe, steps, [max(round(count * share), 1) for count in known])
    if isinstance(found, NoEstimate):
        return found
    cached = tuple(engine.is_cached(prepared.run, stage) for stage in prepared.stages)
    made = extrapolate(found, rows, prepared.stages, cached)
    write_text(prepared.run.estimate, made.model_dump_json() + "\n")
    return made


def _probe(prepared: engine.Prepared, recipe: Path, steps: Path | None, counts: Sequence[int]) -> Probe | NoEstimate:
    asked = Asked(
        recipe=recipe, overrides=prepared.overrides, steps=steps, runs=prepared.run.path.parent, rows=tuple(counts)
    )
    command = [sys.executable, "-P", "-m", "curate.probe"]
    done = subprocess.run(command, input=asked.model_dump_json(), capture_output=True, encoding="utf-8", check=False)  # noqa: S603  (our own module)
    if not done.returncode:
        return Probe.model_validate_json(done.stdout)
    said = done.stdout if done.returncode == 2 else (done.stderr.strip().splitlines() or ["it was killed"])[-1]  # noqa: PLR2004  (the user's mistake)
    return NoEstimate(why=f"a probe of the first rows, at most {sum(counts):,}, stopped ({said.strip()})")


def count_rows(prepared: engine.Prepared, source: Source) -> int | None:
    """Return how many rows a source has, in a long csv about how many; None if it is not fetched yet."""
    if isinstance(source, DemoSource):
        return source.rows
    fetched = prepared.run.cache / FETCHED
    if not is_here(source, prepared.folder, fetched):
        return None
    path, _labels = source_paths(source, prepared.folder, fetched)
    return count_in_file(source, path)


def extrapolate(probe: Probe, rows: int, stages: Sequence[Stage], cached: Sequence[bool]) -> Estimate:
    """Draw a line through both looks: time grows with rows; memory too, for a stage in parts only up to the rows of a part."""
    half, full = probe.looks
    ours = [(stage.name, stage.kind, there) for stage, there in zip(stages, cached, strict=True)]
    certifies = "whole" if any(stage.kind == "split" for stage in stages) else "decide"
    found = [
        StageEstimate(
            stage=name,
            seconds=0.0 if there else _line(half, full, half.seconds[name], full.seconds[name], rows),
            memory_bytes=int(_line(half, full, half.memory[name], full.memory[name], _held(kind, full, rows))),
            cached=there,
        )
        for name, kind, there in [*ours, (PUBLISH, certifies, False)]
    ]
    return Estimate(rows=rows, probed=full.rows, stages=tuple(found), emptied_by=full.emptied_by)


def _line(half: Look, full: Look, low: float, high: float, rows: float) -> float:
    """Return what `rows` rows take; at most as much a row as the full look took, for a look takes something before any row."""
    slope = min(max(high - low, 0.0) / max(full.rows - half.rows, 1), high / max(full.rows, 1))
    return max(high + slope * (rows - full.rows), 0.0)


def _held(kind: str, full: Look, rows: int) -> float:
    """Return how many rows a stage holds at once: those of a part, or all."""
    return min(rows, max(PART_BYTES / max(full.row_bytes, 1), full.rows)) if kind in _STREAMED else rows


def how_good(run: RunDirectory) -> str | None:
    """Say once what was estimated beside what it took; None where nothing was estimated, or other stages than those ran."""
    try:
        made = Estimate.model_validate_json(run.estimate.read_text(encoding="utf-8"))
        run.estimate.unlink()
    except (OSError, ValidationError):
        return None
    manifest = run.read_manifest()
    if [stage.cached for stage in manifest.stages] != [stage.cached for stage in made.stages[:-1]]:
        return None
    record = manifest.phases["curate"]
    gibibytes = made.memory_bytes / 2**30, record.peak_memory_bytes / 2**30
    return (
        f"estimated {made.seconds:.0f} s and {gibibytes[0]:.1f} GiB from {made.probed:,} of {made.rows:,} rows; "
        f"it took {record.seconds:.0f} s and {gibibytes[1]:.1f} GiB"
    )
