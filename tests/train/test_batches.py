"""Batches of rows: each row once, within the limits on tokens and logits."""

from hypothesis import given
from hypothesis import strategies as st

from train.batches import batches


@given(st.lists(st.integers(1, 50), max_size=40), st.integers(1, 200))
def test_batches_hold_every_row_once_within_the_limit(lengths, tokens):
    made = batches(lengths, tokens)
    assert sorted(place for batch in made for place in batch) == list(range(len(lengths)))
    assert all(len(batch) == 1 or len(batch) * max(lengths[place] for place in batch) <= tokens for batch in made)


def test_batches_bound_the_logits():
    # 4 rows of 10 with the head from place 2: 8 columns a row, so 16 numbers hold two rows
    assert batches([10, 10, 10, 10], 1000, [2, 2, 2, 2], 16) == [[0, 1], [2, 3]]
    assert batches([10, 10, 10, 10], 1000, [8, 8, 8, 8], 16) == [[0, 1, 2, 3]]


def test_a_full_batch_takes_no_row_that_would_be_mostly_padding():
    assert batches([10, 10, 8, 7, 7], 1000) == [[0, 1, 2, 3, 4]]
    assert batches([10, 10, 8, 7, 7], 1000, enough=20) == [[0, 1, 2], [3, 4]]
    assert batches([10, 10, 8, 7, 7], 1000, enough=41) == [[0, 1, 2, 3, 4]]
