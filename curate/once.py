"""A Python function of a column that two expressions ask for, worked out once."""

from collections.abc import Callable
from threading import RLock

import polars as pl

_MOST = 64
"""Columns that are remembered at most, where the second expression never asks."""


def once(function: Callable[[pl.Series], pl.Series]) -> Callable[[pl.Series], pl.Series]:
    """Return the function with a memory of the columns that were asked for once.

    Polars works out a Python function anew in every expression that it stands in. Two expressions that share what this
    returns share the work: the second to ask for the same texts is told what the first was, and the memory lets go of it.
    """
    known: dict[tuple[int, bytes], pl.Series] = {}
    lock = RLock()

    def asked(column: pl.Series) -> pl.Series:
        key = (len(column), column.hash(seed=0).to_numpy().tobytes())
        with lock:
            if key in known:
                return known.pop(key)
            if len(known) == _MOST:
                known.pop(next(iter(known)))
            known[key] = function(column)
            return known[key]

    return asked
