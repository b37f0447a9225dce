"""One person more, worked out by hand, and the example of the Guidelines' question 21."""

import pytest

from audit.intervals import Count
from audit.one_person_more import below_four_fifths, clears, exchanged, overtakes, ratio_after


def test_the_example_of_question_21():
    white, black = Count(16, 80), Count(3, 20)
    assert below_four_fifths(black, white), "15 % over 20 % is 75 %"
    assert exchanged([black, white]) == (Count(4, 20), Count(15, 80))
    assert ratio_after([black, white]) == pytest.approx(0.2 / 0.1875)
    assert clears([black, white])
    assert overtakes([black, white])


def test_an_exchange_may_clear_four_fifths_without_overtaking():
    counts = [Count(9, 20), Count(48, 80)]  # 45 % over 60 % becomes 50 % over 58.75 %
    assert below_four_fifths(*counts)
    assert ratio_after(counts) == pytest.approx(0.5 / 0.5875)
    assert clears(counts)
    assert not overtakes(counts)


@pytest.mark.parametrize(
    ("group", "highest", "below"),
    [
        (Count(48, 100), Count(60, 100), False),
        (Count(16, 25), Count(4, 5), False),  # 0.64 / 0.8 is 0.7999… in binary fractions, and four fifths in truth
        (Count(47, 100), Count(60, 100), True),
        (Count(0, 5), Count(1, 9), True),
        (Count(0, 5), Count(0, 9), False),
    ],
)
def test_four_fifths_in_whole_people(group, highest, below):
    assert below_four_fifths(group, highest) is below


def test_who_has_the_highest_rate_after_the_exchange_counts():
    # 2 of 4 over 4 of 5; the exchange leaves 3 of 5, but a third group has 79 of 100: 75 % over 79 %, not over 60 %
    counts = [Count(2, 4), Count(4, 5), Count(79, 100)]
    assert exchanged(counts) == (Count(3, 4), Count(79, 100))
    assert ratio_after(counts) == pytest.approx(0.75 / 0.79)
    assert not overtakes(counts)
    assert overtakes(counts[:2])


def test_nobody_else_is_selected_after_the_exchange():
    counts = [Count(0, 10), Count(1, 10)]
    assert ratio_after(counts) is None
    assert clears(counts)
    assert overtakes(counts)


def test_a_large_group_does_not_clear():
    counts = [Count(100, 1000), Count(500, 1000)]
    assert not clears(counts)
    assert ratio_after(counts) == pytest.approx(101 / 499)
