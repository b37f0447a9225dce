"""Which settings of training switch one another off."""

import pytest

from curate.train_settings import Train, without_effect


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"batch_tokens": 16384}, []),
        ({"batch_tokens": 16384, "packing": True, "batch_size": 16}, []),
        ({"packing": False, "trainer": {"train_sampling_strategy": "random"}}, []),
        ({"batch_tokens": 16384, "packing": False}, [("packing", "does not go with batch_tokens")]),
        ({"batch_tokens": 16384, "batch_size": 8}, [("batch_size", "has no effect with batch_tokens")]),
        (
            {"batch_tokens": 16384, "trainer": {"train_sampling_strategy": "random", "max_grad_norm": 1.0}},
            [("trainer", "train_sampling_strategy has no effect with batch_tokens")],
        ),
    ],
)
def test_what_counts_rows_has_no_effect_where_tokens_are_counted(settings, expected):
    assert [(key, message.split(";")[0]) for key, message in without_effect(Train(**settings))] == expected
