"""Checks of the rows themselves: copies, contradictions, and what crosses the split."""

import polars as pl

from curate.task import Chat, Classification, Instruction, as_text
from train.certificate import Check, Outcome
from train.checks.finding import counted, found_in
from train.job import Ready
from train.prompts import asks_nothing, prompts

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


def leaks(ready: Ready) -> Check:
    """Check that no row of a later side asks what one of an earlier side asks: its answer would be known, not found."""
    same = ["question"] if isinstance(ready.recipe.task, Classification) else ["question", "answer"]
    sides = {side: keyed(ready, side) for side in ready.rows}
    found = []
    for later, earlier in (("validation", ("train",)), ("test", ("train", "validation"))):
        known = pl.concat([sides[side].select(same) for side in earlier])
        crossing = sides[later].join(known, on=same, how="semi", maintain_order="left")
        found += [(later, place) for place in crossing["place"].to_list()]
    if not found:
        return Check(name="leaks", outcome="passed", said="no row of validation or test asks what an earlier side asks")
    ask = counted(len(found), "row of validation or test asks", "rows of validation or test ask")
    said = f"{ask} what a row of an earlier side asks"
    hint = "drop copies with {step: exact}, or let split: {key: …} keep them together"
    return found_in("leaks", found, ready, said, hint)


def keyed(ready: Ready, side: str) -> pl.DataFrame:
    """Return `place`, `question` and `answer` of each row of a side: what the model reads, and what it is to write."""
    frame, task = ready.rows[side], ready.recipe.task
    if isinstance(task, Chat):
        turns = as_text(pl.col(task.messages), task)
        return frame.select(turns.alias("question"), answer=pl.repeat("", pl.len())).with_row_index("place")
    asked = pl.Series("question", prompts(frame, task), dtype=pl.String)
    answer = pl.col(task.completion if isinstance(task, Instruction) else task.label).cast(pl.String)
    return frame.select(asked, answer.alias("answer")).with_row_index("place")
