"""What the check of the split finds: rows that repeat one of an earlier side, with that row, and what to do."""

from dataclasses import replace

import polars as pl
import pytest
from small_runs import CLASSIFICATION, labelled, ready_of

from train.checks.leaks import leaks

ASKED = '{kind: instruction, prompt: "{question}\\nAnswer:", completion: answer}'
PLAIN = "{kind: instruction, completion: answer}"


def unique(first, count):
    """Labelled rows of which no two say the same."""
    rows = labelled(first + count)[first:]
    return rows.with_columns(text=pl.col("text") + (pl.col("row") // 256).cast(pl.String))


def asked(first, *pairs):
    """Questions and answers, numbered from `first`."""
    rows = [256 * (first + place) for place in range(len(pairs))]
    return pl.DataFrame({"row": rows, "question": [each[0] for each in pairs], "answer": [each[1] for each in pairs]})


def test_rows_that_differ_pass(tokenizer):
    sides = {"train": unique(0, 30), "validation": unique(30, 6), "test": unique(36, 6)}
    found = leaks(ready_of(tokenizer, CLASSIFICATION, sides))
    assert (found.outcome, found.said) == (
        "passed", "no row of validation or test asks what a row of an earlier side asks",
    )  # fmt: skip


def test_a_question_on_two_sides_is_a_leak_whatever_its_label_and_named_with_its_first_row(tokenizer):
    rows = unique(0, 20)
    again = rows[3:4].with_columns(row=pl.lit(256 * 40, dtype=pl.Int64))
    crossing = rows[3:4].with_columns(row=pl.lit(256 * 50, dtype=pl.Int64), label=pl.lit("0"))
    sides = {"train": pl.concat([rows, again]), "test": pl.concat([unique(20, 3), crossing])}
    found = leaks(ready_of(tokenizer, CLASSIFICATION, sides))
    assert (found.outcome, found.count, found.rows) == ("failed", 1, ("a/50 (test) as a/4 (train)",))
    assert found.said == "1 row of validation or test asks what a row of an earlier side asks"
    sides = {"train": rows[:3], "validation": rows[3:], "test": crossing}
    assert leaks(ready_of(tokenizer, CLASSIFICATION, sides)).rows == ("a/50 (test) as a/4 (validation)",)
    accepted = ready_of(tokenizer, CLASSIFICATION, sides, "{base: demo, accept: [leaks]}")
    assert leaks(accepted).outcome == "accepted"


def test_the_same_instruction_with_another_answer_is_no_leak_and_told(tokenizer):
    rows = asked(1, ("Tell a joke.", "a"), ("Count.", "1 2 3"))
    other = asked(3, ("Tell a joke.", "b"))
    found = leaks(ready_of(tokenizer, ASKED, {"train": rows, "test": other}))
    assert (found.outcome, found.count, found.rows) == ("warned", 1, ("a/3 (test) as a/1 (train)",))
    assert found.said == (
        "no row of validation or test asks and answers what a row of an earlier side does, but 1 row asks what a row of an "
        "earlier side asks, and the answer is another"
    )
    both = leaks(ready_of(tokenizer, ASKED, {"train": rows, "validation": rows[:1], "test": other}))
    assert (both.outcome, both.count) == ("failed", 1)
    assert both.said == (
        "1 row of validation or test asks and answers what a row of an earlier side does, and 1 row asks what a row of an "
        "earlier side asks, and the answer is another"
    )


def test_plain_text_asks_nothing(tokenizer):
    rows = asked(1, ("", "a"), ("", "b"))
    passed = leaks(ready_of(tokenizer, PLAIN, {"train": rows, "test": asked(3, ("", "c"))}))
    assert (passed.outcome, passed.said) == (
        "passed", "no row of validation or test has the text of a row of an earlier side",
    )  # fmt: skip
    assert leaks(ready_of(tokenizer, PLAIN, {"train": rows, "test": rows})).said == (
        "2 rows of validation or test have the text of a row of an earlier side"
    )


def test_conversations_that_ask_the_same(tokenizer):
    ask = {"role": "user", "content": "say it"}
    talks = pl.DataFrame(
        {"row": [256, 512], "messages": [[ask, {"role": "assistant", "content": said}] for said in ("one", "two")]}
    )
    chat = "{kind: chat}"
    assert leaks(ready_of(tokenizer, chat, {"train": talks[:1], "test": talks[1:]})).outcome == "warned"
    assert leaks(ready_of(tokenizer, chat, {"train": talks, "test": talks[1:]})).rows == ("a/2 (test) as a/2 (train)",)


@pytest.mark.parametrize(
    ("split", "hint"),
    [
        ({}, "drop copies with {step: exact}, or let split: {key: …} keep them together"),
        ({"published": True}, "write split: {published: true, leaks: drop}, which drops the row of the earlier side"),
        ({"published": True, "leaks": "drop"}, "split: {leaks: drop} was blind to them"),
    ],
)
def test_what_to_do_depends_on_whose_the_split_is(tokenizer, split, hint):
    rows = unique(0, 20)
    ready = ready_of(tokenizer, CLASSIFICATION, {"train": rows, "test": rows[:1]})
    recipe = ready.recipe.model_copy(update={"split": ready.recipe.split.model_copy(update=split)})
    assert leaks(replace(ready, recipe=recipe)).hint.startswith(hint)
