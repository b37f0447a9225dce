"""Shares and their moves as a person reads them: per cent, and points of per cent with their sign."""


def percent(share: float | None) -> str:
    """Return a share as per cent with one digit; a dash where it is not defined."""
    return "–" if share is None else f"{100 * share:.1f} %"


def points(before: float | None, after: float | None) -> str:
    """Return a move in points of per cent with its sign: the difference of the shares as they are shown.

    A dot where it is nothing, empty where a share is not defined.
    """
    if before is None or after is None:
        return ""
    moved = round(round(100 * after, 1) - round(100 * before, 1), 1)
    return f"{moved:+.1f}".replace("-", "−") if moved else "·"
