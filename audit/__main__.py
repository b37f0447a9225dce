"""`python -m audit RUN`: compute the audit of a run, write the report, print the summary.

Exit code 0, 2 for a mistake that the user can mend, 3 for a gate that was not met.
"""

import argparse
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl
from pydantic import ValidationError

from audit.mistakes import reported
from audit.provenance import AUDIT_PACKAGES
from audit.results import SCHEMA_VERSION, Audit
from audit.run import audit_run, no_audit
from curate import __version__
from curate.errors import Mistake, UserError, escaped_json
from curate.files import digest_text, write_parquet, write_text
from curate.packages import package_versions
from curate.recipe_file import load_finished
from curate.store import RunDirectory

VERSION = 19
"""Rises when the same run gives other numbers or another report."""

NOT_MET = 3


def audit(run: RunDirectory) -> Audit:
    """Return the audit of a run; computed and written only if it is not there for these inputs already."""
    if is_audited(run):
        return read_audit(run)
    from audit.report import write_report  # noqa: PLC0415  (drawing charts takes a second to import)

    started = time.monotonic()
    found = audit_run(run)
    documents = [run.report / "audit.json", run.report / "measures.parquet"]
    write_text(documents[0], found.model_dump_json(indent=2) + "\n")
    write_parquet(documents[1], measure_table(found))
    run.finish_phase("audit", audit_key(run), [*documents, *write_report(found, run.report)], started, outcomes(found))
    return found


def is_audited(run: RunDirectory) -> bool:
    """Return whether the audit of a run is there, for what the run holds now. Raises `UserError` if it is not curated."""
    run.check_phase("curate")
    return run.is_done("audit", audit_key(run))


def audit_key(run: RunDirectory, packages: Mapping[str, str] | None = None) -> str:
    """Return the key of an audit: everything that its numbers and its report depend on; with these packages, or those here."""
    manifest = run.read_manifest()
    files = [
        f"{phase} {name} {digest}"
        for phase in ("curate", "preflight", "train", "predict")
        if phase in manifest.phases
        for name, digest in sorted(manifest.phases[phase].files.items())
    ]
    settings = load_finished(run.recipe).model_dump_json()
    known = package_versions(AUDIT_PACKAGES) if packages is None else packages
    versions = [f"{name} {version}" for name, version in known.items()]
    return digest_text("audit", str(VERSION), str(SCHEMA_VERSION), __version__, settings, *files, *versions)


def read_audit(run: RunDirectory) -> Audit:
    """Read the audit that was written for a run."""
    path = run.report / "audit.json"
    if not path.is_file():
        raise no_audit(run)
    try:
        return Audit.model_validate_json(path.read_bytes())
    except ValidationError as error:
        raise UserError(
            Mistake(
                str(path), "is damaged, or was written by another fairlead", f"run 'fairlead audit {run.path}' again"
            )
        ) from error


def measure_table(found: Audit) -> pl.DataFrame:
    """Return the measures as a table: one line each, the interval in columns of its own, selections as JSON."""
    lines = []
    for measure in found.measures:  # pydantic models, not rows of a frame
        line = measure.model_dump(mode="json", exclude={"interval", "selection", "hits", "parts"})
        interval = measure.interval
        line["low"], line["high"] = (interval.low, interval.high) if interval else (None, None)
        line["confidence"], line["method"] = (interval.confidence, interval.method) if interval else (None, None)
        line["selection"] = measure.selection.model_dump_json() if measure.selection else None
        line["parts"] = list(measure.parts)
        lines.append(line)
    return pl.DataFrame(lines, infer_schema_length=None)


def outcomes(found: Audit) -> dict[str, str]:
    """Return what the manifest tells of an audit: each gate in words with its outcome."""
    return {f"gate {place + 1}": f"{verdict.gate}: {verdict.outcome}" for place, verdict in enumerate(found.verdicts)}


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the command line, audit, and print; return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m audit",
        description="Audit a run: who is in the data, who was removed, how the models treat whom.",
    )
    parser.add_argument("run", type=Path, help="the run directory")
    parser.add_argument("--json", action="store_true", help="print audit.json instead of the summary")
    given = parser.parse_args(arguments)
    return reported(lambda: _print_audit(RunDirectory(given.run), as_json=given.json))


def _print_audit(run: RunDirectory, *, as_json: bool) -> int:
    found = audit(run)
    if as_json:
        sys.stdout.write(escaped_json((run.report / "audit.json").read_text(encoding="utf-8")))
    else:
        _print_summary(found)
    return NOT_MET if any(verdict.outcome == "not met" for verdict in found.verdicts) else 0


def _print_summary(found: Audit) -> None:
    from audit.report.terminal import summary  # noqa: PLC0415
    from curate.terminal.console import stdout  # noqa: PLC0415

    stdout.print(summary(found))


if __name__ == "__main__":
    sys.exit(main())
