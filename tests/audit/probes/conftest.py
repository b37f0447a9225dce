"""What the tests of probes in the audit share: measures from inline items and likelihoods."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1]))
