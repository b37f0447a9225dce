"""Where things came from: the account of every step, the sides of the split, and sources, versions, seeds and hardware."""

import polars as pl

from audit.results import Provenance, StepAccount
from curate.recipe import Recipe
from curate.split import read_certificate
from curate.store import Manifest, RunDirectory, package_versions

AUDIT_PACKAGES = ("fairlearn", "numpy", "polars", "rouge-score", "sacrebleu", "scikit-learn", "scipy", "statsmodels")


def accounts_of(run: RunDirectory) -> tuple[StepAccount, ...]:
    """Return each step's account from the manifest, with the reasons that the ledger gives for what left."""
    left = pl.read_parquet(run.ledger).filter(pl.col("event").is_in(["dropped", "quarantined", "refused"]))
    counts = left.group_by("step", "reason").len().sort("step", "len", "reason", descending=[False, True, False])
    reasons: dict[str, dict[str, int]] = {}
    for step, reason, count in counts.iter_rows():
        reasons.setdefault(step, {})[reason or "not stated"] = count
    return tuple(
        StepAccount.model_validate({**record.model_dump(), "reasons": reasons.get(record.step, {})})
        for record in run.read_manifest().steps
    )


def split_of(run: RunDirectory) -> dict[str, int]:
    """Return the rows of every side and how many crossings between the sides were found; empty where there is no split."""
    if not run.certificate.is_file():
        return {}
    certificate = read_certificate(run.certificate)
    return {**certificate.rows, "crossings": certificate.crossings}


def provenance_of(run: RunDirectory, recipe: Recipe) -> tuple[Provenance, ...]:
    """Return what went into the numbers, in the order in which it went in."""
    manifest = run.read_manifest()
    lines = [("Run", manifest.name), *_sources(manifest)]
    lines += [("Recipe overrides", ", ".join(manifest.overrides))] if manifest.overrides else []
    if recipe.train is not None:
        tuned = f"{recipe.train.base}, tuned by {recipe.train.method}, at most {recipe.train.epochs:g} epochs"
        lines.append(("Base model", tuned))
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
        ("Packages of the audit", _versions(package_versions(AUDIT_PACKAGES))),
    ]
    return tuple(Provenance(what=what, value=value) for what, value in lines)


def _sources(manifest: Manifest) -> list[tuple[str, str]]:
    lines = []
    for source in manifest.sources:
        read = f"{source.path}, {source.rows:,} rows, {source.quarantined:,} quarantined, SHA-256 {source.sha256}"
        lines.append((f"Source {source.name}", read))
        lines.append((f"Origin of {source.name}", source.origin or "not stated"))
        lines.append((f"Licence of {source.name}", source.licence or "not stated"))
    return lines


def _versions(packages: dict[str, str]) -> str:
    return ", ".join(f"{name} {version}" for name, version in packages.items())
