"""What all tests share: the real files, and the small helpers beside the tests."""

import os
import sys
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("fairlead", deadline=None)  # a busy machine is no failure
settings.load_profile("fairlead")
# at the end: benchmarks/audit.py is called like the package that it measures
sys.path += [str(Path(__file__).parent / folder) for folder in ("curate", "benchmarks")]


@pytest.fixture
def real_data() -> Path:
    """The folder with the real files, or a skip that says how to get it."""
    folder = os.environ.get("FAIRLEAD_DATA")
    if not folder or not Path(folder).is_dir():
        pytest.skip("FAIRLEAD_DATA does not name the folder with the real files")
    return Path(folder).resolve()


@pytest.fixture
def few_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    """So few pairs may be compared that near-duplicates of one form are not all compared; leaders come first, as with many rows."""
    for name, value in {"MANY": 0, "PATIENCE": 10**9, "AT_LEAST": 0, "EACH": 1}.items():
        monkeypatch.setattr(f"curate.near_duplicates.comparison.{name}", value)
