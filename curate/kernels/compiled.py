"""What makes a function a kernel: compiled for the signatures given and no others, and called as machine code.

A kernel calls parts, and its machine code is kept under a digest of all that it was made of. It makes no arrays, because it runs
without Python and numba; it is given all that it needs.
"""

from collections.abc import Callable, Iterator
from functools import cached_property
from threading import Lock
from types import FunctionType, ModuleType
from typing import Any, Protocol, TypeVar, cast

import numpy as np

from curate.files import digest_text
from curate.kernels.kept import keep, kept
from curate.kernels.machine_code import compile_kernel, load, made_by, set_up_numba
from curate.kernels.signature import Signature, for_numba

Function = TypeVar("Function", bound=Callable[..., Any])


class Part:
    """A function that kernels call, of whatever file; what calls it from Python runs it as Python."""

    def __init__(self, function: FunctionType, signatures: tuple[str, ...]) -> None:
        self.function = function
        self.signatures = signatures

    def __call__(self, *values: Any) -> Any:
        """Return what it returns."""
        return self.function(*values)

    @property
    def _numba_type_(self) -> Any:
        """What numba takes it for where a kernel names it."""
        from numba import types

        return types.Dispatcher(self.compiled)

    def made_of(self) -> Iterator[str]:
        """Yield its bytecode and constants, and those of the parts and the constants that it names."""
        code = self.function.__code__
        yield f"{code.co_code.hex()} {code.co_consts!r} {code.co_names} {code.co_varnames} {self.signatures}"
        for name in code.co_names:
            value = self.function.__globals__.get(name)
            if isinstance(value, Part):
                yield from value.made_of()
            elif isinstance(value, np.ndarray):
                yield f"{value.dtype} {value.tobytes().hex()}"
            elif isinstance(value, int | float | tuple | np.generic):
                yield repr(value)

    @cached_property
    def compiled(self) -> Any:
        """It as numba's own function."""
        import numba

        set_up_numba()
        options = {"nogil": True, "error_model": "numpy", "_nrt": False}
        return numba.njit(list(map(for_numba, self.signatures)), **options)(self.function)


class Kernel(Part):
    """A function that runs as machine code, without Python's lock.

    Called with other types than those of a signature it raises `TypeError`.
    """

    def __init__(self, function: FunctionType, signatures: tuple[str, ...]) -> None:
        super().__init__(function, signatures)
        self._parsed = tuple(map(Signature.parse, signatures))
        self._lock = Lock()
        self._functions: dict[Signature, Callable[..., int]] = {}

    def __call__(self, *values: Any) -> Any:
        """Return what it returns."""
        signature = next((each for each in self._parsed if each.takes(values)), None)
        if signature is None:
            raise TypeError(
                f"{self.function.__name__} does not take {', '.join(type(value).__name__ for value in values)}"
            )
        self.load()
        return signature.call(self._functions[signature], values)

    def load(self) -> None:
        """Let its machine code be there; compile it where none is kept."""
        with self._lock:
            for signature in self._parsed:
                if signature not in self._functions:
                    self._functions[signature] = signature.function_at(self._load(signature))

    def _load(self, signature: Signature) -> int:
        name = self.name_of(signature)
        code = kept(name)
        if code is None:
            code = compile_kernel(self.compiled, signature, name)
            keep(code, name)
        return load(code, name)

    def name_of(self, signature: Signature) -> str:
        """Return the name of its machine code, in which all stands that it depends on."""
        module = self.function.__module__.rpartition(".")[2]
        digest = digest_text(made_by(), signature.text, *self.made_of())
        return f"{module}_{self.function.__name__.strip('_')}_{digest[:24]}"


class Decorator(Protocol):
    """What leaves a function's type as it is."""

    def __call__(self, function: Function, /) -> Function:
        """Return what stands for a function."""


def kernel(*signatures: str) -> Decorator:
    """Make a function a kernel."""
    return cast("Decorator", lambda function: Kernel(function, signatures))


def part(*signatures: str) -> Decorator:
    """Make a function one that kernels call."""
    return cast("Decorator", lambda function: Part(function, signatures))


def load_kernels(module: ModuleType) -> None:
    """Load all kernels of a file."""
    for found in vars(module).values():
        if isinstance(found, Kernel):
            found.load()
