"""Compiled measurements of text: shares of repeated n-grams, MinHash signatures, Jaccard similarity, counts of characters.

A kernel is compiled at its first use on a machine (`compiled.py`), and read from disk at its first use in a process.
"""

KERNELS = ("numpy", "numba", "llvmlite")
"""The packages whose versions may change what a kernel returns; every step that uses one has them in its `packages`."""
