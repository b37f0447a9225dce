"""Checks of the rows themselves: copies and contradictions."""

import json

import polars as pl

from curate.task import Chat, Classification, Instruction
from train.certificate import Check, Outcome
from train.checks.finding import found_in
from train.job import Ready
from train.prompts import asks_nothing, before_last_answer, conversations, prompts

DUPLICATES_WARNED = 0.05
"""A larger share of rows that repeat another one is told as a warning."""


def conflicts(ready: Ready) -> Check:
    """Check that no two training rows ask the same and answer otherwise."""
    if asks_nothing(ready.recipe.task):
        return Check(name="conflicts", outcome="passed", said="the task asks nothing: its rows are plain text")
    asked = keyed(ready, "train")
    others = asked.filter(pl.col("answer").n_unique().over("question") > 1)
    found = [("train", place) for place in others["place"].to_list()]
    outcome: Outcome = "warned" if found else "passed"
    said = (
        f"{len(found):,} training rows ask what another one asks, and answer otherwise"
        if found
        else "no two training rows ask the same and answer otherwise"
    )
    hint = "settle them with {step: label_conflict}" if isinstance(ready.recipe.task, Classification) and found else ""
    return found_in("conflicts", found, ready, said, hint, outcome=outcome)


def duplicates(ready: Ready) -> Check:
    """Check that few training rows repeat another one, question and answer: what is there many times is learned by heart."""
    asked = keyed(ready, "train")
    repeats = asked.filter(~pl.struct("question", "answer").is_first_distinct())
    found = [("train", place) for place in repeats["place"].to_list()]
    outcome: Outcome = "warned" if len(found) > DUPLICATES_WARNED * asked.height else "passed"
    said = f"{len(found):,} of {asked.height:,} training rows repeat another one"
    hint = "drop them with {step: exact}, unless they are repeated on purpose" if outcome == "warned" else ""
    return found_in("duplicates", found, ready, said, hint, outcome=outcome)


def keyed(ready: Ready, side: str) -> pl.DataFrame:
    """Return `place`, `question` and `answer` of each row of a side: what the model reads, and what it is to write.

    Of a conversation the answer is the last turn of the assistant, and the question all turns before it.
    """
    frame, task = ready.rows[side], ready.recipe.task
    if isinstance(task, Chat):
        every = conversations(frame, task)
        heard = [before_last_answer(turns) for turns in every]  # a loop over rows: turns are ragged lists
        said = [turns[len(before) :][:1] for turns, before in zip(every, heard, strict=True)]
        columns = {
            "question": [json.dumps([(turn["role"], turn["content"]) for turn in turns]) for turns in heard],
            "answer": ["".join(turn["content"] for turn in turns) for turns in said],
        }
        return pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String)).with_row_index("place")
    question = pl.Series("question", prompts(frame, task), dtype=pl.String)
    answer = pl.col(task.completion if isinstance(task, Instruction) else task.label).cast(pl.String)
    return frame.select(question, answer.alias("answer")).with_row_index("place")
