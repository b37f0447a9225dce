"""Where things came from: the account of every step, the sides of the split, and sources, versions, seeds and hardware."""

import json
from collections.abc import Mapping
from typing import Any

import polars as pl

from audit.results import Audit, Provenance, StepAccount
from audit.vocabulary import CAME_WITH_DATA, PREDICTIONS
from curate.files import read_parquet
from curate.index_part import PartRecord
from curate.manifest import Manifest, OutsideRecord, ProbeRecord, StepFile
from curate.packages import package_versions
from curate.recipe import Recipe
from curate.store import RunDirectory
from curate.task import Classification

AUDIT_PACKAGES = (
    *(
        "altair",
        "fairlearn",
        "jinja2",
        "numpy",
        "polars",
        "rouge-score",
        "sacrebleu",
        "scikit-learn",
        "scipy",
        "statsmodels",
    ),
    "vl-convert-python",
)
"""What the numbers of an audit and the drawings of its report depend on."""
PACKAGES = "Packages of the audit"
BASE_MODEL = "Base model"
ROWS = "rows"
CROSSINGS = {
    "crossing_rows": ROWS,
    "same_text": "same text",
    "near_duplicate": "near-duplicate",
    "same_key": "same key",
    "child_and_parent": "copy of a parent",
}
"""The counts of a split's certificate, and what they are called in an audit."""


def accounts_of(run: RunDirectory) -> tuple[StepAccount, ...]:
    """Return each step's account from the manifest, with the reasons that the ledger gives for what left or was noted."""
    left = read_parquet(run.ledger).filter(pl.col("event").is_in(["dropped", "quarantined", "refused", "noted"]))
    counts = left.group_by("step", "reason").len().sort("step", "len", "reason", descending=[False, True, False])
    reasons: dict[str, dict[str, int]] = {}
    for step, reason, count in counts.iter_rows():
        reasons.setdefault(step, {})[reason or "not stated"] = count
    return tuple(
        StepAccount.model_validate({**record.model_dump(), "reasons": reasons.get(record.step, {})})
        for record in run.read_manifest().steps
    )


def split_of(run: RunDirectory) -> dict[str, int]:
    """Return the rows of every side and how many crossings between the sides were found; empty where there is no split.

    A row is one crossing for each earlier side on which it has a counterpart, of whatever kind.
    """
    certificate = _certificate(run)
    if not certificate:
        return {}
    found = crossings_of(run)
    counted = [found[ROWS]] if ROWS in found else list(found.values())
    return {**certificate["rows"], "crossings": sum(sum(pairs.values()) for pairs in counted)}


def unsure_of(run: RunDirectory) -> int:
    """Return of how many rows near-duplicates on an earlier side may have been overlooked, as too many rows are of their form."""
    return int(_certificate(run).get("not_all_compared", 0))


def crossings_of(run: RunDirectory) -> dict[str, dict[str, int]]:
    """Return for each kind of crossing and each pair of sides how many rows cross, without those that nobody crosses."""
    certificate = _certificate(run)
    kinds = {kind: _crossed(certificate.get(field, {})) for field, kind in CROSSINGS.items()}
    return {kind: pairs for kind, pairs in kinds.items() if pairs}


def _crossed(pairs: Mapping[str, int]) -> dict[str, int]:
    return {pair: rows for pair, rows in pairs.items() if rows}


def _certificate(run: RunDirectory) -> dict[str, Any]:
    """Read the certificate as plain JSON, so that one of an older run, with fewer counts, can be audited too."""
    if not run.certificate.is_file():
        return {}
    found: dict[str, Any] = json.loads(run.certificate.read_text(encoding="utf-8"))
    return found


def provenance_of(run: RunDirectory, recipe: Recipe) -> tuple[Provenance, ...]:
    """Return what went into the numbers, in the order in which it went in."""
    manifest = run.read_manifest()
    lines = [("Run", manifest.name), *_sources(manifest)]
    lines += [("Recipe overrides", ", ".join(manifest.overrides))] if manifest.overrides else []
    lines += [(f"Step {file.step} read", _step_file(file)) for file in manifest.files]
    lines += [(f"Probe {probe.name}", _probe(probe)) for probe in manifest.probes]
    lines += [line for file in manifest.outside for line in _outside(file)]
    lines += [(f"Step {step} made with", tool) for step, tool in manifest.phases["curate"].notes.items()]
    lines += _given(recipe)
    if recipe.train is not None:
        tuned = f"{recipe.train.base}, tuned by {recipe.train.method}, at most {recipe.train.epochs:g} epochs"
        lines.append((BASE_MODEL, tuned))
    trained = manifest.phases.get("train")
    if trained is not None and trained.notes:
        lines.append(("Training", "; ".join(f"{key}: {value}" for key, value in trained.notes.items())))
    lines += [
        ("Seed", str(recipe.seed)),
        (
            "Bootstrap and permutation",
            f"{recipe.audit.replicates:,} replicates each, from the seed and the measure's name",
        ),
        ("fairlead", manifest.fairlead),
        ("Python", manifest.python),
        ("Platform", manifest.platform),
        ("Packages of the run", _versions(manifest.packages)),
        (PACKAGES, _versions(package_versions(AUDIT_PACKAGES))),
    ]
    return tuple(Provenance(what=what, value=value) for what, value in lines)


def _given(recipe: Recipe) -> list[tuple[str, str]]:
    """Return the line that says, of predictions and a baseline that came with the data, in which columns they were."""
    given = recipe.task.given if isinstance(recipe.task, Classification) else {}
    columns = [
        f"{called.lower()} in column {given[model][0]}" for model, called in CAME_WITH_DATA.items() if model in given
    ]
    return [(PREDICTIONS, f"came with the data: {', '.join(columns)}")] if len(columns) > 1 else []


def _sources(manifest: Manifest) -> list[tuple[str, str]]:
    lines = []
    for source in manifest.sources:
        read = f"{source.path}, {source.rows:,} rows, {source.quarantined:,} quarantined, SHA-256 {source.sha256}"
        if source.shape is not None:
            left_out = f"; keys of its turns left out: {', '.join(source.left_out)}" if source.left_out else ""
            read += f", taken for {source.shape}{left_out}"
        lines.append((f"Source {source.name}", read))
        lines.append((f"Origin of {source.name}", source.origin or "not stated"))
        lines.append((f"Licence of {source.name}", source.licence or "not stated"))
    return lines


def _step_file(file: StepFile) -> str:
    return ", ".join((file.path, *map(_part, file.parts), f"SHA-256 {file.sha256}"))


def _probe(probe: ProbeRecord) -> str:
    drawn = f"{probe.drawn:,} of {probe.rows:,} rows drawn" if probe.drawn < probe.rows else f"{probe.rows:,} rows"
    return f"{probe.path}, {drawn}, {probe.items:,} items, SHA-256 {probe.sha256}"


def _outside(file: OutsideRecord) -> list[tuple[str, str]]:
    """Return the lines of a file from elsewhere."""
    copies, of_test = file.copies + file.near_copies, file.copies_of_test + file.near_copies_of_test
    read = (
        f"{file.path}, {file.rows:,} rows, {sum(file.refused.values()):,} not asked, {copies:,} copies, {of_test:,} copies of test "
        f"rows, {file.repeats:,} repeats, SHA-256 {file.sha256}"
    )
    return [
        (f"Text from elsewhere {file.name}", read),
        (f"Origin of {file.name}", file.origin or "not stated"),
        (f"Licence of {file.name}", file.licence or "not stated"),
    ]


def _part(part: PartRecord) -> str:
    digest = f", {part.origin.digest}" if part.origin.digest else ""
    return f"{part.name} ({part.rows:,} {'row' if part.rows == 1 else 'rows'} of {part.origin}{digest})"


def packages_of(audit: Audit) -> dict[str, str]:
    """Return the versions of the packages that an audit says it was made with."""
    line = next((line.value for line in audit.provenance if line.what == PACKAGES), "")
    return {name: version for name, _space, version in (each.partition(" ") for each in line.split(", ")) if version}


def _versions(packages: dict[str, str]) -> str:
    return ", ".join(f"{name} {version}" for name, version in packages.items())
