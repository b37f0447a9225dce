"""Shares and their moves as a person reads them: per cent, and points of per cent with their sign."""


def percent(share: float | None) -> str:
    """Return a share as per cent with one digit; a dash where it is not defined."""
    return "–" if share is None else f"{100 * share:.1f} %"


def points(before: float | None, after: float | None) -> str:
    """Return a move in points of per cent with its sign; empty where it is nothing or not defined."""
    if before is None or after is None:
        return ""
    moved = round(100 * (after - before), 1)
    return f"{moved:+.1f}".replace("-", "−") if moved else "·"
