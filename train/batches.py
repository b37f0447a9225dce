"""Which rows go through a model together: longest first, within a number of tokens and of logits."""

from collections.abc import Sequence

LARGEST_LOGITS = 2**27  # numbers in the logits of one batch: 512 MiB in float32
ENOUGH = 1024  # tokens that keep a processor busy; a GPU wants more, but of many rows only a few batches end early
EVEN = 0.8


def batches(
    lengths: Sequence[int], tokens: int, firsts: Sequence[int] = (), cells: int = 0, enough: int = 0
) -> list[list[int]]:
    """Group places into batches, longest first, so that rows × longest row is at most `tokens` (a long row stands alone).

    With `firsts`, the place in each row from which the head is needed, also rows × columns of logits is at most `cells`.
    With `enough`, a batch of so many tokens takes no row of less than EVEN of its longest: that would be mostly padding.
    """
    order = sorted(range(len(lengths)), key=lambda place: (-lengths[place], place))
    grouped: list[list[int]] = []
    longest = first = 0
    for place in order:
        rows = len(grouped[-1]) + 1 if grouped else 0
        earliest = min(first, firsts[place]) if firsts else 0
        fits = rows * longest <= tokens and (not firsts or rows * (longest - earliest) <= cells)
        uneven = enough and (rows - 1) * longest >= enough and lengths[place] < EVEN * longest
        if grouped and fits and not uneven:
            grouped[-1].append(place)
            first = earliest
        else:
            grouped.append([place])
            longest, first = lengths[place], firsts[place] if firsts else 0
    return grouped
