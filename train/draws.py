"""Rows that are drawn by the seed."""


def drawn_places(rows: int, wanted: int, seed: int) -> list[int]:
    """Return the places of so many rows at random, in order; all of them where there are no more."""
    import numpy as np  # noqa: PLC0415

    drawn = np.random.default_rng(seed).choice(rows, min(wanted, rows), replace=False)
    return sorted(int(place) for place in drawn)
