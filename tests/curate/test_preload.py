import subprocess
import sys

import pytest

from curate.preload import preload

LOADED = """
import sys
from curate.preload import preload
loaded = preload(sys.argv[1:])
loaded()
from curate.kernels.minhash import jaccard
print(bool(jaccard._functions))
"""


@pytest.mark.parametrize(("packages", "loaded"), [
    (["ftfy"], False),
    (["numpy", "numba"], True),
])  # fmt: skip
def test_only_what_steps_need_is_loaded(packages, loaded):
    done = subprocess.run([sys.executable, "-c", LOADED, *packages], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == (f"{loaded}\n", "")


@pytest.mark.parametrize("error", [ImportError("gone"), MemoryError("full"), RuntimeError("ours")])
def test_what_cannot_be_loaded_is_left_to_the_step(error, monkeypatch):
    tried = []

    def load():
        tried.append(True)
        raise error

    monkeypatch.setattr("curate.preload._load_kernels", load)
    preload(["numba"])()
    assert tried, "it was tried, and nothing was raised"
