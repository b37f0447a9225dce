"""Gopher's quality and repetition rules: each by a text that breaks it alone, and texts that are hardly texts."""

import pytest
from frames import TASK, apply, fates, frame

from curate.apply import make_context
from curate.steps.gopher_quality import GopherQuality
from curate.steps.gopher_repetition import GopherRepetition

PROSE = "The river of that valley runs to the sea and with it the boats that have no sail"  # 18 words


def measured(step, text: str) -> dict[str, float]:
    """What each rule measures of one text."""
    rows = frame(text)
    values = [
        rows.select(rule.measure.struct.field(rule.field) if rule.field else rule.measure).item()
        for rule in step.rules(make_context(TASK, 7, {}))
    ]
    return dict(zip([rule.name for rule in step.rules(make_context(TASK, 7, {}))], values, strict=True))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (" ".join([PROSE] * 3), None),
        (PROSE, "few_words"),
        (" ".join([PROSE] * 6000), "many_words"),
        ("to be of " * 20, "short_words"),
        (" ".join([PROSE, PROSE, PROSE, "internationalisation" * 40]), "long_words"),
        (" ".join([PROSE] * 3 + ["#"] * 6), None),  # 6 of 60 words: at the limit a text stays
        (" ".join([PROSE] * 3 + ["#"] * 7), "many_hashes"),
        (" ".join([PROSE] * 3 + ["well..."] * 3 + ["well…"] * 4), "many_ellipses"),
        ("\n".join(f"• {PROSE}" for _ in range(3)), "bullet_lines"),
        ("\n".join(f"  - {PROSE}" for _ in range(3)), "bullet_lines"),
        ("\n".join([PROSE, PROSE, f"{PROSE}… ", f"{PROSE}...."]), "ellipsis_lines"),
        (" ".join([PROSE] * 3 + ["1999"] * 20), "few_alphabetic_words"),
        (" ".join(["river valley boats running"] * 15), "few_stop_words"),
        (" ".join(["river valley boats THE the"] * 15), "few_stop_words"),  # one of the eight, however often
    ],
)
def test_quality_drops_for_the_rule_that_is_broken(text, reason):
    assert fates(apply(GopherQuality(), frame(text))) == ({1: reason} if reason else {})


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("one, two", "words", 2),
        ("one, two", "mean_word_length", 3.5),
        ("# a # b", "hash_ratio", 0.5),
        ("a ...... b … c", "ellipsis_ratio", 0.4),  # a run of dots is one ellipsis
        ("- a\n\n \n* b\r\nc\r• d", "bullet_lines", 0.75),  # lines of blanks are none
        ("a…\nb...  \n.. c\nd", "ellipsis_lines", 0.5),
        ("1 b2 3 é", "alphabetic_words", 0.5),
        ("The theory, then: TO be!", "stop_words", 3),  # whole words, whatever their case
    ],
)
def test_quality_measures_by_hand(text, name, value):
    assert measured(GopherQuality(), text)[name] == pytest.approx(value)


@pytest.mark.parametrize("text", ["", " \n\t ", "word", "🖕", "x" * 100_000, "\u2028\u3000"])
def test_texts_that_are_hardly_texts_are_measured(text):
    assert fates(apply(GopherQuality(), frame(text, None))) == {1: "few_words", 2: "few_words"}
    assert set(measured(GopherRepetition(), text).values()) == {0.0}
    assert fates(apply(GopherRepetition(), frame(text, None))) == {}
    nothing_asked = GopherQuality(min_words=0, min_mean_word_length=0, min_alphabetic_words=0, min_stop_words=0)
    assert fates(apply(nothing_asked, frame(text))) == ({1: "long_words"} if len(text) > 1000 else {})


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("a\nb\n\n a \nA", "duplicate_lines", 1 / 4),
        ("abc\nx\r\nabc", "duplicate_line_characters", 3 / 7),
        ("a\nb\n \n\nc\n\na\n b ", "duplicate_paragraphs", 0.0),  # the blank before b is part of the second
        ("a\nb\n \n\nc\n\na\nb ", "duplicate_paragraphs", 1 / 3),
        ("abc\n\nx\n\nabc", "duplicate_paragraph_characters", 3 / 7),
        ("an ox an ox saw", "top_2gram", 8 / 11),
        ("an ox an ox saw", "top_3gram", 0.0),
        ("a b c d e a b c d e f", "duplicate_5gram", 5 / 11),
        ("a b c d e a b c d e f", "duplicate_6gram", 0.0),
    ],
)
def test_repetition_measures_by_hand(text, name, value):
    assert measured(GopherRepetition(), text)[name] == pytest.approx(value)


def different(count: int) -> str:
    """So many words, all different and of five characters."""
    return " ".join(f"w{place:04}" for place in range(count))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (different(200), None),
        ("\n".join(["yes", "yes", "yes", different(100)]), "duplicate_lines"),
        ("a\nb\n\na\nc\n\nb\nd\n\na\nb", "duplicate_lines"),
        (f"{different(30)}\n{different(10)}\nw\n{different(30)}", "duplicate_line_characters"),
        (f"{different(10)} a b c d e f a b c d e f", None),
        (f"{different(10)} aaaaa bbbbb xx aaaaa bbbbb", "top_2gram"),
        (" ".join([different(38), *(f"ppppp qqqqq rrrrr x{place}" for place in range(3))]), "top_3gram"),
        (f"{different(60)} {different(24)}", "duplicate_5gram"),
    ],
)
def test_repetition_drops_for_the_first_rule_that_is_broken(text, reason):
    assert fates(apply(GopherRepetition(), frame(text))) == ({1: reason} if reason else {})


@pytest.mark.parametrize("limit", GopherRepetition.thresholds)
def test_every_limit_of_table_a1_is_a_setting_with_its_reason(limit):
    open_settings = dict.fromkeys(GopherRepetition.thresholds, 1.0)
    step = GopherRepetition(**(open_settings | {limit: 0.01}))
    block = f"{different(12)}\n{different(12)}"
    applied = apply(step, frame(f"{block}\n\n{block}", different(50)))
    assert fates(applied) == {1: limit.removeprefix("max_")}
    assert applied.ledger["threshold"].to_list() == [0.01]


def test_the_defaults_are_those_of_the_paper():
    quality = GopherQuality()
    assert (quality.min_words, quality.max_words) == (50, 100_000)
    assert (quality.min_mean_word_length, quality.max_mean_word_length) == (3, 10)
    assert (quality.max_hash_ratio, quality.max_ellipsis_ratio) == (0.1, 0.1)
    assert (quality.max_bullet_lines, quality.max_ellipsis_lines) == (0.9, 0.3)
    assert (quality.min_alphabetic_words, quality.min_stop_words) == (0.8, 2)
    repetition = GopherRepetition()
    assert [getattr(repetition, limit) for limit in repetition.thresholds] == [
        *(0.30, 0.30, 0.20, 0.20),
        *(0.20, 0.18, 0.16),
        *(0.15, 0.14, 0.13, 0.12, 0.11, 0.10),
    ]
