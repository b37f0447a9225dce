"""The engine: runs a recipe's stages, keeps the ledger, and publishes the run directory."""

import json
import platform
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from curate import __version__, cache, ledger
from curate import rows as row_numbers
from curate.account import Applied, check_conservation
from curate.apply import apply_row_local, apply_step, make_context
from curate.compare import compare
from curate.errors import Mistake, UserError
from curate.groups import read_lexicon
from curate.plan import Stage, make_plan, root_key
from curate.progress import Progress, Quiet
from curate.publish import Finished, publish
from curate.recipe import Recipe
from curate.recipe_file import dump_recipe
from curate.sources import lexicon_paths, read_sources, source_digest, source_mistakes
from curate.split import split_rows
from curate.steps import Step, TrainStep
from curate.steps.base import Context
from curate.store import (
    Manifest,
    Phase,
    PhaseRecord,
    RunDirectory,
    SourceRecord,
    StageRecord,
    StepRecord,
    describe_platform,
    digest_file,
    digest_text,
    package_versions,
    read_parquet,
    write_parquet,
    write_text,
)
from curate.task import Classification

PACKAGES = (
    "polars",
    "datasketch",
    "ftfy",
    "pydantic",
    "ruamel.yaml",
    "numpy",
    "nlpaug",
    "fairlearn",
    "torch",
    "transformers",
    "trl",
    "peft",
)


@dataclass(frozen=True)
class Prepared:
    """A recipe that was checked against its files: what is planned and where the result will stand."""

    recipe: Recipe
    folder: Path
    overrides: tuple[str, ...]
    stages: tuple[Stage, ...]
    key: str
    run: RunDirectory


@dataclass
class _State:
    """What the stages hand on: rows, and once they are split their `side`."""

    rows: pl.DataFrame
    ledger: list[pl.DataFrame]
    stages: list[StageRecord]
    steps: list[StepRecord]


def check(recipe: Recipe, folder: Path) -> None:
    """Raise `UserError` with everything that can be known before work starts: files, columns, term lists, programs."""
    mistakes = source_mistakes(recipe, folder)
    for name, step in _steps_by_name(recipe):
        mistakes += [Mistake.of_problem(f"step '{name}'", problem) for problem in step.problems()]
        if step.word == "label_conflict" and not isinstance(recipe.task, Classification):
            mistakes.append(
                Mistake(f"step '{name}'", "needs a task with a label", "leave it out for instruction and chat data")
            )
    if mistakes:
        raise UserError(mistakes)


def _steps_by_name(recipe: Recipe) -> list[tuple[str, Step | TrainStep]]:
    return list(zip(recipe.step_names(), (*recipe.steps, *recipe.train_steps), strict=True))


def prepare(recipe: Recipe, folder: Path, runs: Path, overrides: Sequence[str] = ()) -> Prepared:
    """Check a recipe against its files, plan its stages, and name its run directory by what goes in."""
    check(recipe, folder)
    sources = tuple(source_digest(source, folder) for source in recipe.sources)
    lexicons = tuple(digest_file(path) for path in lexicon_paths(recipe, folder).values())
    stages = make_plan(recipe, root_key(recipe, sources, lexicons))
    key = digest_text(dump_recipe(recipe), *(stage.key for stage in stages))
    run = RunDirectory(runs / f"{recipe.name}-{key[:6]}")
    return Prepared(recipe, folder, tuple(overrides), stages, key, run)


def curate(prepared: Prepared, progress: Progress | None = None) -> RunDirectory:
    """Run the data engine and publish the run directory; does nothing if that is done already."""
    progress = progress or Quiet()
    run, recipe = prepared.run, prepared.recipe
    if run.is_done("curate", prepared.key):
        progress.end("curate", 0, cached=True)
        return run
    started = time.monotonic()
    cache.sweep(run.cache)
    lexicons = lexicon_paths(recipe, prepared.folder)
    terms = {attribute: read_lexicon(path) for attribute, path in lexicons.items()}
    state = _State(pl.DataFrame(), [], [], [])
    for stage in prepared.stages:
        _run_stage(stage, prepared, state, terms, progress)
    publishing = progress.begin("publish", state.rows.height)
    finished = Finished(state.rows, state.ledger, _folder(run, prepared.stages[0]))
    files = publish(run, recipe, finished, lexicons)
    publishing(state.rows.height)
    progress.end("publish", state.rows.height, cached=False)
    sources = tuple(
        SourceRecord.model_validate(record)
        for record in json.loads((_folder(run, prepared.stages[0]) / "sources.json").read_text())
    )
    run.write_manifest(_manifest(prepared, state, sources, _finished_phases(run, prepared.key)))
    used = {name: ", ".join(step.made_with()) for name, step in _steps_by_name(recipe) if step.made_with()}
    run.finish_phase("curate", prepared.key, files, started, used)
    return run


def _finished_phases(run: RunDirectory, key: str) -> dict[Phase, PhaseRecord]:
    """Return the phases that an earlier run of the same recipe on the same sources recorded here; they may still be right."""
    try:
        phases = run.read_manifest().phases
    except UserError:
        return {}
    return phases if "curate" in phases and phases["curate"].key == key else {}


def _folder(run: RunDirectory, stage: Stage) -> Path:
    return run.cache / stage.key[:32]


def is_cached(run: RunDirectory, stage: Stage) -> bool:
    """Return whether the result of a stage is there and unharmed."""
    return cache.is_whole(_folder(run, stage))


def _run_stage(
    stage: Stage,
    prepared: Prepared,
    state: _State,
    terms: Mapping[str, Mapping[str, tuple[str, ...]]],
    progress: Progress,
) -> None:
    folder, started, cached = _folder(prepared.run, stage), time.monotonic(), is_cached(prepared.run, stage)
    rows_in = state.rows.height
    tick = progress.begin(stage.name, rows_in if stage.side == "all" else int((state.rows["side"] == "train").sum()))
    if not cached:
        context = make_context(prepared.recipe.task, prepared.recipe.seed, terms, tick)
        with cache.keeping(folder) as temporary:
            _write_stage(stage, prepared, state.rows, context, temporary)
    state.rows = read_parquet(folder / "rows.parquet")
    state.ledger.append(read_parquet(folder / "ledger.parquet"))
    records = [
        StepRecord.model_validate(record) for record in json.loads((folder / "steps.json").read_text(encoding="utf-8"))
    ]
    state.steps += records
    names = tuple(record.step for record in records)
    seconds = round(time.monotonic() - started, 3)
    state.stages.append(
        StageRecord(
            key=stage.key, steps=names, rows_in=rows_in, rows_out=state.rows.height, seconds=seconds, cached=cached
        )
    )
    progress.end(stage.name, records[-1].rows_out, cached=cached)


def _write_stage(stage: Stage, prepared: Prepared, rows: pl.DataFrame, context: Context, folder: Path) -> None:
    recipe = prepared.recipe
    if stage.kind == "read":
        applied = _read(prepared, folder)
    elif stage.kind == "split":
        applied = _split(recipe, rows, context)
    else:
        applied = _apply(stage, rows, context, recipe)
    write_parquet(folder / "rows.parquet", applied.rows)
    write_parquet(folder / "ledger.parquet", applied.ledger)
    write_text(folder / "steps.json", json.dumps([record.model_dump() for record in applied.records]))


def _read(prepared: Prepared, folder: Path) -> Applied:
    sources = read_sources(prepared.recipe, prepared.folder)
    write_parquet(folder / "quarantine.parquet", sources.quarantine)
    write_text(folder / "sources.json", json.dumps([record.model_dump() for record in sources.records]))
    if sources.planted is not None:
        write_parquet(folder / "planted.parquet", sources.planted)
    names = prepared.recipe.source_names
    quarantined = sources.quarantine.select(
        row=pl.col("source").replace_strict(
            names, [row_numbers.number(place, 0) for place in range(len(names))], return_dtype=pl.Int64
        )
        + pl.col("line") * (1 << row_numbers.COPY_BITS),
        reason="reason",
    )
    lines = ledger.lines(quarantined, -1, "read", "quarantined")
    record = StepRecord(
        step="read",
        rows_in=sum(record.rows for record in sources.records),
        rows_out=sources.rows.height,
        dropped=0,
        quarantined=sources.quarantine.height,
        added=0,
        changed=0,
        refused=0,
    )
    return Applied(sources.rows, lines, (check_conservation(record),))


def _split(recipe: Recipe, rows: pl.DataFrame, context: Context) -> Applied:
    assert recipe.split is not None
    before = rows if "side" in rows.columns else rows.with_columns(side=pl.lit(None, dtype=pl.String))
    return compare(before, split_rows(rows, recipe.split, context), (len(recipe.steps), "split"), context, recipe.task)


def _apply(stage: Stage, rows: pl.DataFrame, context: Context, recipe: Recipe) -> Applied:
    """Apply a stage to the rows that it may see: all rows before the split, training rows after it."""
    seen = rows if stage.side == "all" else rows.filter(pl.col("side") == "train")
    if stage.kind == "row_local":
        applied = apply_row_local(seen, stage.steps, recipe.task, context.tick)
    else:
        held_out = rows.filter(pl.col("side") != "train") if stage.side == "train" else rows.clear()
        told = replace(context, held_out=held_out.select("row", text=context.text))
        applied = apply_step(seen, stage.steps[0], told, recipe.task)
    if stage.side == "all":
        return applied
    others = rows.filter(pl.col("side") != "train")
    return Applied(pl.concat([applied.rows, others]).sort("row"), applied.ledger, applied.records)


def _manifest(
    prepared: Prepared, state: _State, sources: tuple[SourceRecord, ...], phases: dict[Phase, PhaseRecord]
) -> Manifest:
    return Manifest(
        name=prepared.run.path.name,
        fairlead=__version__,
        python=platform.python_version(),
        platform=describe_platform(),
        seed=prepared.recipe.seed,
        packages=package_versions(PACKAGES),
        overrides=prepared.overrides,
        sources=sources,
        stages=tuple(state.stages),
        steps=tuple(state.steps),
        phases=phases,
    )
