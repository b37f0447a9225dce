"""FineWeb's own rules, each by a text that breaks it alone."""

import pytest
from frames import apply, fates, frame

from curate.steps.fineweb_quality import FinewebQuality

LONG = "a line of prose that is well over thirty characters long"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (f"{LONG}.", None),
        (f"{LONG}!  \n{LONG} more", None),
        (LONG, "few_punctuated_lines"),
        (
            "\n".join([*(f"{LONG} {place}." for place in range(3)), *(f"{LONG} {place}" for place in range(22))]),
            "few_punctuated_lines",
        ),
        (f"{LONG}.\nHome.\nSign up.\nShare.", "short_lines"),
        (f"{LONG}.\n{LONG}.", "duplicate_lines"),
        (f"{LONG}.\r\n\r\n\r\n\r\n\r\n", "many_line_breaks"),
        ("", "few_punctuated_lines"),
        (None, "few_punctuated_lines"),
        (" \n ", "few_punctuated_lines"),
        ("word", "few_punctuated_lines"),
        ("🖕!", "short_lines"),
        ("x" * 100_000, "few_punctuated_lines"),
    ],
)
def test_drops_for_the_rule_that_is_broken(text, reason):
    assert fates(apply(FinewebQuality(), frame(text))) == ({1: reason} if reason else {})


def test_a_text_at_a_limit_goes_as_the_paper_says():
    half = f"{LONG}.\n{LONG} and more"
    assert fates(apply(FinewebQuality(min_punctuated_lines=0.5), frame(half))) == {1: "few_punctuated_lines"}
    assert fates(apply(FinewebQuality(min_punctuated_lines=0.49), frame(half))) == {}
    short = f"{LONG}.\nYes."
    assert fates(apply(FinewebQuality(max_short_lines=0.5), frame(short))) == {1: "short_lines"}
    assert fates(apply(FinewebQuality(max_short_lines=0.51), frame(short))) == {}


def test_a_line_of_thirty_characters_is_not_short():
    texts = ("x" * 28 + ".", "x" * 29 + ".")
    assert fates(apply(FinewebQuality(), frame(*texts))) == {1: "short_lines"}


def test_characters_in_duplicated_lines_are_those_after_the_first():
    applied = apply(FinewebQuality(max_short_lines=2), frame("one.\ntwo.\n one.\n\nthree."))
    assert fates(applied) == {1: "duplicate_lines"}
    assert applied.ledger["value"].to_list() == [4 / 18]


def test_the_defaults_are_those_of_the_paper_and_where_it_is_silent_of_the_code():
    step = FinewebQuality()
    assert (step.min_punctuated_lines, step.max_short_lines, step.short_line) == (0.12, 0.67, 30)
    assert (step.max_duplicate_line_characters, step.max_line_breaks) == (0.1, 0.3)
