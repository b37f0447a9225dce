"""How a kernel is compiled: for the signatures given and no others, and kept on disk where a folder can be written.

numba notices a change in a kernel's own file alone, so a kernel calls no kernel of another file.
"""

import sys
from collections.abc import Callable
from typing import Any, TypeVar

import numba
from numba import types

Function = TypeVar("Function", bound=Callable[..., Any])
_BLAS = "scipy.linalg.cython_blas"


def _load_array_functions() -> None:
    """Load numba's functions of arrays without SciPy's linear algebra, which takes a while and which no kernel uses.

    numba looks here whether SciPy has it, to choose how `np.correlate` multiplies. For products of matrices it looks again.
    """
    if _BLAS in sys.modules:
        return
    sys.modules[_BLAS] = None  # type: ignore[assignment]
    try:
        import numba.np.arraymath  # noqa: F401, PLC0415
    finally:
        del sys.modules[_BLAS]


_load_array_functions()


def array(scalar: Any, dimensions: int = 1) -> Any:
    """Return the type of a contiguous array that the kernel only reads."""
    return types.Array(scalar, dimensions, "C", readonly=True)


def result(scalar: Any, dimensions: int = 1) -> Any:
    """Return the type of a contiguous array that the kernel writes."""
    return types.Array(scalar, dimensions, "C")


def kernel(*signatures: Any) -> Callable[[Function], Function]:
    """Compile a function without Python's lock.

    The machine code is kept beside the source, or in the user's cache folder, or in the folder that `NUMBA_CACHE_DIR` names.
    Where none of them can be written (a read-only install, a full disk) it is compiled anew in each process.
    """

    def compile_function(function: Function) -> Function:
        try:
            compiled: Function = numba.njit(list(signatures), nogil=True, cache=True)(function)
        except (RuntimeError, OSError):
            compiled = numba.njit(list(signatures), nogil=True)(function)
        return compiled

    return compile_function
