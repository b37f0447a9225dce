"""The files that a manifest lists, against those that a run of its recipe has: none is missing, and none is there beside them."""

from collections.abc import Iterator
from pathlib import Path

from curate.counterfactual import has_swaps
from curate.errors import Mistake
from curate.groups import TermGroup
from curate.manifest import Manifest, Phase
from curate.recipe import Recipe
from curate.split import SIDES
from curate.store import RunDirectory
from curate.task import Classification

AUDIT_FILES = ("audit.json", "measures.parquet", "report.html", "report.md")


def check_listed(run: RunDirectory, recipe: Recipe, manifest: Manifest) -> Iterator[Mistake]:
    """Yield the files that every run of such a recipe has and for which the manifest has no digest, and those that none has."""
    expected = _expected(run, recipe, manifest)
    listed = {run.path / name for record in manifest.phases.values() for name in record.files}
    hint = "the manifest was changed after the run; run the recipe again"
    yield from (Mistake(str(file), "has no digest in the manifest", hint) for file in expected if file not in listed)
    for phase, record in manifest.phases.items():
        for name in record.files:
            if run.path / name not in expected and not _may_write(run, phase, Path(name)):
                what = f"is listed in the manifest, and is none of the files that '{phase}' writes"
                yield Mistake(str(run.path / name), what, hint)


def _may_write(run: RunDirectory, phase: Phase, name: Path) -> bool:
    """Return whether a phase may write a file that not every run of its recipe has: rows as read, what was planted, a model."""
    path = run.path / name
    if ".." in name.parts:
        return False
    match phase:
        case "curate":
            return path in (run.planted, run.counterfactual) or path.parent == run.source
        case "preflight":
            return path == run.preflight
        case "train":
            return path.is_relative_to(run.model) or path.is_relative_to(run.seeds)
        case "predict":
            return path.is_relative_to(run.predictions("").parent)
        case "audit":
            return False


def _expected(run: RunDirectory, recipe: Recipe, manifest: Manifest) -> list[Path]:
    """Return the files that curation wrote for such a recipe, and those of the audit if there is one."""
    sides = SIDES if recipe.split is not None else ("all",)
    files = [run.recipe, run.ledger, run.quarantine, *(run.data(side) for side in sides)]
    if recipe.split is not None:
        files.append(run.certificate)
    if isinstance(recipe.task, Classification):
        files += [run.predictions(model) for model in recipe.task.given]
    if has_swaps(recipe, manifest):
        files.append(run.counterfactual)
    files += [run.lexicon(name) for name, group in recipe.groups.items() if isinstance(group, TermGroup)]
    files += [run.probe(probe.name) for probe in recipe.probes]
    files += [
        path for file in recipe.audit.outside for path in (run.outside(file.name), run.outside_refused(file.name))
    ]
    for place, stage in enumerate(manifest.stages):
        if stage.kind == "measure":
            files += [run.measures / f"{place:02}.{ending}" for ending in ("parquet", "json")]
    return [*files, *(run.report / name for name in AUDIT_FILES if "audit" in manifest.phases)]
