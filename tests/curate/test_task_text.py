"""What a row's text is made of, and what that is called."""

import polars as pl
import pytest

from curate.task import Chat, Classification, Instruction, text_named, text_parts, whole_text

INSTRUCTION = Instruction(kind="instruction", prompt="{context} {question}", completion="answer")


@pytest.mark.parametrize(
    ("task", "on", "named"),
    [
        (Classification(kind="classification", text="said", label="y"), (), ("said",)),
        (INSTRUCTION, (), ("context", "question", "answer")),
        (INSTRUCTION, ("answer", "question"), ("question", "answer")),
        (Chat(kind="chat"), (), ("messages",)),
        (Chat(kind="chat", messages="turns"), ("assistant", "user", "user"), ("turns of user", "turns of assistant")),
    ],
)
def test_what_a_text_is_made_of_is_named_in_the_order_of_the_text(task, on, named):
    assert text_named(task, on) == named
    assert set(on) <= set(text_parts(task))


def test_a_text_is_joined_in_the_order_in_which_it_is_named():
    row = pl.DataFrame({"context": ["c"], "question": ["q"], "answer": ["a"]})
    assert row.select(whole_text(INSTRUCTION, ("answer", "question"))).item() == "q\na"
