"""Measured rows decided: the progress counts the rows that stay as the decision does."""

import polars as pl
import pytest
from frames import TASK

from curate.account import NamedStep
from curate.apply import make_context
from curate.decide import count_staying, decide
from curate.ledger import empty
from curate.steps.length import Length
from curate.steps.letter_share import LetterShare


@pytest.mark.parametrize(("values", "staying"), [
    ([5.0, 4.9, 10.0, 10.1, None], 2),
    ([7.0] * 5, 5),
    ([None] * 5, 0),
])  # fmt: skip
def test_progress_counts_the_rows_that_stay(values, staying):
    named = [NamedStep(0, "length", Length(min=5, max=10)), NamedStep(1, "letter_share", LetterShare(min=0))]
    measures = pl.DataFrame({"row": range(5), "length.characters": values, "letter_share.letter_share": [1.0] * 5})
    context = make_context(TASK, 7, {})
    assert decide(measures, empty(), named, context, TASK).rows.len() == staying
    assert count_staying(measures, named, context, TASK) == staying
