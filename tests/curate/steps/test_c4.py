"""C4's rules on lines, pages and words."""

import re
from pathlib import Path

import polars as pl
import pytest
from frames import apply, fates, frame, values
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.errors import UserError
from curate.steps.c4 import C4Lines, C4Quality
from curate.steps.c4_word_list import C4WordList, read_entries
from curate.task import Chat

WORDS = {"words.txt": Path(__file__).parent / "words.txt"}
GOOD = "Here are five good words."


@pytest.mark.parametrize(
    ("line", "kept", "reason"),
    [
        (f"  {GOOD} ", GOOD, "blanks"),
        ("Here are five good words", None, "no_end_mark"),
        ("Here are five good words...", None, "no_end_mark"),
        ('He said to us: "Yes"', 'He said to us: "Yes"', None),
        ("Four words are few.", None, "few_words"),
        (f"{GOOD} {'x' * 1001}.", None, "long_word"),
        (f"{GOOD} {'x' * 999}.", f"{GOOD} {'x' * 999}.", None),
        ("Please turn on JavaScript now.", None, "javascript"),
        ("Read our Privacy Policy now please.", None, "policy"),
        ("", None, "empty_line"),
        ("The sky[1] is[] so[12] very[citation needed] blue.[edit]", "The sky is so very blue.", "citation"),
        ("This has five words yes.[1] ", "This has five words yes.", "citation"),
    ],
)
def test_a_line_stays_or_goes_for_a_reason(line, kept, reason):
    applied = apply(C4Lines(), frame(f"{GOOD}\n{line}\n{GOOD}"))
    assert applied.rows["text"].to_list() == ["\n".join([GOOD, *([kept] if kept else []), GOOD])]
    assert applied.ledger["reason"].to_list() == ([reason] if reason else [])


def test_a_text_of_lines_that_go_is_empty_and_null_stays_null():
    applied = apply(
        C4Lines(), frame("Home\r\nPlease enable javascript to go on.\rUse of cookies is good here.", None, "")
    )
    assert applied.rows["text"].to_list() == ["", None, ""]
    assert applied.ledger["reason"].to_list() == ["javascript+no_end_mark+policy"]


def test_rules_on_lines_can_be_left_out():
    lines = "no mark [1]\nuse cookies and javascript"
    step = C4Lines(end_marks=(), min_words=0, javascript=False, policies=False, citations=False)
    assert apply(step, frame(lines)).rows["text"].to_list() == [lines]


def test_lines_of_a_conversation():
    task = Chat(kind="chat", messages="messages")
    turns = [{"role": "user", "content": "Home\n" + GOOD}, {"role": "assistant", "content": GOOD}]
    rows = frame("x").drop("text").with_columns(messages=pl.Series([turns]))
    applied = apply(C4Lines(), rows, task)
    assert [turn["content"] for turn in applied.rows["messages"][0]] == [GOOD, GOOD]
    assert applied.ledger["reason"].to_list() == ["no_end_mark"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("One. Two! Three?", None),
        ('"One." (Two!) Three\nFour', None),
        ("One. Two", "few_sentences"),
        ("Version 1.2.3 is here", "few_sentences"),
        ("One. Two. Three. Lorem IPSUM.", "lorem_ipsum"),
        ("One. Two. Three. if (x) { y }", "curly_bracket"),
        ("", "few_sentences"),
        (None, "few_sentences"),
        ("word", "few_sentences"),
        ("🖕", "few_sentences"),
        ("x" * 100_000, "few_sentences"),
    ],
)
def test_a_page_goes_for_a_reason(text, reason):
    assert fates(apply(C4Quality(), frame(text))) == ({1: reason} if reason else {})


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("A Nurse came.", "nurse"),
        ("nurse", "nurse"),
        ("nurses", None),
        ("night_nurse", None),
        ("night-nurse", "nurse"),
        ("the TEAM LEAD, a nurse", "team lead"),
        ("team  lead", None),  # a blank in an entry is one blank
        ("what a f** word!", "f** word"),
        ("S&M", "s&m"),
        ("👎🏽 no", "👎"),  # a skin tone is no word character
        ("no 👎", "👎"),
        ("résumé nursé", None),
        ("", None),
        (None, None),
    ],
)
def test_an_entry_is_found_whole_whatever_its_case(text, found):
    applied = apply(C4WordList(words="words.txt"), frame(text), files=WORDS)
    assert fates(applied) == ({1: "listed_word"} if found else {})
    assert applied.ledger["detail"].to_list() == ([found] if found else [])


@settings(deadline=None, max_examples=60)  # each is a small run of the engine
@given(
    st.lists(st.sampled_from(["nurse", "Nurse", "team lead", "s&m", "x", "_", " ", "-", "é", "\n", "7"]), max_size=8)
)
def test_entries_are_found_as_the_pattern_of_c4_finds_them(parts):
    text = "".join(parts)
    entries = "|".join(map(re.escape, read_entries(WORDS["words.txt"])))
    found = re.search(rf"(?:\W|^)({entries})(?:\W|$)", text.lower())
    applied = apply(C4WordList(words="words.txt"), frame(text), files=WORDS)
    assert applied.ledger["detail"].to_list() == ([found[1]] if found else [])


def test_a_word_list_is_read_once_folded_and_must_have_entries(tmp_path):
    assert read_entries(WORDS["words.txt"]) == ("nurse", "team lead", "f** word", "s&m", "👎")
    (tmp_path / "empty.txt").write_text("\n \n")
    (tmp_path / "latin.txt").write_bytes(b"na\xefve\n")
    with pytest.raises(UserError, match="the word list is empty"):
        read_entries(tmp_path / "empty.txt")
    with pytest.raises(UserError, match="cannot be read"):
        read_entries(tmp_path / "latin.txt")


def test_the_defaults_are_those_of_paper_and_code():
    lines, quality = C4Lines(), C4Quality()
    assert (lines.min_words, lines.max_word_length, lines.end_marks) == (5, 1000, (".", "?", "!", '"'))
    assert (quality.max_lorem_ipsum, quality.max_curly_brackets, quality.min_sentences) == (0, 0, 3)
    assert values(C4Quality(), "lorem ipsum Lorem Ipsum") == [2]
