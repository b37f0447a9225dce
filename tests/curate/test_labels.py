"""Labels: an answer names one of them, and a prediction that came with the data is one."""

import polars as pl
import pytest

from curate.errors import UserError
from curate.labels import known_labels, read_answer, with_answered
from curate.task import Classification


@pytest.mark.parametrize(
    ("said", "label"),
    [("1", "1"), ("yes", "1"), ("1.0", "1"), ("0.0", "0"), ("2", None), ("", None), ("nan", None), ("Yes!", None)],
)
def test_answers_are_labels_words_or_the_same_number(said, label):
    assert read_answer(said, ("0", "1"), {"0": "no", "1": "yes"}) == label


def test_labels_are_those_of_the_task_then_those_of_the_data_then_the_positive_ones():
    task = Classification(kind="classification", label="l", positive=("3",))
    assert known_labels(pl.Series(["2", None, "1", "2"]), task) == ("1", "2", "3")


def test_a_prediction_that_no_row_truly_has_is_a_label_of_its_own():
    assert with_answered(("0", "1"), ["2.0", "1", "1.0", "2", ""]) == ("0", "1", "2")


def test_a_column_of_numbers_is_no_column_of_labels():
    with pytest.raises(UserError, match="holds more than 100 different answers that no row truly has") as error:
        with_answered(("0", "1"), [f"0.{place}" for place in range(1, 200, 2)] + [f"{n}" for n in range(2, 9)])
    assert "belongs in score" in str(error.value)
