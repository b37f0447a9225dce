"""Compiled measurements of text: shares of repeated n-grams, MinHash signatures, Jaccard similarity, counts of characters.

The files with kernels are compiled when they are imported, so import them inside the function that needs them.
"""

KERNELS = ("numpy", "numba")
"""The packages whose versions may change what a kernel returns; every step that uses one has them in its `packages`."""
