"""What the tests of the audit share: small evidence from inline rows, and a small finished run."""

import shutil
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from finished_run import write_finished
from synthetic_run import write_run

from audit.__main__ import audit, read_audit
from audit.report.html import html_of
from curate.store import RunDirectory


@pytest.fixture(scope="session")
def audited(tmp_path_factory: pytest.TempPathFactory) -> RunDirectory:
    """A finished run of our own: read, curated, split, augmented, predicted by base and tuned, and audited. Only to be read."""
    run = write_run(tmp_path_factory.mktemp("runs") / "small-1")
    audit(run)
    return run


@pytest.fixture
def unpredicted(tmp_path: Path) -> RunDirectory:
    """The same run before any model was asked, to be changed at will."""
    return write_run(tmp_path / "small-1", predicted=False)


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> RunDirectory:
    """A run that was curated by the engine, predicted and audited, so that all of it verifies. Only to be read."""
    run = write_finished(tmp_path_factory.mktemp("finished"))
    audit(run)
    return run


@pytest.fixture
def run(finished, tmp_path) -> RunDirectory:
    """A copy to be changed at will."""
    return RunDirectory(shutil.copytree(finished.path, tmp_path / finished.path.name))


@pytest.fixture
def at_once(finished, monkeypatch) -> None:
    """The audit computed anew is that of the sound run, and so is its page; a test of `verify` finds both to be so. They take seconds."""
    sound, page = read_audit(finished), (finished.report / "report.html").read_text()
    monkeypatch.setattr("audit.verify.audit_run", lambda run: sound)
    monkeypatch.setattr(
        "audit.rendered.html_of", lambda audit, sections: page if audit == sound else html_of(audit, sections)
    )
