"""The check of what crosses the split: rows of a later side that repeat one of an earlier side."""

from collections.abc import Mapping, Sequence

import polars as pl

from curate import rows as row_numbers
from curate.task import Classification
from train.certificate import NAMED_ROWS, Check
from train.checks.finding import counted, found_in
from train.checks.rows import keyed
from train.job import Ready
from train.prompts import asks_nothing

Place = tuple[str, int]
"""A side, and the place of a row in it."""
Pair = tuple[Place, Place]
"""A row of a later side, and the row of an earlier one that it repeats."""


def leaks(ready: Ready) -> Check:
    """Check that no row of a later side can be answered from memory of one of an earlier side.

    Of a classification it may not ask the same; of other tasks, where an instruction may stand many times, it may not ask and
    answer the same, and rows that ask the same and answer otherwise are told as a warning.
    """
    task, sides = ready.recipe.task, {side: keyed(ready, side) for side in ready.rows}
    asked = [] if asks_nothing(task) else pairs_over_sides(sides, ["question"])
    same = asked if isinstance(task, Classification) else pairs_over_sides(sides, ["question", "answer"])
    others = len(asked) - len(same)
    otherwise = (
        f"{counted(others, 'row asks', 'rows ask')} what a row of an earlier side asks, and the answer is another"
    )
    if same:
        said = f"{counted(len(same), 'row', 'rows')} of validation or test {repeats(ready, len(same))}"
        if others > 0:
            said += f", and {otherwise}"
        found = found_in("leaks", [later for later, _earlier in same], ready, said, leak_hint(ready))
        return found.model_copy(update={"rows": named(ready, same)})
    none = f"no row of validation or test {repeats(ready, 1)}"
    if not asked:
        return Check(name="leaks", outcome="passed", said=none)
    said, hint = f"{none}, but {otherwise}", asked_hint(ready)
    return Check(name="leaks", outcome="warned", said=said, hint=hint, count=len(asked), rows=named(ready, asked))


def repeats(ready: Ready, count: int) -> str:
    """Return what so many rows may not do with a row of an earlier side, in words."""
    one = count == 1
    if isinstance(ready.recipe.task, Classification):
        return f"{'asks' if one else 'ask'} what a row of an earlier side asks"
    if asks_nothing(ready.recipe.task):
        return f"{'has' if one else 'have'} the text of a row of an earlier side"
    return f"{'asks and answers' if one else 'ask and answer'} what a row of an earlier side does"


def pairs_over_sides(sides: Mapping[str, pl.DataFrame], same: Sequence[str]) -> list[Pair]:
    """Return each row of a later side with the first row of an earlier side that has the `same`."""
    found = list[Pair]()
    for later, earlier in (("validation", ("train",)), ("test", ("train", "validation"))):
        known = pl.concat([sides[side].select(*same, side=pl.lit(side), first="place") for side in earlier])
        firsts = known.unique(same, keep="first", maintain_order=True)
        crossing = sides[later].join(firsts, on=list(same), maintain_order="left").select("place", "side", "first")
        found += [((later, place), (side, first)) for place, side, first in crossing.iter_rows()]
    return found


def named(ready: Ready, pairs: Sequence[Pair]) -> tuple[str, ...]:
    """Return the first pairs in words: the name and side of each row, and of the row that it repeats."""

    def name(side: str, place: int) -> str:
        return f"{row_numbers.name(ready.rows[side]['row'][place], ready.recipe.source_names)} ({side})"

    return tuple(f"{name(*later)} as {name(*earlier)}" for later, earlier in pairs[:NAMED_ROWS])


def leak_hint(ready: Ready) -> str:
    """Return what keeps such rows from standing on two sides: a published split has a setting of its own."""
    split = ready.recipe.split
    assert split is not None
    if not split.published:
        return "drop copies with {step: exact}, or let split: {key: …} keep them together"
    if split.leaks == "report":
        return "write split: {published: true, leaks: drop}, which drops the row of the earlier side"
    return "split: {leaks: drop} was blind to them: they came with train_steps, or their texts differ where the model does not read"


def asked_hint(ready: Ready) -> str:
    """Return what keeps rows that ask the same on one side, where the split is ours."""
    split = ready.recipe.split
    assert split is not None
    return (
        ""
        if split.published
        else "let split: {key: …} name the column of the question, if an answer can be known from another"
    )
