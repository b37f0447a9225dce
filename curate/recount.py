"""A finished run counted again: the account that its manifest gives of every step, from the ledger and the data themselves."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import polars as pl
from polars.lazyframe.group_by import LazyGroupBy

from curate import rows as row_numbers
from curate.account import ConservationError, check_conservation
from curate.dataset import parts_of
from curate.errors import Mistake
from curate.files import digest_text, read_parquet, scan_parquet
from curate.ledger import is_of_row
from curate.manifest import Manifest, StepRecord
from curate.outside import unknown_groups
from curate.outside_copies import count_copies
from curate.recipe import Recipe
from curate.recount_merges import broken_merges
from curate.split import SIDES
from curate.store import RunDirectory

_HINT = "the manifest, the ledger or the data were changed after the run; run the recipe again"
_COUNTED = ("dropped", "quarantined", "added", "changed", "refused", "noted")


@dataclass(frozen=True)
class _Said:
    """What a run says of itself: its manifest and recipe, and how many rows stand on each side."""

    manifest: Manifest
    recipe: Recipe
    heights: dict[str, int]


def recount(run: RunDirectory, recipe: Recipe) -> list[Mistake]:
    """Return what the manifest and the ledger say of the run's rows that is not so."""
    sides = SIDES if recipe.split is not None else ("all",)
    heights = {side: int(scan_parquet(run.data(side)).select(pl.len()).collect().item()) for side in sides}
    said = _Said(run.read_manifest(), recipe, heights)
    of_manifest = (
        _of_key(run, said),
        _of_sources(run, said),
        _of_steps(run, said),
        _of_stages(said),
        _of_outside(run, said),
    )
    mistakes = [Mistake(str(run.manifest), what, _HINT) for found in of_manifest for what in found]
    of_ledger = (*_of_rows(run, said), *broken_merges(run, recipe))
    return [*mistakes, *(Mistake(str(run.ledger), what, _HINT) for what in of_ledger)]


def _of_key(run: RunDirectory, said: _Said) -> Iterator[str]:
    """Yield that the run's key is not that of its recipe, its stages, its probes and its files from elsewhere, where that is so."""
    stages, probes = (stage.key for stage in said.manifest.stages), (probe.key for probe in said.manifest.probes)
    outside = (file.key for file in said.manifest.outside)
    key = digest_text(run.recipe.read_text(encoding="utf-8"), *stages, *probes, *outside)
    if key != said.manifest.phases["curate"].key:
        yield "names other stages than its recipe led to"


def _of_sources(run: RunDirectory, said: _Said) -> Iterator[str]:
    """Yield what is told of a source and was not read from it."""
    told_names = tuple(source.name for source in said.manifest.sources)
    if told_names != said.recipe.source_names:
        yield "names other sources than the recipe"
    read = _count(_read(run).group_by(place=row_numbers.source_of(pl.col("row"))))
    rejected = _count(scan_parquet(run.quarantine).group_by("source"))
    for place, source in enumerate(said.manifest.sources):
        told = (source.rows - source.quarantined, source.quarantined)
        found = (read.get(place, 0), rejected.get(source.name, 0))
        if told != found:
            counts = [f"{rows:,} rows and {out:,} in quarantine" for rows, out in (told, found)]
            yield f"counts of '{source.name}' {counts[0]}; there are {counts[1]}"


def _of_outside(run: RunDirectory, said: _Said) -> Iterator[str]:
    """Yield what is told of a file from elsewhere and is not what its rows are."""
    if [file.name for file in said.manifest.outside] != [file.name for file in said.recipe.audit.outside]:
        yield "names other files from elsewhere than the recipe"
        return
    for file in said.manifest.outside:
        refused = _count(scan_parquet(run.outside_refused(file.name)).group_by("reason"))
        rows = read_parquet(run.outside(file.name))
        found = {"rows": rows.height + sum(refused.values()), "refused": refused, **count_copies(rows)}
        if any(getattr(file, name) != value for name, value in found.items()):
            yield f"counts of '{file.name}' other rows or copies than there are"
        if file.unknown != unknown_groups(rows, said.recipe):
            yield f"names other groups of '{file.name}' that are unknown than there are"


def _of_steps(run: RunDirectory, said: _Said) -> Iterator[str]:
    """Yield what is told of a step and does not follow from the ledger, from its own counts, or from the step before."""
    steps, recipe = said.manifest.steps, said.recipe
    names, before_split = recipe.step_names(), len(recipe.steps)
    expected = ["read", *names[:before_split], *(["split"] if recipe.split is not None else []), *names[before_split:]]
    if [record.step for record in steps] != expected:
        yield "names other steps than the recipe"
        return
    found = _events(run)
    for place, record in enumerate(steps, start=-1):
        for what in _COUNTED:
            told, counted = getattr(record, what), found.pop((place, record.step, what), 0)
            if told != counted:
                yield f"step '{record.step}' has {told:,} rows {what}, and the ledger {counted:,}"
        try:
            check_conservation(record)
        except ConservationError as error:
            yield str(error)
    yield from dict.fromkeys(f"tells nothing of the step '{step}' of the ledger" for _place, step, _what in found)
    yield from _of_chain(steps, said)


def _events(run: RunDirectory) -> dict[tuple[int, str, str], int]:
    """Return to how many rows each event of each step happened, by the step's place and name; of refused copies each counts."""
    ledger, counts = scan_parquet(run.ledger), Counter[tuple[int, str, str]]()
    kinds = ledger.select("place", "step", "event").unique().collect(engine="streaming")
    for place, step, event in kinds.iter_rows():  # one by one, because grouping by rows would take much more memory
        mine = (pl.col("place") == place) & (pl.col("step") == step) & (pl.col("event") == event)
        lines = ledger.filter(mine & (is_of_row() if event == "noted" else True)).select("row")
        rows = lines.collect(engine="streaming")["row"]
        counts[place, step, event] = len(rows) if event == "refused" else rows.n_unique()
    return {kind: count for kind, count in counts.items() if count}


def _of_chain(steps: tuple[StepRecord, ...], said: _Said) -> Iterator[str]:
    """Yield where a step's rows are not those that the step before it left; a training step sees the training rows alone."""
    held_out = sum(rows for side, rows in said.heights.items() if side not in ("train", "all"))
    rows = sum(source.rows for source in said.manifest.sources)
    for place, record in enumerate(steps):
        if place == len(said.recipe.steps) + 2:  # the first after reading, the steps and the split
            rows -= held_out
        if record.rows_in != rows:
            yield f"step '{record.step}' has {record.rows_in:,} rows in, and before it are {rows:,}"
        rows = record.rows_out
    left = sum(said.heights.values()) - (held_out if said.recipe.train_steps else 0)
    if rows != left:
        yield f"the last step has {rows:,} rows out, and the data {left:,}"


def _of_stages(said: _Said) -> Iterator[str]:
    """Yield where a stage does not begin with the rows that the stage before it left."""
    stages = said.manifest.stages
    for before, after in pairwise(stages):
        if before.rows_out != after.rows_in:
            yield f"stage '{after.name}' has {after.rows_in:,} rows in, and the stage before it {before.rows_out:,} out"
    kept = sum(said.heights.values())
    if stages and stages[-1].rows_out != kept:
        yield f"the last stage has {stages[-1].rows_out:,} rows out, and the data {kept:,}"


def _of_rows(run: RunDirectory, said: _Said) -> Iterator[str]:
    """Yield that rows that were read or made are not found once, in the data, dropped, or in quarantine, where that is so."""
    names, ledger = said.recipe.source_names, scan_parquet(run.ledger)
    rejected = row_numbers.numbers_by_name(pl.col("source"), pl.col("line"), names)
    came = [
        _read(run),
        scan_parquet(run.quarantine).select(row=rejected),
        ledger.filter(pl.col("event") == "added").select("row"),
    ]
    went = [
        *(scan_parquet(run.data(side)).select("row") for side in said.heights),
        ledger.filter(pl.col("event").is_in(["dropped", "quarantined"])).select("row"),
    ]
    every = pl.concat(
        [
            *(rows.with_columns(came=1, went=0) for rows in came),
            *(rows.with_columns(came=0, went=1) for rows in went),
        ]
    )
    once = (pl.col("came") == 1) & (pl.col("went") == 1)
    lost = every.group_by("row").agg(pl.col("came", "went").sum()).filter(~once).sort("row")
    wrong = lost.collect(engine="streaming")
    if wrong.height:
        row, came_in, went_out = wrong.row(0)
        more = f", and so {wrong.height - 1:,} more" if wrong.height > 1 else ""
        yield f"row {_named(row, names)} comes in {came_in} times and is {went_out} times kept, dropped or in quarantine{more}"


def _named(row: int | None, sources: tuple[str, ...]) -> str:
    """Return the name of a row; the number of one of no source."""
    known = row is not None and 0 <= row < row_numbers.number(len(sources), 0)
    return row_numbers.name(row, sources) if row is not None and known else f"number {row}, of no source,"


def _read(run: RunDirectory) -> pl.LazyFrame:
    return pl.scan_parquet(list(parts_of(run.source)), glob=False).select("row")


def _count(grouped: LazyGroupBy) -> dict[object, int]:
    return dict(grouped.agg(pl.len()).collect(engine="streaming").iter_rows())
