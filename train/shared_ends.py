"""The ends of rows that begin alike, side by side in one line after their beginning: where each stands and what it may see."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from train.tokens import Encoded, supervised_places


@dataclass(frozen=True)
class Laid:
    """How the end of a row stands in its line: a stem from token `start` to `fork`, and a branch from there on.

    `stem` and `branch` are the columns where they begin; a row that is not the `first` with its stem does not read it again.
    """

    place: int
    start: int
    fork: int
    stem: int
    branch: int
    first: bool


def lay_out(encoded: Encoded, places: Sequence[int], length: int, *, long: bool) -> list[Laid]:
    """Return how the ends of rows whose first `length` tokens are the same stand side by side.

    With `long` a stem is what comes before the supervised tokens, else empty.
    """
    found: list[Laid] = []
    column, before = 0, list[int]()
    for place in places:
        ids = encoded.input_ids[place]
        supervised = supervised_places(encoded.labels[place]) if long else []
        fork = max(length, supervised[0]) if supervised else length
        stem = ids[length:fork]
        first = not found or stem != before or fork == length
        start = column if first else found[-1].stem
        branch = column + len(stem) if first else column
        found.append(Laid(place, length, fork, start, branch, first))
        column, before = branch + len(ids) - 1 - fork, stem
    return found


def asked(encoded: Encoded, lines: Sequence[Sequence[Laid]]) -> tuple[Any, Any]:
    """Return which logits tell a supervised token, of the beginnings and of the ends: line, column, token, place of the row.

    Each is a tensor of four rows.
    """
    import torch

    early, late = [], []
    for line, ends in enumerate(lines):
        for end in ends:
            labels = encoded.labels[end.place]
            for at in supervised_places(labels):
                if at <= end.start:
                    early.append((line, at - 1, labels[at], end.place))
                elif at <= end.fork:
                    late.append((line, end.stem + at - 1 - end.start, labels[at], end.place))
                else:
                    late.append((line, end.branch + at - 1 - end.fork, labels[at], end.place))
    return tuple(torch.tensor(found, dtype=torch.long).reshape(-1, 4).T.contiguous() for found in (early, late))


def columns_of(late: Any, lines: int) -> Any:
    """Return the columns of each line that `late` asks for (lines × columns), and let `late` count among those.

    A line that asks for fewer than another looks at its column 0 besides.
    """
    import torch

    order = torch.argsort(late[0], stable=True)
    counts = torch.bincount(late[0], minlength=lines)
    place = torch.empty_like(order)
    place[order] = torch.arange(len(order)) - (counts.cumsum(0) - counts)[late[0][order]]
    columns = torch.zeros((lines, int(counts.max())), dtype=torch.long)
    columns[late[0], place] = late[1]
    late[1] = place
    return columns


@dataclass(frozen=True)
class Ends:
    """What follows each beginning, one line a beginning: tokens, the number of the stem and branch that each is of, its position.

    Branch 0 is the stem itself.
    """

    ids: list[list[int]]
    owners: list[list[int]]
    branches: list[list[int]]
    positions: list[list[int]]


def tokens_of(encoded: Encoded, lines: Sequence[Sequence[Laid]]) -> Ends:
    """Return the tokens after the beginnings, but for each row's last: nothing follows it."""
    made = Ends([], [], [], [])
    for ends in lines:
        for kind in (made.ids, made.owners, made.branches, made.positions):
            kind.append([])
        owner = -1
        for number, end in enumerate(ends, start=1):
            owner += end.first
            ids = encoded.input_ids[end.place]
            stem = range(end.start, end.fork) if end.first else range(0)
            for branch, places in ((0, stem), (number, range(end.fork, len(ids) - 1))):
                made.ids[-1] += ids[places.start : places.stop]
                made.owners[-1] += [owner] * len(places)
                made.branches[-1] += [branch] * len(places)
                made.positions[-1] += places
    return made


def seen(lengths: Any, width: int, owners: Any, branches: Any, dtype: Any) -> Any:
    """Return what is added to the attention of the ends, (line, 1, end, beginning and ends): 0 where a token sees another.

    It sees the beginning without its padding, and what comes before it in its own stem and branch.
    """
    import torch

    beginning = torch.arange(width, device=owners.device) < lengths[:, None, None]
    along = (branches[:, None, :] == 0) | (branches[:, :, None] == branches[:, None, :])
    own = ((owners[:, :, None] == owners[:, None, :]) & along).tril()
    may = torch.cat([beginning.expand(-1, owners.shape[1], -1), own], dim=2)[:, None]
    return torch.zeros(may.shape, dtype=dtype, device=may.device).masked_fill(~may, torch.finfo(dtype).min)
