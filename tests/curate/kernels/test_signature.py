"""The signatures of kernels, in numba's words and as machine code is called."""

import ctypes

import numpy as np
import pytest

from curate.kernels.signature import Argument, Signature


def test_a_signature_is_read():
    found = Signature.parse("int64(const uint8[::1], int64, uint32[:, ::1])")
    assert found.arguments == (
        Argument("uint8", 1, read_only=True),
        Argument("int64", 0, read_only=False),
        Argument("uint32", 2, read_only=False),
    )
    assert (found.text, found.result) == ("int64(uint8[::1], int64, uint32[:, ::1])", "int64")


def test_an_array_is_passed_as_numba_passes_it():
    numbers = np.zeros((2, 3), dtype=np.uint32)
    one, two = Argument("uint32", 1, read_only=True), Argument("uint32", 2, read_only=True)
    assert two.passed(numbers) == [None, None, 6, 4, numbers.ctypes.data, 2, 3, 12, 4]
    assert [len(argument.types) for argument in (one, two)] == [7, 9]


def test_numbers_are_passed_as_pythons():
    assert Argument("int64", 0, read_only=False).passed(np.int64(5)) == [5]
    assert Argument("boolean", 0, read_only=False).passed(np.True_) == [1]
    assert Argument("float64", 0, read_only=False).passed(2) == [2.0]
    assert Argument("boolean", 0, read_only=False).types == [ctypes.c_uint8]


@pytest.mark.parametrize("text", ["int64", "int64(uint8[:])", "int64(uint8[::1],int64)", "int64(constant uint8)"])
def test_what_is_no_signature_is_our_mistake(text):
    with pytest.raises(AssertionError):
        Signature.parse(text)
