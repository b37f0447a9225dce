"""How kernels are compiled: one signature each, kept on disk where that is possible, and working where it is not."""

import errno
import os
import subprocess
import sys

import pytest

SHARE = """
import polars as pl
from curate.kernels.repetition import repeated_shares
from curate.kernels.text import encode
from curate.kernels.units import code_points
print(repeated_shares(code_points(encode(pl.Series(["abab"]))), 2).item())
"""


def cached(folder, **environment):
    """Run a kernel in a new process with this folder for its machine code, and return what it printed."""
    command = [sys.executable, "-W", "error", "-c", SHARE]
    done = subprocess.run(
        command,
        env=os.environ | {"NUMBA_CACHE_DIR": str(folder)} | environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    return float(done.stdout)


def test_machine_code_is_kept_and_read_again(tmp_path):
    assert cached(tmp_path) == pytest.approx(1 / 3)
    files = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.nb*")}
    assert {path.name.split("-")[0] for path in files} >= {"repetition._shares", "units._decode"}
    assert cached(tmp_path) == pytest.approx(1 / 3)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.nb*")} == files


def test_without_a_folder_for_its_machine_code_a_kernel_works_all_the_same():
    from numba import int64

    from curate.kernels.compiled import kernel

    space: dict = {}
    exec(
        compile("def twice(number):\n    return 2 * number", "/nowhere/twice.py", "exec"), space
    )  # no such file, no folder
    assert kernel(int64(int64))(space["twice"])(21) == 42


def _thrice(number):
    return 3 * number


def test_on_a_full_disk_a_kernel_works_all_the_same(monkeypatch, tmp_path):
    from numba import int64
    from numba.core import caching, config

    from curate.kernels.compiled import kernel

    def full(self, key, data):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(config, "CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(caching.IndexDataCacheFile, "save", full)
    assert kernel(int64(int64))(_thrice)(14) == 42


def test_a_kernel_takes_no_other_types():
    from curate.kernels.minhash import bucket_pairs

    with pytest.raises(TypeError, match="No matching definition"):
        bucket_pairs([1.0], [True], [1])


def test_linear_algebra_is_loaded_when_somebody_multiplies_matrices_and_not_before():
    script = """
import sys
import numba
import numpy as np
from curate.kernels import minhash, ngram_characters, repetition, units
print("scipy.linalg" in sys.modules)
product = numba.njit(lambda one, other: np.dot(one, other))(np.eye(2), np.full((2, 2), 3.0))
print(product.tolist(), "scipy.linalg.cython_blas" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n[[3.0, 3.0], [3.0, 3.0]] True\n"
