"""What kernels share, called from Python, where it runs as Python."""

import numpy as np
import pytest

from curate.kernels.parts import bits_for, eight, mixed, table_size


@pytest.mark.parametrize("places", [-3, 0, 1, 4, 5, 8, 9, 1000, 1024, 1025, 2**33 + 1])
def test_a_table_is_the_next_power_of_two(places):
    assert table_size(places) == 2 ** int(bits_for(places)) >= max(places, 4)
    assert table_size(places) == 4 or table_size(places) < 2 * places


def test_eight_bytes_are_a_number_the_first_byte_the_lowest():
    data = np.arange(20, dtype=np.uint8) * np.uint8(13)
    assert eight(data, np.uint64(5)) == int.from_bytes(data[5:13].tobytes(), "little")


def test_each_bit_changes_about_half_of_the_others():
    """Of 64 × 64 bits; 100 numbers each, so that a share of a half is met within a few hundredths."""
    with np.errstate(over="ignore"):
        drawn = np.random.default_rng(1).integers(0, 2**64, 100, dtype=np.uint64)
        changed = [mixed(number) ^ mixed(number ^ np.uint64(1 << bit)) for bit in range(64) for number in drawn]
    shares = np.unpackbits(np.array(changed, dtype=np.uint64).view(np.uint8)).reshape(64, 100, 64).mean(axis=(1, 2))
    assert (abs(shares - 0.5) < 0.05).all()
