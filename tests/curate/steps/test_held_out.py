"""No step may make a training row that is like a validation or test row."""

import polars as pl
import pytest
from frames import TASK, frame, index

from curate.account import NamedStep
from curate.apply import apply_step, make_context
from curate.steps.word_noise import WordNoise

TEXTS = [
    f"{name} walked slowly along the old river road before sunrise with two quiet dogs"
    for name in ("Anna", "Berta", "Carla", "Dora")
]


@pytest.mark.parametrize("guarded", [True, False])
def test_a_copy_like_a_held_out_row_is_refused_whatever_the_settings(guarded):
    from dataclasses import replace

    step = WordNoise(share=1.0, action="swap", strength=0.1, guarded=guarded)
    rows, context = frame(*TEXTS), make_context(TASK, 7, {})
    free = apply_step(rows, NamedStep(0, "word_noise", step), context, TASK)
    made = free.rows.filter(pl.col("parent").is_not_null())
    assert made.height > 0
    leaking = made.head(1)
    held_out = leaking.select(row=pl.lit(1 << 40, dtype=pl.Int64), text="text")
    applied = apply_step(rows, NamedStep(0, "word_noise", step), replace(context, held_out=held_out), TASK)
    assert leaking["text"].item() not in applied.rows["text"].to_list()
    refused = applied.ledger.filter((pl.col("event") == "refused") & (pl.col("other_row") == 1 << 40))
    assert index(leaking["parent"])[0] in index(refused["row"])
