"""Limits kept beside the measurements, and measurements in words."""

from math import inf, nextafter

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
        (limit("fineweb_quality", "short_lines", None, nextafter(1, -inf)), 0.0, "short lines 0"),
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


@pytest.mark.parametrize(
    ("minimum", "maximum", "said"),
    [
        (nextafter(0, inf), None, "more than 0"),
        (nextafter(0.12, inf), None, "more than 0.12"),
        (None, nextafter(1, -inf), "less than 1"),
        (None, nextafter(0, -inf), "less than 0"),
        (nextafter(0.1, inf), 0.9, "more than 0.1, at most 0.9"),
        (1 / 3, 2 / 3, "0.3333 to 0.6667"),
    ],
)
def test_an_end_that_is_excluded_is_told_as_the_number_beside_it(minimum, maximum, said):
    assert limit(minimum=minimum, maximum=maximum).in_words() == said


def test_a_measurement_does_not_look_like_the_excluded_end_unless_it_is():
    above = limit(minimum=nextafter(0.12, inf), maximum=None)
    assert [above.value_in_words(value) for value in (0.12, nextafter(0.12, inf))] == ["0.12", "0.12000000000000001"]


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
