"""A finished run counted again: the account that its manifest gives of every step, from the ledger and the data themselves."""

from collections.abc import Iterator
from typing import Any

import polars as pl

from curate import rows as row_numbers
from curate.account import ConservationError, check_conservation
from curate.dataset import parts_of
from curate.errors import Mistake
from curate.files import digest_text, scan_parquet
from curate.ledger import OF_CELLS
from curate.manifest import Manifest
from curate.recipe import Recipe
from curate.split import SIDES
from curate.store import RunDirectory

_HINT = "the manifest, the ledger or the data were changed after the run; run the recipe again"
_COUNTED = ("dropped", "quarantined", "added", "changed", "refused", "noted")


def recount(run: RunDirectory, recipe: Recipe) -> list[Mistake]:
    """Return what the manifest and the ledger say of the run's rows that is not so."""
    manifest = run.read_manifest()
    where = str(run.manifest)
    mistakes = [
        Mistake(where, what, _HINT)
        for found in (_of_key(run, manifest), _of_sources(run, manifest), _of_steps(run, manifest))
        for what in found
    ]
    return [*mistakes, *(Mistake(str(run.ledger), what, _HINT) for what in _of_rows(run, recipe))]


def _of_key(run: RunDirectory, manifest: Manifest) -> Iterator[str]:
    """Yield whether the run's key is not that of its recipe and its stages."""
    key = digest_text(run.recipe.read_text(encoding="utf-8"), *(stage.key for stage in manifest.stages))
    if key != manifest.phases["curate"].key:
        yield "names other stages than its recipe led to"


def _of_sources(run: RunDirectory, manifest: Manifest) -> Iterator[str]:
    """Yield what is told of a source and was not read from it."""
    read = _count(_read(run).group_by(place=row_numbers.source_of(pl.col("row"))))
    rejected = _count(scan_parquet(run.quarantine).group_by("source"))
    for place, source in enumerate(manifest.sources):
        told = (source.rows - source.quarantined, source.quarantined)
        found = (read.get(place, 0), rejected.get(source.name, 0))
        if told != found:
            counts = [f"{rows:,} rows and {out:,} in quarantine" for rows, out in (told, found)]
            yield f"counts of '{source.name}' {counts[0]}; there are {counts[1]}"


def _of_steps(run: RunDirectory, manifest: Manifest) -> Iterator[str]:
    """Yield what is told of a step and does not follow from the ledger, or from its own counts."""
    row, event = pl.col("row"), pl.col("event")
    about_rows = row.filter((event != "noted") | ~pl.col("reason").is_in(OF_CELLS).fill_null(value=False))
    lines = scan_parquet(run.ledger).group_by("step", "event").agg(lines=pl.len(), rows=about_rows.n_unique()).collect()
    # of one row several copies may be refused; anything else happens to a row once
    found = {(step, what): many if what == "refused" else rows for step, what, many, rows in lines.iter_rows()}
    for record in manifest.steps:
        for what in _COUNTED:
            told, counted = getattr(record, what), found.pop((record.step, what), 0)
            if told != counted:
                yield f"step '{record.step}' has {told:,} rows {what}, and the ledger {counted:,}"
        try:
            check_conservation(record)
        except ConservationError as error:
            yield str(error)
    yield from (f"does not name the step '{step}', of which the ledger tells" for step, _what in found)


def _of_rows(run: RunDirectory, recipe: Recipe) -> Iterator[str]:
    """Yield whether a row that was read or added is not found once: in the data, dropped, or in quarantine."""
    sides = SIDES if recipe.split is not None else ("all",)
    ledger = scan_parquet(run.ledger)
    places = {name: row_numbers.number(place, 0) for place, name in enumerate(recipe.source_names)}
    source = pl.col("source").replace_strict(places, default=None, return_dtype=pl.Int64)
    rejected = source + pl.col("line") * (1 << row_numbers.COPY_BITS)
    came = [
        _read(run),
        scan_parquet(run.quarantine).select(row=rejected),
        ledger.filter(pl.col("event") == "added").select("row"),
    ]
    went = [
        *(scan_parquet(run.data(side)).select("row") for side in sides),
        ledger.filter(pl.col("event").is_in(["dropped", "quarantined"])).select("row"),
    ]
    every = pl.concat(
        [*(rows.with_columns(came=1, went=0) for rows in came), *(rows.with_columns(came=0, went=1) for rows in went)]
    )
    once = (pl.col("came") == 1) & (pl.col("went") == 1)
    lost = every.group_by("row").agg(pl.col("came", "went").sum()).filter(~once).sort("row")
    wrong = lost.collect(engine="streaming")
    if wrong.height:
        row, came_in, went_out = wrong.row(0)
        name = "without a number" if row is None else row_numbers.name(row, recipe.source_names)
        more = f", and so {wrong.height - 1:,} more" if wrong.height > 1 else ""
        yield f"row {name} comes in {came_in} times and is {went_out} times kept, dropped or in quarantine{more}"


def _read(run: RunDirectory) -> pl.LazyFrame:
    return pl.scan_parquet(list(parts_of(run.source)), glob=False).select("row")


def _count(grouped: Any) -> dict[Any, int]:
    return dict(grouped.agg(pl.len()).collect(engine="streaming").iter_rows())
