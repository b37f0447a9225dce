"""Where machine code is kept: made once by numba, read again without it, and made anew where it is damaged or cannot be kept."""

import errno
import os
import subprocess
import sys

import pytest

from curate.kernels.compiled import kernel

SHARE = """
import sys
import polars as pl
from curate.kernels.repetition import repeated_shares
from curate.kernels.text import encode
from curate.kernels.units import code_points
print(repeated_shares(code_points(encode(pl.Series(["abab"]))), 2).item(), "numba" in sys.modules)
"""


def shared(folder):
    """Run kernels in a new process with this folder for its machine code; return what they found and whether numba was loaded."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", SHARE],
        env=os.environ | {"NUMBA_CACHE_DIR": str(folder)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    share, loaded = done.stdout.split()
    return float(share), loaded == "True"


def test_machine_code_is_kept_and_read_again_without_numba(tmp_path):
    assert shared(tmp_path) == (pytest.approx(1 / 3), True)
    files = {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    assert {path.name.rsplit("_", 1)[0] for path in files} == {"repetition_shares", "units_code_points"}
    assert shared(tmp_path) == (pytest.approx(1 / 3), False)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()} == files
    for path in files:
        path.write_bytes(path.read_bytes()[:-1])
    assert shared(tmp_path) == (pytest.approx(1 / 3), True), "damaged, and so made anew"


def test_without_a_folder_for_its_machine_code_a_kernel_works_all_the_same(tmp_path):
    (tmp_path / "file").write_text("no folder")
    assert shared(tmp_path / "file") == (pytest.approx(1 / 3), True)


@kernel("int64(int64)")
def _twice(number):
    return 2 * number


def test_on_a_full_disk_a_kernel_works_all_the_same(monkeypatch, tmp_path):
    def full(path, data):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr("pathlib.Path.write_bytes", full)
    assert _twice(21) == 42
    assert list(tmp_path.iterdir()) == []


ODD = """
import polars as pl
from curate.kernels.ngram_characters import ngram_shares
from curate.kernels.repetition import repeated_characters, repeated_shares
from curate.kernels.text import encode
from curate.kernels.units import code_points, count_letters, word_hashes
from curate.near_duplicates import comparison
from curate.near_duplicates.search import Search, of_texts
from curate.near_duplicates.shingles import Shingling
from curate.near_duplicates.sketch import Sketching

words = ["", "a", "é", "a" * 7, "b" * 8, "c" * 16, "d" * 17, "日本語", "😀" * 9, ".,-", "x" * 40]
texts = [" ".join(words[at % 11] for at in range(first, first + count)) for first in range(11) for count in (0, 1, 2, 5, 30, 90)]
for part in (texts, texts[:1], [], ["z" * 70_000, ""], [" ".join(map(str, range(20_000)))]):
    found = encode(pl.Series(part, dtype=pl.String))
    count_letters(found), word_hashes(found), code_points(found, every=False)
    for size in (1, 2, 7, 8, 9, 16, 17, 40, 100):
        repeated_characters(found, size), repeated_shares(word_hashes(found, visible=True), size)
    ngram_shares(found, (1, 2, 3), (5, 8))
    for size, unit, comparison.MANY in ((1, "words", 0), (3, "words", 4), (40, "characters", 0)):
        search = Search(threshold=0.5, sketching=Sketching(shingling=Shingling(unit, size)))
        found_pairs = of_texts(pl.Series(part, dtype=pl.String), search)
        found_pairs.stars(), found_pairs.components()
"""


def test_kernels_stay_within_their_arrays(tmp_path):
    """Compiled by numba with a look at every index, which the machine code of a run leaves out."""
    environment = os.environ | {"NUMBA_BOUNDSCHECK": "1", "NUMBA_CACHE_DIR": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", ODD], env=environment, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
