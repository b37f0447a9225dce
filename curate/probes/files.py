"""Files of probes: found, read and drawn from; what is wrong with them; and what the run directory holds of each."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl

from curate.errors import Mistake, UserError, check_none_changed
from curate.evaluation_files import SHOWN_LINES, read_whole
from curate.files import digest_file, write_parquet
from curate.manifest import ProbeRecord
from curate.probes import AskedProbe
from curate.readers.rejects import INDEX
from curate.sources.find import find_file, missing_file
from curate.store import RunDirectory
from curate.task import AnyTask, Classification

ROOT = Path(__file__).parents[2]
"""The folder in which fairlead's packages stand."""


def read_probe(probe: AskedProbe, path: Path) -> pl.DataFrame:
    """Return the rows of a probe's file that may be asked (see `Probe.prepare`), in its order.

    Raises `UserError` with every mistake: broken lines, missing columns, rows that are no items.
    """
    rows, _known = read_whole(probe.path, path, probe.columns)
    mistakes = [
        mistake
        for bad, what, hint in probe.wrong(rows.schema)
        for mistake in _mistakes_in(rows.filter(bad), path, what, hint)
    ]
    if mistakes:
        raise UserError(mistakes)
    prepared = probe.prepare(rows)
    if prepared.is_empty():
        raise UserError(Mistake(str(path), f"has no row for the probe '{probe.name}'", "name a file with rows"))
    return prepared


def _mistakes_in(bad: pl.DataFrame, path: Path, what: str, hint: str) -> list[Mistake]:
    """Say what is wrong with the first of these rows; how many there are if not all are told."""
    if bad.is_empty():
        return []
    shown = bad[INDEX].head(SHOWN_LINES).to_list()
    told = [Mistake(f"{path}:{line}", what, hint) for line in shown]
    more = [Mistake(str(path), f"has {bad.height:,} such rows: {what}")] if bad.height > SHOWN_LINES else []
    return [*told, *more]


def drawn_rows(probe: AskedProbe, path: Path, seed: int) -> pl.DataFrame:
    """Return the rows of a probe's file that the models are asked. Raises `UserError` if there are none."""
    prepared = read_probe(probe, path)
    drawn = probe.drawn(prepared, seed)
    if drawn.is_empty():
        what = f"rows: {probe.rows} are fewer than belong together in it"
        raise UserError(Mistake(str(path), what, "raise rows, or leave it out for all"))
    return drawn


def probe_paths(probes: Sequence[AskedProbe], folder: Path) -> dict[str, Path]:
    """Return where the file of every probe was found, by the probe's name; those that are missing are left out."""
    found = {probe.name: ROOT / probe.path if probe.shipped else find_file(probe.path, folder) for probe in probes}
    return {name: path for name, path in found.items() if path is not None}


def probe_mistakes(probe: AskedProbe, part: str, folder: Path, seed: int) -> list[Mistake]:
    """Return what is wrong with the file of a probe, which stands at `part` of the recipe."""
    path = find_file(probe.path, folder)
    if path is None:
        return [missing_file(f"probe '{probe.name}': {probe.path}", folder).of_part(f"{part}.path")]
    try:
        drawn_rows(probe, path, seed)
    except UserError as error:
        return [mistake.of_part(f"{part}.path") for mistake in error.mistakes]
    return []


def write_probes(
    run: RunDirectory, probes: Sequence[AskedProbe], paths: Mapping[str, Path], task: AnyTask, seed: int
) -> tuple[list[Path], tuple[ProbeRecord, ...]]:
    """Write the items of every probe into the run directory; return the files, and what is recorded of each."""
    labels = tuple(task.labels) if isinstance(task, Classification) else ()
    files, records = [], []
    for probe in probes:
        path = paths[probe.name]
        digest, prepared = digest_file(path), read_probe(probe, path)
        items = probe.items(probe.drawn(prepared, seed), labels)
        check_none_changed([str(path)] if digest_file(path) != digest else [])
        write_parquet(run.probe(probe.name), items)
        files.append(run.probe(probe.name))
        drawn = probe.drawn(prepared, seed).height
        record = {"name": probe.name, "probe": probe.probe, "path": probe.path, "sha256": digest}
        records.append(
            ProbeRecord(
                **record, version=probe.version, rows=prepared.height, drawn=drawn, items=items["item"].n_unique()
            )
        )
    return files, tuple(records)
