"""A run that somebody forged: what its files say is changed, and the digests with it, so that only computing again can tell."""

import json

from audit.verify import verify_audit
from curate.files import digest_file
from curate.store import RunDirectory

LINES = ["audit", "measures", "measures.parquet", "report.md", "report.html"]
"""What is found right in a sound run, by the first word of each line."""


def seal(run: RunDirectory, phase: str = "audit", **record: str) -> None:
    """Give the manifest the digests of a phase's files as they stand, as who forges both would."""
    manifest = run.read_manifest()
    files = {name: digest_file(run.path / name) for name in manifest.phases[phase].files}
    changed = manifest.phases[phase].model_copy(update={"files": files, **record})
    run.write_manifest(manifest.model_copy(update={"phases": {**manifest.phases, phase: changed}}))


def forge(run: RunDirectory, change) -> None:
    """Change what audit.json says, and its digest with it."""
    path = run.report / "audit.json"
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))
    seal(run)


def of_measure(name: str, change):
    def changes(content) -> None:
        change(next(measure for measure in content["measures"] if measure["id"] == name))

    return changes


def told(run: RunDirectory) -> list[str]:
    return [str(mistake).replace(f"{run.path}/", "") for mistake in verify_audit(run).mistakes]
