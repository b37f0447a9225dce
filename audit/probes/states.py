"""Items counted by what the models did with them: yes or no to a few questions, of both models together.

So a bootstrap over items is one multinomial draw of a small table, and stays paired: an item's two answers move together.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from audit.resampling import Floats, Integers


@dataclass(frozen=True)
class States:
    """The items in each state of the base and, within it, of the tuned model; a state is a set of answers to the questions.

    `swapped` is the cell of an item whose two states change places.
    """

    counts: Integers
    swapped: Integers
    questions: int

    def yes(self, question: int) -> Integers:
        """Return 1 for the states whose answer to a question is yes, 0 for the others."""
        return (np.arange(2**self.questions) >> question) & 1

    def of_each(self, tables: Floats) -> tuple[Floats, Floats]:
        """Return tables of cells (replicates × cells) as those of each model's states (replicates × states)."""
        size = 2**self.questions
        square = tables.reshape(-1, size, size)
        return square.sum(axis=2), square.sum(axis=1)


OfStates = Callable[[States, Floats], Floats]
"""A number of one model, for tables of its states (replicates × states)."""


def paired(base: Sequence[pl.Series], tuned: Sequence[pl.Series]) -> States:
    """Count items by both models' answers to the same questions, each a column of booleans."""
    size = 2 ** len(base)
    cells = codes(base) * size + codes(tuned)
    places = np.arange(size * size).reshape(size, size)
    return States(np.bincount(cells, minlength=size * size), places.T.ravel(), len(base))


def codes(answers: Sequence[pl.Series]) -> Integers:
    """Return the state of each item: a bit a question."""
    bits = [column.cast(pl.Int64).to_numpy() << place for place, column in enumerate(answers)]
    found: Integers = np.sum(bits, axis=0, dtype=np.int64)
    return found
