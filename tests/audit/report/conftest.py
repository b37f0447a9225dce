"""Each sample audit is rendered once for all tests of the report."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import hostile_audit
import sample_audits
from rendering import Rendered, rendered


@pytest.fixture(scope="session")
def classification() -> Rendered:
    return rendered(sample_audits.classification())


@pytest.fixture(scope="session")
def given() -> Rendered:
    return rendered(sample_audits.given())


@pytest.fixture(scope="session")
def instruction() -> Rendered:
    return rendered(sample_audits.instruction())


@pytest.fixture(scope="session")
def bare() -> Rendered:
    return rendered(sample_audits.bare())


@pytest.fixture(scope="session")
def hostile() -> Rendered:
    return rendered(hostile_audit.hostile())


@pytest.fixture(params=["classification", "given", "instruction", "bare", "hostile"])
def report(request: pytest.FixtureRequest) -> Rendered:
    return request.getfixturevalue(request.param)
