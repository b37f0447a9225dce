"""What the tests of the views share: a run of given predictions about people, with scores, unknown people and a tiny category."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from people import RECIPE, curated, material_of

from audit.views.material import Material
from curate.store import RunDirectory


@pytest.fixture(scope="session")
def people(tmp_path_factory: pytest.TempPathFactory) -> Material:
    """The people, audited. Only to be read."""
    return material_of(curated(tmp_path_factory.mktemp("people"), RECIPE))


@pytest.fixture(scope="session")
def tuned(audited: RunDirectory) -> Material:
    """The finished run with a base and a tuned model, audited. Only to be read."""
    return material_of(audited)
