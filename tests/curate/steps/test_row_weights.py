"""Balance by weights: what each row counts, worked out by hand and held to its promises."""

import polars as pl
import pytest
from frames import apply, frame
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from curate.steps.balance import Balance
from curate.steps.row_weights import cell_weights
from curate.steps.sample import Sample


def weights_of(sizes: list[int], most: float) -> list[float]:
    cells = pl.DataFrame({"cell": [f"{place:02}" for place in range(len(sizes))], "size": sizes})
    return cell_weights(cells, most).sort("cell")["weight"].to_list()


def test_inverse_to_the_size_and_one_on_average():
    assert weights_of([6, 2, 1], 10) == [0.5, 1.5, 3.0]
    assert weights_of([5], 10) == [1.0]
    # 99 rows and 1: 50 without a limit; with one of 10 the 99 share 90
    assert weights_of([99, 1], 10) == [pytest.approx(90 / 99), 10.0]


@given(st.lists(st.integers(1, 5000), min_size=1, max_size=12), st.floats(1.01, 50))
def test_the_limit_holds_and_the_average_is_one(sizes, most):
    weights = weights_of(sizes, most)
    assert sum(weight * size for weight, size in zip(weights, sizes, strict=True)) == pytest.approx(sum(sizes))
    assert all(0 < weight <= most for weight in weights)
    free = [weight * size for weight, size in zip(weights, sizes, strict=True) if weight < most]
    assert free == pytest.approx([free[0]] * len(free)) if free else True, "cells below the limit count the same"


def test_the_step_weighs_and_drops_nothing():
    rows = frame(*"abcdefghi", labels=["x"] * 6 + ["y"] * 2 + ["z"])
    applied = apply(Balance(by=("label",), method="weights"), rows)
    assert applied.rows["row_weight"].to_list() == [0.5] * 6 + [1.5] * 2 + [3.0]
    assert applied.rows.drop("row_weight").equals(rows)
    assert applied.records[0].noted == 0, "the notes are about cells"
    noted = applied.ledger.select("event", "reason", "value", "threshold", "detail").rows()
    assert noted == [
        ("noted", "cell_weight", 0.5, 10.0, "x: 6 of 9 rows"),
        ("noted", "cell_weight", 1.5, 10.0, "y: 2 of 9 rows"),
        ("noted", "cell_weight", 3.0, 10.0, "z: 1 of 9 rows"),
    ]
    record = applied.records[0]
    assert (record.dropped, record.added, record.changed) == (0, 0, 0)
    assert apply(Sample(rows=4), applied.rows).rows.columns[-1] == "row_weight"


def test_settings_of_the_other_method_are_mistakes():
    for wrong in ({"to": "largest"}, {"most_copies": 3}):
        with pytest.raises(ValidationError, match="no effect with method: weights"):
            Balance(by=("label",), method="weights", **wrong)
    with pytest.raises(ValidationError, match="no effect with method: resample"):
        Balance(by=("label",), most_weight=3)
