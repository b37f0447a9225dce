"""The four-fifths rule in whole people: whether a group is below four fifths, and what one person more would make of it.

The rule implemented: one more member of the group is selected and one fewer of the group with the highest rate; the group is then
held against the highest rate that there is after the exchange, whoever has it.

Source: Adoption of Questions and Answers To Clarify and Provide a Common Interpretation of the Uniform Guidelines on Employee
Selection Procedures, 44 FR 11996, question 21. Its example, of 80 and 20 applicants of whom 16 and 3 are hired: 15 % over 20 % is
75 %, below four fifths, but with one hired instead of the other it is 20 % over 18.75 %. Where one exchange would so give the group
the higher rate, the answer calls it inappropriate to require evidence of validity. Counts are compared as whole numbers: 0.64 / 0.8
is below 0.8 in binary fractions, and 16 of 25 over 4 of 5 is not.
"""

from collections.abc import Sequence

from audit.intervals import Count


def below_four_fifths(group: Count, highest: Count) -> bool:
    """Return whether a group's rate is below four fifths of the highest rate; both groups have rows."""
    return 5 * group.hits * highest.n < 4 * highest.hits * group.n


def exchanged(counts: Sequence[Count]) -> tuple[Count, Count]:
    """Return the group and the group with the highest rate after the exchange.

    `counts` holds the group, below four fifths, the one with the highest rate, and any others that may have the highest rate.
    """
    group, highest, *others = counts
    after = [Count(highest.hits - 1, highest.n), *others]
    return Count(group.hits + 1, group.n), max(after, key=lambda count: count.rate)


def clears(counts: Sequence[Count]) -> bool:
    """Return whether the group would not be below four fifths after the exchange."""
    return not below_four_fifths(*exchanged(counts))


def overtakes(counts: Sequence[Count]) -> bool:
    """Return whether the group would have a higher rate than any other after the exchange."""
    group, highest = exchanged(counts)
    return group.hits * highest.n > highest.hits * group.n


def ratio_after(counts: Sequence[Count]) -> float | None:
    """Return the group's rate over the highest of the others after the exchange; None where nobody else would be selected."""
    group, highest = exchanged(counts)
    return group.rate / highest.rate if highest.hits else None
