"""The front matter of a data set card says only what the hub knows."""

from types import SimpleNamespace

import pytest

from audit.card import _licence, _size


@pytest.mark.parametrize(
    ("rows", "category"),
    [
        (999, "n<1K"),
        (1_000, "1K<n<10K"),
        (9_999_999, "1M<n<10M"),
        (10_000_000, "10M<n<100M"),
        (999_999_999, "100M<n<1B"),
        (1_000_000_000, "1B<n<10B"),
        (10_000_000_000, "10B<n<100B"),
        (100_000_000_000, "100B<n<1T"),
        (1_000_000_000_000, "n>1T"),
    ],
)
def test_size_categories(rows, category):
    assert _size(SimpleNamespace(stages=[SimpleNamespace(rows_out=rows)])) == category


@pytest.mark.parametrize(
    ("stated", "written"),
    [
        (["MIT", "MIT"], "mit"),
        (["CC BY-SA 4.0"], "cc-by-sa-4.0"),
        (["MIT", "Apache-2.0"], "other"),
        (["MIT", None], "unknown"),
        ([], "unknown"),
        (["MIT\x1b]0;pwn\x07"], "other"),
        (["mit\ntags: [x]"], "other"),
        (["mit\n"], "other"),
        (["my own: see LICENCE"], "other"),
        ([" "], "other"),
    ],
)
def test_licence(stated, written):
    assert _licence(SimpleNamespace(sources=[SimpleNamespace(licence=name) for name in stated])) == written
