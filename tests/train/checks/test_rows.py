"""What the checks of rows find: contradictions, copies."""

import polars as pl
import pytest
from small_runs import labelled, ready_of

from train.checks.rows import conflicts, duplicates, keyed

TASK = '{kind: classification, text: text, label: label, labels: {0: bad, 1: good}, prompt: "{text}\\nThis is"}'


def unique(first, count):
    """Labelled rows of which no two say the same."""
    rows = labelled(first + count)[first:]
    return rows.with_columns(text=pl.col("text") + (pl.col("row") // 256).cast(pl.String))


def test_rows_that_differ_pass(tokenizer):
    ready = ready_of(tokenizer, TASK, {"train": unique(0, 30)})
    assert [check(ready).outcome for check in (conflicts, duplicates)] == ["passed"] * 2


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


def talk(*turns):
    """A conversation: the user and the assistant take turns."""
    return [{"role": ("user", "assistant")[place % 2], "content": said} for place, said in enumerate(turns)]


def conversations(*talks):
    return pl.DataFrame(
        {"row": [256 * (place + 1) for place in range(len(talks))], "messages": [list(each) for each in talks]}
    )


def test_a_conversation_asks_with_the_turns_before_its_last_answer(tokenizer):
    frame = conversations(talk("a", "b", "c", "d"), talk("a", None), talk("a"), talk("a", "b", "c"))
    found = keyed(ready_of(tokenizer, "{kind: chat}", {"train": frame}), "train")
    assert found["question"].to_list() == [
        '[["user", "a"], ["assistant", "b"], ["user", "c"]]', '[["user", "a"]]', '[["user", "a"]]', '[["user", "a"]]',
    ]  # fmt: skip
    assert found["answer"].to_list() == ["d", "", "", "b"]
    assert keyed(ready_of(tokenizer, "{kind: chat}", {"train": frame}), "test").is_empty()


def test_conversations_that_contradict_are_named(tokenizer):
    frame = conversations(
        talk("say it", "one"), talk("say that", "two"), talk("say it", "two"), talk("say that", "two")
    )
    ready = ready_of(tokenizer, "{kind: chat}", {"train": frame})
    found = conflicts(ready)
    assert (found.outcome, found.rows) == ("warned", ("a/1", "a/3"))
    assert (duplicates(ready).count, duplicates(ready).rows) == (1, ("a/4",))
