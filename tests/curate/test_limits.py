"""Limits kept beside the measurements, and measurements in words."""

import pytest

from curate.limits import Limit, number_in_words, read_limits, write_limits


def limit(step="length", rule="characters", minimum=20.0, maximum=2000.0):
    return Limit(
        place=2, step=step, rule=rule, minimum=minimum, maximum=maximum, below="low", above="high", unmeasured="none"
    )


@pytest.mark.parametrize(
    ("said", "value", "expected"),
    [
        (limit(), 87.0, "87 characters"),
        (limit(), 12345.0, "12,345 characters"),
        (limit(), None, "not measurable"),
        (limit("letter_share", "letter_share", 0.5, None), 0.123456, "0.1235"),
        (limit("letter_share-2", "letter_share", 0.5, None), 0.49999999, "0.49999999"),
        (limit("word_repetition", "repeated_words", None, 0.3), 0.0, "repeated words 0"),
    ],
)
def test_measurements_in_words(said, value, expected):
    assert said.measured_in_words(value) == expected


def test_ranges_in_words():
    assert limit().in_words() == "20 to 2,000"
    assert limit(maximum=None).in_words() == "at least 20"
    assert limit(minimum=None, maximum=0.3).in_words() == "at most 0.3"
    assert limit(minimum=None, maximum=None).in_words() == "no limit"


def test_the_reason_at_each_end():
    assert [limit().reason(value) for value in (None, 19.0, 20.0, 2000.0, 2001.0)] == [
        "none",
        "low",
        None,
        None,
        "high",
    ]


def test_a_number_never_looks_like_the_limit_that_it_misses():
    assert number_in_words(0.79996, (0.8,)) == "0.79996"
    assert number_in_words(0.79996) == "0.8"
    assert number_in_words(0.8, (0.8,)) == "0.8"


def test_written_and_read(tmp_path):
    write_limits(tmp_path / "limits.json", (limit(), limit("word_repetition", "repeated_words", None, 0.3)))
    assert read_limits(tmp_path / "limits.json") == (limit(), limit("word_repetition", "repeated_words", None, 0.3))


def test_conditions_and_dates_are_not_numbers():
    condition = limit("where", "condition", 1.0, None)
    assert [condition.measured_in_words(value) for value in (1.0, 0.0)] == ["condition true", "condition false"]
    assert condition.in_words() == "must be true"
    window = limit("date_window", "date", 1577836800.0, 1609459199.0)
    assert window.in_words() == "2020-01-01 to 2020-12-31 23:59:59"
    assert window.measured_in_words(1583020800.0) == "date 2020-03-01"
    assert window.measured_in_words(1e15) == "date no date"
