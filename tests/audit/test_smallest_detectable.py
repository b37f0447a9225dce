"""The smallest disparity that rows would show: a gap of points, a ratio, or a distance from the limit, each as what it is."""

import pytest

from audit import intervals
from audit.gates import smallest_detectable
from audit.intervals import Count
from audit.report.sections.outcomes import _disparity
from audit.report.words import SPACE
from audit.results import Interval, Measure

COUNTS = {"a": Count(40, 100), "b": Count(60, 120), "c": Count(50, 110)}
INTERVAL = Interval(low=0.02, high=0.2, confidence=0.95, method="")


def asked(compare: str) -> tuple[float | None, str]:
    """Return the smallest disparity of a gap of accuracy, and what a verdict's card says of it."""
    groups = {
        name: Measure(id=f"given.accuracy.color.{name}", title="", metric="accuracy", group=name, value=count.rate, n=count.n,
                      numerator=count.hits)
        for name, count in COUNTS.items()
    }  # fmt: skip
    measures = {measure.id: measure for measure in groups.values()}
    gap = Measure(id="gap", title="", metric="accuracy", attribute="color", compare=compare, value=0.1, n=330, parts=tuple(measures),
                  interval=INTERVAL)  # fmt: skip
    found = smallest_detectable(gap, measures, 0.95)
    return found, "" if found is None else _disparity(gap, found)


def test_a_difference_and_a_ratio_are_between_the_two_groups_that_set_them():
    each = 1 - 0.05 / 3
    found, said = asked("difference")
    assert found == intervals.detectable_difference(COUNTS["a"], COUNTS["b"], each)
    assert said == f"a gap of {100 * found:.1f}{SPACE}points or more"
    found, said = asked("ratio")
    assert found == intervals.detectable_ratio(COUNTS["a"], COUNTS["b"], each)
    assert said == f"a ratio of {found:.2f}, or one farther from 1,"


@pytest.mark.parametrize(
    ("compare", "said"),
    [
        ("difference_to_overall", f"a gap of 12.9{SPACE}points or more"),
        ("lowest", f"a distance of 12.9{SPACE}points or more from the limit"),
        ("highest", f"a distance of 12.9{SPACE}points or more from the limit"),
    ],
)
def test_any_other_number_goes_by_its_interval(compare, said):
    assert asked(compare) == (intervals.detectable_change(INTERVAL), said)


def test_a_ratio_to_all_rows_has_none():
    assert asked("ratio_to_overall") == (None, "")
