import subprocess
import sys

import pytest

from curate.preload import preload

LOADED = """
import sys
from curate.preload import preload
wait = preload(sys.argv[1:])
wait()
print([name in sys.modules for name in ("numba", "curate.kernels.minhash", "datasketch")])
"""


@pytest.mark.parametrize(("packages", "loaded"), [
    (["ftfy"], [False, False, False]),
    (["numpy", "numba"], [True, True, False]),
    (["datasketch", "numba"], [True, True, True]),
])  # fmt: skip
def test_only_what_steps_need_is_loaded(packages, loaded):
    done = subprocess.run([sys.executable, "-c", LOADED, *packages], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == (f"{loaded}\n", "")


def test_what_cannot_be_loaded_is_left_to_the_step(monkeypatch):
    monkeypatch.setitem(sys.modules, "datasketch", None)
    assert preload(["datasketch"])() is None
