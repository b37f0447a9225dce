"""What makes a function a kernel: compiled for the signatures given and no others, and called as machine code.

A kernel calls parts of its own file alone: its machine code is kept under the bytes of that file. It makes no arrays, because
it runs without Python and numba; it is given all that it needs.
"""

from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from threading import Lock
from types import FunctionType, ModuleType
from typing import Any, Protocol, TypeVar, cast

from curate.kernels.machine_code import compile_kernel, keep, kept, load, name_of
from curate.kernels.signature import Signature, for_numba

Function = TypeVar("Function", bound=Callable[..., Any])


class Part:
    """A function that kernels of its file call."""

    def __init__(self, function: FunctionType, signatures: tuple[str, ...]) -> None:
        self.function = function
        self.signatures = signatures

    @property
    def _numba_type_(self) -> Any:
        """What numba takes it for where a kernel names it."""
        from numba import types

        return types.Dispatcher(self.compiled)

    @cached_property
    def compiled(self) -> Any:
        """It as numba's own function."""
        import numba

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
        self._addresses: dict[Signature, int] = {}

    def __call__(self, *values: Any) -> Any:
        """Return what it returns."""
        signature = next((each for each in self._parsed if each.takes(values)), None)
        if signature is None:
            raise TypeError(
                f"{self.function.__name__} does not take {', '.join(type(value).__name__ for value in values)}"
            )
        self.load()
        return signature.call(self._addresses[signature], values)

    def load(self) -> None:
        """Let its machine code be there; compile it where none is kept."""
        with self._lock:
            for signature in self._parsed:
                if signature not in self._addresses:
                    self._addresses[signature] = self._load(signature)

    def _load(self, signature: Signature) -> int:
        source = Path(self.function.__code__.co_filename)
        name = name_of(self.function, source, signature)
        code = kept(name, source)
        if code is None:
            code = compile_kernel(self.compiled, signature, name)
            keep(code, name, source)
        return load(code, name)


class Decorator(Protocol):
    """What leaves a function's type as it is."""

    def __call__(self, function: Function, /) -> Function:
        """Return what stands for a function."""


def kernel(*signatures: str) -> Decorator:
    """Make a function a kernel."""
    return cast("Decorator", lambda function: Kernel(function, signatures))


def part(*signatures: str) -> Decorator:
    """Make a function one that kernels of its file call."""
    return cast("Decorator", lambda function: Part(function, signatures))


def load_kernels(module: ModuleType) -> None:
    """Load all kernels of a file."""
    for found in vars(module).values():
        if isinstance(found, Kernel):
            found.load()
