"""Numbers in words: percentages with one decimal, signs where direction matters, undefined never as zero."""

import math

import pytest

from audit.report.words import (
    cell_of,
    details_of,
    interval_of,
    legible,
    listed,
    methods_of,
    number,
    plural,
    probability,
    value_of,
)
from audit.results import Interval, Measure

NB = "\u00a0"


def measure(**fields: object) -> Measure:
    return Measure.model_validate({"id": "x", "title": "x", "metric": "accuracy", **fields})


@pytest.mark.parametrize(
    ("value", "unit", "signed", "expected"),
    [
        (0.1234, "percent", False, f"12.3{NB}%"),
        (-0.0001, "percent", False, f"0.0{NB}%"),
        (0.0234, "points", True, f"+2.3{NB}points"),
        (-0.0234, "points", True, f"−2.3{NB}points"),
        (0.00001, "points", True, f"0.0{NB}points"),
        (0.833, "ratio", False, "0.83"),
        (1234.0, "count", False, "1,234"),
        (0.08149, "number", False, "0.081"),
        (28.44, "number", False, "28.4"),
        (math.inf, "ratio", False, "∞"),
    ],
)
def test_numbers(value: float, unit: str, signed: bool, expected: str) -> None:
    assert number(value, unit, signed=signed) == expected  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"value": 0.5}, f"50.0{NB}%"),
        ({"value": 0.5, "compare": "rest", "group": "women"}, f"50.0{NB}%"),
        ({"value": 0.5, "compare": "ratio"}, "0.50"),
        ({"value": 0.1, "compare": "difference"}, f"10.0{NB}points"),
        ({"value": 0.1, "compare": "difference", "group": "women"}, f"+10.0{NB}points"),
        ({"value": 0.1, "compare": "tuned_minus_base"}, f"+10.0{NB}points"),
        ({"value": 0.1, "compare": "difference", "id": "change.accuracy.target.difference"}, f"+10.0{NB}points"),
        ({"value": -0.1, "compare": "ratio", "id": "change.accuracy.target.ratio"}, "−0.10"),
        ({"value": 0.9, "compare": "best_case"}, f"90.0{NB}%"),
        ({"value": 2.5, "metric": "loss"}, "2.500"),
        ({"value": 12.0, "metric": "rows", "n": 12, "numerator": 12}, "12"),
        ({"value": 12.0, "metric": "better", "n": 90, "numerator": 12, "compare": "tuned_minus_base"}, "12"),
        ({"value": 0.02, "metric": "mention_change"}, f"+2.0{NB}points"),
        ({"value": 0.25, "metric": "never_heard_of"}, "0.250"),
        ({"undefined": "no row is truly negative"}, "undefined"),
        ({"value": math.nan}, "undefined"),
    ],
)
def test_a_measure_is_shown_in_its_unit(fields: dict[str, object], expected: str) -> None:
    assert value_of(measure(**fields)) == expected


def test_what_stands_under_a_value() -> None:
    interval = Interval(low=0.031, high=0.05, confidence=0.95, method="Wilson")
    small = measure(value=0.04, n=17, numerator=1, group="women", interval=interval, p_value=0.2, p_adjusted=0.0001)
    assert details_of(small, 20) == ("1 of 17", f"3.1 to 5.0{NB}%", f"p{NB}<{NB}0.001", "few rows")
    assert details_of(small, 17) == ("1 of 17", f"3.1 to 5.0{NB}%", f"p{NB}<{NB}0.001")
    score = measure(value=0.04, n=17, group="women", metric="auc")
    assert details_of(score, 20) == ("n 17", "few rows")


def test_undefined_says_why_and_has_no_number() -> None:
    cell = cell_of(measure(undefined="no row is truly negative", n=0))
    assert (cell.text, cell.details) == ("undefined", ("no row is truly negative",))


def test_an_interval_of_points_keeps_its_signs() -> None:
    interval = Interval(low=-0.02, high=0.034, confidence=0.95, method="bootstrap")
    assert interval_of(measure(value=0.01, compare="tuned_minus_base", interval=interval)) == "−2.0 to +3.4"


def test_methods_stand_once_and_a_note_of_one_group_names_it() -> None:
    interval = Interval(low=0, high=1, confidence=0.95, method="Wilson")
    measures = [
        measure(value=0.5, interval=interval, test="exact", note="few were asked", group="women"),
        measure(value=0.4, interval=interval, test="exact"),
    ]
    assert methods_of(measures) == (f"Intervals: 95{NB}% Wilson.", "Tests: exact.", "Women: few were asked.")


def test_small_words() -> None:
    assert probability(0.0004) == f"<{NB}0.001"
    assert probability(0.0123) == "0.012"
    assert plural(1, "row") == "1 row"
    assert plural(1200, "row") == "1,200 rows"
    assert listed(["a", "b", "c"]) == "a, b and c"
    assert listed(["a"]) == "a"


def test_what_no_page_can_hold_is_marked() -> None:
    assert legible("a\x1b[31mb\x00c\u202ed\n") == "a�[31mb�c�d\n"


def test_a_change_that_may_be_none_says_which_change_would_have_been_seen():
    interval = Interval(low=-0.02, high=0.04, confidence=0.95, method="m")
    change = Measure(
        id="change.accuracy",
        title="",
        metric="accuracy",
        compare="tuned_minus_base",
        value=0.01,
        interval=interval,
        detectable=0.043,
    )
    assert details_of(change)[-1] == "could have seen 4.3\u00a0points"
    none = change.model_copy(update={"detectable": 1.13})
    assert details_of(none)[-1] == "could have seen none"
    seen = change.model_copy(update={"interval": interval.model_copy(update={"low": 0.001})})
    assert "could have seen" not in " ".join(details_of(seen))
