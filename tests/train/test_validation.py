"""Scores on validation rows while a model learns."""

import numpy as np
import polars as pl
import pytest
from small_runs import CLASSIFICATION, SMALL, labelled, make_run, ready_of

from curate.recipe_file import load_finished
from train import sft
from train.callbacks import read_journal
from train.model_record import ModelRecord
from train.validation import judge_of, macro_f1, worst_group_accuracy

SIDES = {"train": labelled(80)[:48], "validation": labelled(80)[48:60], "test": labelled(80)[60:]}


def test_macro_f1_counts_every_label_that_is_true_or_answered():
    truth, answers = np.array(["a", "a", "b", "c"]), np.array(["a", "b", "b", "d"])
    # a: 1 right of 2 true and 1 answered; b: 1 of 1 and 2; c and d: none
    assert macro_f1(truth, answers) == pytest.approx((2 / 3 + 2 / 3 + 0 + 0) / 4)


def test_the_worst_group_has_enough_rows(tokenizer):
    recipe = ready_of(tokenizer, CLASSIFICATION, {"train": labelled(4)}).recipe
    grouped = recipe.model_copy(
        update={"groups": {"sex": None}, "audit": recipe.audit.model_copy(update={"minimum_group_size": 2})}
    )
    groups = [["f"], ["f"], ["m", "f"], ["m"], ["x"], ["unknown"], ["unknown"], ["none mentioned"], ["none mentioned"]]
    rows = pl.DataFrame({"group_sex": groups})
    right = pl.Series("right", [True, False, True, True, False, False, False, False, False])
    assert worst_group_accuracy(rows, right, grouped) == pytest.approx(2 / 3)  # x has one row, and two are nobody
    assert worst_group_accuracy(rows[:1], right[:1], grouped) is None


def test_nothing_is_judged_without_labels_or_rows(tokenizer):
    recipe = ready_of(tokenizer, CLASSIFICATION, {"train": labelled(4)}).recipe
    assert judge_of(recipe, labelled(0)) is None
    talk = [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]
    chat = ready_of(tokenizer, "{kind: chat}", {"train": pl.DataFrame({"row": [256], "messages": [talk]})}).recipe
    assert judge_of(chat, labelled(3)) is None


def test_the_best_checkpoint_is_the_best_by_the_metric_and_samples_are_kept(tmp_path):
    settings = (
        SMALL.replace("epochs: 2", "epochs: 4")
        + "  best_by: accuracy\n  patience: null\n  samples: {every_steps: 8, rows: 2}\n"
    )
    run = make_run(tmp_path / "runs" / "one", CLASSIFICATION, SIDES, settings)
    sft.train(run)
    record = ModelRecord.model_validate_json((run.model / "settings.json").read_text())
    lines = read_journal(run.model / "metrics.jsonl")
    accuracy = {line["step"]: line["validation_accuracy"] for line in lines if "validation_accuracy" in line}
    assert (len(accuracy), accuracy.pop(0)) == (5, pytest.approx(lines[0]["validation_accuracy"]))
    assert record.best_value == max(accuracy.values())
    assert record.best_step == min(step for step, value in accuracy.items() if value == record.best_value)
    losses = {line["step"]: line["validation_loss"] for line in lines if "validation_loss" in line}
    assert record.best_validation_loss == losses[record.best_step]
    samples = read_journal(run.model / "samples.jsonl")
    assert [line["step"] for line in samples] == [8, 8, 16, 16, 24, 24]
    names = {line["row"] for line in samples}
    assert len(names) == 2
    assert names <= {f"a/{index}" for index in range(49, 61)}


def test_the_fit_is_the_loss_of_the_kept_model(tmp_path):
    run = make_run(tmp_path / "runs" / "one", CLASSIFICATION, SIDES, SMALL + "  largest_loss_gap: 0.0001\n")
    sft.train(run)
    fit = ModelRecord.model_validate_json((run.model / "settings.json").read_text()).fit
    assert (fit.train_rows, fit.validation_rows, fit.largest_gap) == (12, 12, 0.0001)
    assert fit.too_wide is (fit.validation_loss - fit.train_loss > 0.0001)
    assert fit.validation_loss == pytest.approx(loss_by_hand(run, run.model), abs=1e-4)
    assert fit.validation_loss_before == pytest.approx(loss_by_hand(run, next(run.cache.iterdir())), abs=1e-4)
    assert fit.no_better is (fit.validation_loss >= fit.validation_loss_before)
    # the trainer measures the same after each epoch, and the last one is kept here
    lines = read_journal(run.model / "metrics.jsonl")
    losses = {line["step"]: line["validation_loss"] for line in lines if "validation_loss" in line}
    assert losses[0] == fit.validation_loss_before
    assert losses[12] == pytest.approx(fit.validation_loss, abs=1e-4)


def loss_by_hand(run, folder):
    import torch

    from train.models import load_model, load_tokenizer

    model, tokenizer, recipe = load_model(folder, "cpu"), load_tokenizer(folder), load_finished(run.recipe)
    total, count = 0.0, 0
    for text, label in SIDES["validation"].select("text", "label").iter_rows():
        prompt = tokenizer(f"{text}\nThis is")["input_ids"]
        ids = [*tokenizer(f"{text}\nThis is {recipe.task.labels[label]}")["input_ids"], tokenizer.eos_token_id]
        with torch.no_grad():
            likelihood = torch.log_softmax(model(torch.tensor([ids])).logits[0].double(), dim=-1)
        for place in range(len(prompt), len(ids)):
            total, count = total - likelihood[place - 1, ids[place]].item(), count + 1
    return total / count
