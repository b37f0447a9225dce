"""The signature of a kernel, in numba's words: `int64(const uint8[::1], int64, uint32[:, ::1])`.

An array is contiguous, with one `:` a dimension. `const` is ours: the kernel only reads that array. In machine code a kernel
has numba's calling convention: where to put the result, where to put an error, and then the arguments, an array as its owner
(none) and its object (none), the number of its items, their size, their address, its shape and its strides.
"""

import ctypes
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np

_ARGUMENT = re.compile(r"(const )?(\w+)(\[(?::, )*::1\])?")
_SIGNATURE = re.compile(r"(\w+)\((.*)\)")
_SCALARS = {
    "void": ctypes.c_void_p,
    "boolean": ctypes.c_uint8,
    "uint8": ctypes.c_uint8,
    "uint32": ctypes.c_uint32,
    "uint64": ctypes.c_uint64,
    "int64": ctypes.c_int64,
    "float64": ctypes.c_double,
}
_DTYPES = {"boolean": "bool"}
_ADDRESS, _SIZE = ctypes.c_void_p, ctypes.c_int64


def _limits(scalar: str) -> tuple[int, int]:
    limits = np.iinfo(scalar)
    return int(limits.min), int(limits.max)


def for_numba(text: str) -> str:
    """Return a signature as numba reads it."""
    return text.replace("const ", "")


@dataclass(frozen=True)
class Argument:
    """One argument: a number, or an array of so many dimensions."""

    scalar: str
    dimensions: int
    read_only: bool

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read an argument as a signature has it."""
        found = _ARGUMENT.fullmatch(text)
        assert found is not None, text
        return cls(found[2], found[3].count(",") + 1 if found[3] else 0, read_only=bool(found[1]))

    @property
    def types(self) -> list[Any]:
        """The C types that stand for it."""
        if not self.dimensions:
            return [_SCALARS[self.scalar]]
        return [_ADDRESS, _ADDRESS, _SIZE, _SIZE, _ADDRESS, *([_SIZE] * (2 * self.dimensions))]

    def takes(self, value: Any) -> bool:
        """Return whether a value may stand here."""
        if not self.dimensions:
            return self._takes_number(value)
        if not isinstance(value, np.ndarray) or value.ndim != self.dimensions or not value.flags.c_contiguous:
            return False
        return value.dtype == _DTYPES.get(self.scalar, self.scalar) and (self.read_only or value.flags.writeable)

    def _takes_number(self, value: Any) -> bool:
        if self.scalar == "float64":
            return isinstance(value, float | int | np.floating | np.integer)
        if not isinstance(value, int | np.integer | np.bool_):
            return False
        low, high = (0, 1) if self.scalar == "boolean" else _limits(self.scalar)
        return low <= int(value) <= high

    def passed(self, value: Any) -> list[Any]:
        """Return the values that stand for it."""
        if not self.dimensions:
            return [float(value) if self.scalar == "float64" else int(value)]
        return [None, None, value.size, value.itemsize, value.ctypes.data, *value.shape, *value.strides]


@dataclass(frozen=True)
class Signature:
    """What a kernel takes and returns; `text` is as numba has it."""

    text: str
    result: str
    arguments: tuple[Argument, ...]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a signature."""
        found = _SIGNATURE.fullmatch(text)
        assert found is not None, text
        arguments = re.split(r", (?!:)", found[2])
        return cls(for_numba(text), found[1], tuple(map(Argument.parse, arguments)))

    @cached_property
    def types(self) -> list[Any]:
        """The C types of all that the machine code is called with."""
        return [_ADDRESS, _ADDRESS, *(kind for argument in self.arguments for kind in argument.types)]

    def takes(self, values: Sequence[Any]) -> bool:
        """Return whether the kernel may be called with some values."""
        return len(values) == len(self.arguments) and all(map(Argument.takes, self.arguments, values))

    def function_at(self, address: int) -> Callable[..., int]:
        """Return what calls the machine code at an address, without Python's lock."""
        return ctypes.CFUNCTYPE(ctypes.c_int32, *self.types)(address)

    def call(self, function: Callable[..., int], values: Sequence[Any]) -> Any:
        """Call a function of machine code."""
        returned: Any = _SCALARS[self.result]()
        error = ctypes.c_void_p()
        passed = [
            part for argument, value in zip(self.arguments, values, strict=True) for part in argument.passed(value)
        ]
        status = function(ctypes.addressof(returned), ctypes.addressof(error), *passed)
        assert status == 0, f"a kernel ended with {status}"
        return returned.value if self.result != "void" else None
