"""Conversations without an answer, with empty turns, or with turns out of order."""

import polars as pl
import pytest
from frames import apply, fates, frame

from curate.steps.turns import Turns
from curate.task import Chat, Instruction

CHAT = Chat(kind="chat")
ASKED = Instruction(kind="instruction", prompt="{q}\n{more}", completion="a")
TURNS = pl.List(pl.Struct({"role": pl.String, "content": pl.String}))
NAMES = {"s": "system", "u": "user", "a": "assistant", "t": "tool"}


def talks(*written: str) -> pl.DataFrame:
    """Rows of conversations: words of a letter for the role and a text, `-` for none."""
    turns = [
        [{"role": NAMES[word[0]], "content": word[1:].replace("-", " ")} for word in talk.split()] for talk in written
    ]
    return frame(*written).select("row", "parent", messages=pl.Series(turns, dtype=TURNS))


def fate(talk: str, **settings: int) -> tuple[str, float, str | None] | None:
    """Why a conversation goes, what was measured, and what was found; None if it stays."""
    dropped = apply(Turns(**settings), talks(talk), CHAT).ledger
    return dropped.select("reason", "value", "detail").row(0) if dropped.height else None


@pytest.mark.parametrize(
    ("talk", "expected"),
    [
        ("uhi aho", None),
        ("sbe uhi aho uhe aha", None),
        ("uhi acall tfound tmore aho", None),
        ("", ("no_turns", 0, None)),
        ("uhi", ("no_answer", 0, "the last turn is the user's")),
        ("uhi acall tfound", ("no_answer", 0, "the last turn is the tool's")),
        ("uhi a-", ("no_answer", 0, None)),
        ("uhi a", ("no_answer", 0, None)),
        ("u aho", ("empty_turn", 1, "turn 1 (user)")),
        ("s- uhi a uhe aha", ("empty_turn", 2, "turn 1 (system)")),
        ("ahi", ("roles_out_of_order", 1, "turn 1 (assistant)")),
        ("uhi uhe aho", ("roles_out_of_order", 1, "turn 2 (user)")),
        ("uhi aho aha", ("roles_out_of_order", 1, "turn 3 (assistant)")),
        ("uhi sbe aho", ("roles_out_of_order", 2, "turn 2 (system)")),
        ("uhi tfound aho", ("roles_out_of_order", 1, "turn 2 (tool)")),
        ("uhi acall tfound uhe aho", ("roles_out_of_order", 1, "turn 4 (user)")),
        ("uhi aHI", ("prompt_repeated", 1, "turn 2 (assistant)")),
        ("uhi aho uhe ahe", ("prompt_repeated", 1, "turn 4 (assistant)")),
    ],
)
def test_reasons(talk, expected):
    assert fate(talk) == expected


@pytest.mark.parametrize(
    ("talk", "settings", "expected"),
    [
        ("", {"min_turns": 0, "min_answer": 0}, None),
        ("", {"min_turns": 3}, "too_few_turns"),
        ("uhi aho", {"min_turns": 3}, "too_few_turns"),
        ("uhi aho", {"max_turns": 1}, "too_many_turns"),
        ("uhi aho", {"max_turns": 2}, None),
        ("uhi aho", {"min_answer": 3}, "short_answer"),
        ("uhi", {"min_answer": 0}, None),
        ("uhi a", {"min_answer": 0, "max_empty": 1}, None),
        ("uhi a", {"min_answer": 0}, "empty_turn"),
        ("ahi", {"max_out_of_order": 1}, None),
        ("uhi ahi", {"max_repeated": 1}, None),
    ],
)
def test_limits(talk, settings, expected):
    found = fate(talk, **settings)
    assert (found and found[0]) == expected


def test_instructions_are_a_question_and_an_answer():
    rows = frame(*"abcdef").with_columns(
        q=pl.Series(["x", "x", " ", "", "x", "x"]),
        more=pl.Series(["y", "", "", "y", "", "Y"]),
        a=pl.Series(["z", " ", "z", "z", "X", "x\ny"]),
    )
    applied = apply(Turns(), rows, ASKED)
    assert fates(applied) == {2: "no_answer", 3: "empty_turn", 5: "prompt_repeated", 6: "prompt_repeated"}
    assert applied.rows["q"].to_list() == ["x", ""]
