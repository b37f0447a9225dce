"""What the checks of rows find: contradictions, copies, leaks."""

import polars as pl
import pytest
from small_runs import labelled, ready_of

from train.checks.rows import conflicts, duplicates, keyed, leaks

TASK = '{kind: classification, text: text, label: label, labels: {0: bad, 1: good}, prompt: "{text}\\nThis is"}'
ASKED = '{kind: instruction, prompt: "{question}\\nAnswer:", completion: answer}'


def unique(first, count):
    """Labelled rows of which no two say the same."""
    rows = labelled(first + count)[first:]
    return rows.with_columns(text=pl.col("text") + (pl.col("row") // 256).cast(pl.String))


def test_rows_that_differ_pass(tokenizer):
    ready = ready_of(tokenizer, TASK, {"train": unique(0, 30), "validation": unique(30, 6), "test": unique(36, 6)})
    assert [check(ready).outcome for check in (conflicts, duplicates, leaks)] == ["passed"] * 3


def test_rows_that_contradict_are_named(tokenizer):
    rows = unique(0, 20)
    other = rows[4:5].with_columns(row=pl.lit(256 * 21, dtype=pl.Int64), label=pl.lit("1"))
    found = conflicts(ready_of(tokenizer, TASK, {"train": pl.concat([rows, other])}))
    assert (found.outcome, found.rows) == ("warned", ("a/5", "a/21"))
    assert "label_conflict" in found.hint


@pytest.mark.parametrize(("copies", "outcome"), [(1, "passed"), (2, "warned")])
def test_copies_are_counted(tokenizer, copies, outcome):
    rows = unique(0, 20)
    again = rows[:copies].with_columns(row=pl.col("row") + 20 * 256)
    found = duplicates(ready_of(tokenizer, TASK, {"train": pl.concat([rows, again])}))
    assert (found.outcome, found.count, found.rows[0]) == (outcome, copies, "a/21")
    assert found.said == f"{copies} of {20 + copies} training rows repeat another one"


def test_a_question_on_two_sides_is_a_leak_whatever_its_label(tokenizer):
    rows = unique(0, 20)
    crossing = rows[3:4].with_columns(row=pl.lit(256 * 50, dtype=pl.Int64), label=pl.lit("0"))
    ready = ready_of(tokenizer, TASK, {"train": rows, "test": pl.concat([unique(20, 3), crossing])})
    found = leaks(ready)
    assert (found.outcome, found.rows) == ("failed", ("a/50",))
    assert leaks(ready_of(tokenizer, TASK, {"train": rows[:3], "validation": rows[3:], "test": crossing})).count == 1


def test_the_same_instruction_with_another_answer_is_no_leak(tokenizer):
    rows = pl.DataFrame({"row": [256, 512], "question": ["Tell a joke.", "Count."], "answer": ["a", "1 2 3"]})
    other = pl.DataFrame({"row": [768], "question": ["Tell a joke."], "answer": ["b"]})
    assert leaks(ready_of(tokenizer, ASKED, {"train": rows, "test": other})).outcome == "passed"
    assert leaks(ready_of(tokenizer, ASKED, {"train": rows, "test": rows[:1]})).outcome == "failed"


def test_a_conversation_is_its_turns(tokenizer):
    turns = [[{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]] * 2
    ready = ready_of(tokenizer, "{kind: chat}", {"train": pl.DataFrame({"row": [256, 512], "messages": turns})})
    assert keyed(ready, "train")["question"].to_list() == ["user: a\nassistant: b"] * 2
    assert duplicates(ready).count == 1
    assert keyed(ready, "test").is_empty()
