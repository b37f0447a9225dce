"""What a kernel is: machine code for the signatures given, which parts of its file go into."""

import numpy as np
import pytest

from curate.kernels.compiled import kernel, part

MULTIPLIER = np.uint64(3)


@part("uint64(uint64)")
def _thrice(number):
    return MULTIPLIER * number


@kernel("void(const uint64[::1], uint64[::1])", "void(const uint32[::1], uint64[::1])")
def _all_thrice(numbers, results):
    for place in range(len(numbers)):
        results[place] = _thrice(np.uint64(numbers[place]))


@kernel("float64(const float64[:, ::1], boolean, int64)")
def _summed(numbers, absolute, rows):
    total = 0.0
    for row in range(rows):
        for column in range(numbers.shape[1]):
            total += abs(numbers[row, column]) if absolute else numbers[row, column]
    return total


@kernel("int64(int64)")
def _half(number):
    return number // 2


def test_a_kernel_calls_parts_of_its_file_and_takes_each_of_its_types():
    for dtype in (np.uint64, np.uint32):
        results = np.zeros(3, dtype=np.uint64)
        assert _all_thrice(np.array([1, 2, 2**31], dtype=dtype), results) is None
        assert results.tolist() == [3, 6, 3 * 2**31]


def test_a_kernel_returns_a_number():
    numbers = np.array([[1.5, -2.0, 0.25], [4.0, -8.0, 16.0]])
    assert _summed(numbers, np.False_, np.int64(2)) == numbers.sum()
    assert _summed(numbers, np.True_, 1) == 3.75
    assert (_half(7), _half(-7)) == (3, -4)


READ_ONLY = np.zeros(2, dtype=np.uint64)
READ_ONLY.flags.writeable = False


@pytest.mark.parametrize("values", [
    ([1.0], [1]),
    (np.zeros(2), np.zeros(2, dtype=np.uint64)),
    (np.zeros((2, 2), dtype=np.uint64), np.zeros(2, dtype=np.uint64)),
    (np.zeros(4, dtype=np.uint64)[::2], np.zeros(2, dtype=np.uint64)),
    (np.zeros(2, dtype=np.uint64), READ_ONLY),
    (np.zeros(2, dtype=np.uint64),),
    (np.zeros(2, dtype=np.uint64), 5),
    (5, np.zeros(2, dtype=np.uint64)),
])  # fmt: skip
def test_a_kernel_takes_nothing_else(values):
    with pytest.raises(TypeError, match="_all_thrice does not take"):
        _all_thrice(*values)


def test_a_kernel_reads_what_must_not_be_written():
    results = np.ones(2, dtype=np.uint64)
    _all_thrice(READ_ONLY, results)
    assert results.tolist() == [0, 0]


@pytest.mark.parametrize("value", [7.9, "8", 2**63, None, np.float64(7), np.array([7])])
def test_a_whole_number_is_one(value):
    with pytest.raises(TypeError, match="_half does not take"):
        _half(value)


def _made(source, name="halved", **names):
    space = {"kernel": kernel, "part": part, "__name__": "made", **names}
    exec(compile(source, "/nowhere/made.py", "exec"), space)
    return space[name]


HALVED = """
@part("int64(int64)")
def shifted(number):
    return number >> BITS

@kernel("int64(int64)")
def halved(number):
    return shifted(number) + 0
"""


def test_a_kernel_without_a_file_works():
    assert _made(HALVED, BITS=1)(8) == 4


def test_another_body_part_constant_or_signature_is_another_name(monkeypatch):
    def name_of(found):
        return found.name_of(found._parsed[0])

    first = _made(HALVED, BITS=1)
    others = [
        _made(HALVED.replace("+ 0", "+ 1000"), BITS=1),
        _made(HALVED.replace(">>", "<<"), BITS=1),
        _made(HALVED, BITS=2),
        _made(HALVED.replace('kernel("int64(int64)")', 'kernel("int64(uint32)")'), BITS=1),
        _made(HALVED.replace("halved", "_halved"), "_halved", BITS=1),
    ]
    names = [name_of(found) for found in (first, *others[:4])]
    monkeypatch.setattr("curate.kernels.compiled.made_by", lambda: "another processor")
    assert len({*names, name_of(first)}) == 6
    assert name_of(first) == name_of(_made(HALVED, BITS=1))


@kernel("int64(int64)")
def _with_an_array(count):
    return len(np.zeros(count))


def test_a_kernel_that_makes_an_array_is_not_compiled():
    """It would need numba at hand when it runs."""
    from numba.core.errors import TypingError

    with pytest.raises(TypingError, match=r"empty|zeros"):
        _with_an_array(3)
