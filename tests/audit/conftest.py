"""What the tests of the audit share: small evidence from inline rows, and a small finished run."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from finished_run import write_finished
from synthetic_run import write_run

from audit.__main__ import audit
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
