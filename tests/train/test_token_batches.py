"""Batches counted in tokens: every row once an epoch, never too many tokens, as many batches in every order."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.errors import UserError
from train.token_batches import TokenBatches, check_batch_tokens, token_batches

LENGTHS = st.lists(st.integers(1, 40), min_size=1, max_size=60)


@given(LENGTHS, st.integers(0, 200), st.integers(0, 5))
def test_every_row_stands_in_one_batch_and_no_batch_is_empty_or_too_full(lengths, more, seed):
    limit = 3 * max(lengths) + more
    order = np.random.default_rng(seed).permutation(len(lengths))
    batches = token_batches(lengths, order, limit)
    assert [place for batch in batches for place in batch] == order.tolist()
    assert all(0 < sum(lengths[place] for place in batch) <= limit for batch in batches)
    assert len(batches) == len(token_batches(lengths, np.arange(len(lengths)), limit))


def test_batches_are_about_equally_full():
    lengths = np.random.default_rng(0).integers(5, 60, 400).tolist()
    sums = [sum(lengths[place] for place in batch) for batch in TokenBatches(lengths, 1000, 7)]
    assert len(sums) == -(-sum(lengths) // (1000 - 59 + 1))
    assert max(sums) - min(sums) < 2 * 59


def test_an_epoch_has_its_order_by_seed_and_validation_stays_as_it_stands():
    lengths = [3, 5, 4, 6, 2, 7, 5, 3] * 4
    batches = TokenBatches(lengths, 40, 7)
    first = list(batches)
    batches.set_epoch(1)
    assert list(batches) != first
    batches.set_epoch(0)
    assert list(batches) == first == list(TokenBatches(lengths, 40, 7))
    assert list(TokenBatches(lengths, 40, 8)) != first
    assert len(batches) == len(first)
    still = TokenBatches(lengths, 40, None)
    still.set_epoch(3)
    assert [place for batch in still for place in batch] == list(range(32))


def test_too_few_tokens_are_told():
    check_batch_tokens(30, [10, 3])
    with pytest.raises(UserError, match=r"29 tokens are less than 3 times the longest row \(10 tokens\)"):
        check_batch_tokens(29, [10, 3])
