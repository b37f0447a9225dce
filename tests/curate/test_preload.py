import subprocess
import sys
import threading

import pytest

from curate.kernels.permutations import draw
from curate.preload import preload

LOADED = """
import sys
import threading
from curate.preload import preload
loaded = preload(sys.argv[1:])
loaded()
print("numba" in sys.modules)
for thread in threading.enumerate()[1:]:
    thread.join()
print([name in sys.modules for name in ("numba", "curate.kernels.minhash", "datasketch")])
"""


@pytest.mark.parametrize(("packages", "loaded"), [
    (["ftfy"], [False, False, False]),
    (["numpy", "numba"], [True, True, False]),
    (["datasketch", "numba"], [True, True, True]),
])  # fmt: skip
def test_only_what_steps_need_is_loaded(packages, loaded):
    done = subprocess.run([sys.executable, "-c", LOADED, *packages], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == (f"{loaded[0]}\n{loaded}\n", "")


@pytest.mark.parametrize("error", [ImportError("gone"), MemoryError("full"), RuntimeError("ours")])
def test_what_cannot_be_loaded_is_left_to_the_step(error, monkeypatch):
    tried = []

    def load():
        tried.append(True)
        raise error

    monkeypatch.setattr("curate.preload._load_kernels", load)
    preload(["numba"])()
    assert tried, "it was tried, and nothing was raised"


def test_a_step_says_what_could_not_be_loaded_before(monkeypatch):
    monkeypatch.setitem(sys.modules, "datasketch", None)
    preload(["datasketch"])()
    with pytest.raises(ModuleNotFoundError, match="datasketch"):
        draw(17, 23)


def test_only_the_kernels_are_waited_for(monkeypatch):
    released = threading.Event()
    monkeypatch.setattr("curate.preload._load_kernels", lambda: None)
    monkeypatch.setattr("curate.preload._load_permutations", released.wait)
    preload(["numba", "datasketch"])()
    assert not released.is_set()
    released.set()
