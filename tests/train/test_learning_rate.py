"""The range test of the learning rate."""

import json
import math

import pytest
from small_runs import CLASSIFICATION, SMALL, labelled, make_run, ready_of

from curate.errors import UserError
from curate.recipe_file import load_finished
from train import learning_rate, sft
from train.job import Job, get_ready, prepare
from train.learning_rate import (
    STEPS,
    RangeTest,
    find_learning_rate,
    has_diverged,
    has_turned,
    losses_of,
    rates,
    smoothed,
    suggested,
)
from train.model_record import ModelRecord

SIDES = {"train": labelled(80)[:48], "validation": labelled(80)[48:60], "test": labelled(80)[60:]}


def test_rates_rise_by_one_factor():
    planned = rates()
    assert (len(planned), planned[0], planned[-1]) == (STEPS, 1e-6, pytest.approx(1.0))
    assert planned[1] / planned[0] == pytest.approx(planned[-1] / planned[-2])


def test_the_curve_is_smoothed_from_its_first_loss_on():
    points = smoothed([4.0, 2.0, math.nan, 1.0])
    assert [point.loss for point in points] == [4.0, 2.0]
    # means with the weights of an exponential average, made to add up to one
    assert [point.smoothed for point in points] == pytest.approx([4.0, (0.9 * 4.0 + 2.0) / 1.9])


def test_a_test_ends_where_the_loss_explodes():
    assert not has_diverged([3.0, 2.0, 1.0])
    assert not has_diverged([1.0, 2.0])
    assert has_diverged([1.0, 100.0])
    assert has_diverged([1.0, math.inf])


def test_the_rate_is_a_tenth_of_that_with_the_lowest_loss():
    losses = [abs(step - 60) + 1.0 for step in range(STEPS)]
    points = smoothed(losses)
    lowest = min(range(STEPS), key=lambda step: points[step].smoothed)
    assert lowest > 60  # smoothing lags behind
    assert suggested(points) == pytest.approx(rates()[lowest] / 10)


def test_a_loss_that_never_turned_gives_the_rate_at_which_it_fell_fastest():
    losses = [5.0 - 4.0 / (1.0 + math.exp(-(step - 60) / 3)) for step in range(STEPS)]
    points = smoothed(losses)
    curve = [point.smoothed for point in points]
    assert min(curve) == curve[-1]
    assert not has_turned(points)
    fastest = max(range(STEPS - 1), key=lambda step: curve[step] - curve[step + 1])
    assert 60 <= fastest < 70  # smoothing lags behind
    assert suggested(points) == rates()[fastest] < 0.1
    assert has_turned(points[:-1])  # the losses after it were no numbers
    assert has_turned(smoothed([*losses[:-2], 9.0, 9.0]))


def found_with(losses, folder, tokenizer, monkeypatch):
    monkeypatch.setattr(learning_rate, "losses_of", lambda _job, _folder: losses)
    recipe = ready_of(tokenizer, CLASSIFICATION, {"train": labelled(4)}).recipe
    return find_learning_rate(Job(recipe, folder, "cpu", None, None, None, None), folder / "test.json")


def test_who_trains_is_told_that_a_range_test_did_not_turn(tmp_path, tokenizer, monkeypatch, capsys):
    losses = [5.0 - 4.0 / (1.0 + math.exp(-(step - 60) / 3)) for step in range(STEPS)]
    found = found_with(losses, tmp_path, tokenizer, monkeypatch)
    said = capsys.readouterr().err
    assert "the loss fell up to the rate 1, so the range test did not show which is too high" in said
    assert f"{found.learning_rate:.2g}, that at which the loss fell fastest" in said
    assert found.turned is False
    assert found_with([], tmp_path, tokenizer, monkeypatch) == found  # from the file


def test_a_range_test_that_shows_no_rate_is_refused(tmp_path, tokenizer, monkeypatch):
    losses = [5.0 - 0.001 * 1.08**step for step in range(STEPS)]
    with pytest.raises(
        UserError, match=r"faster and faster up to the rate 1; write a learning_rate in its place; from 0.0001 "
    ):
        found_with(losses, tmp_path, tokenizer, monkeypatch)
    assert not (tmp_path / "test.json").exists()


def test_a_range_test_evaluates_and_saves_nothing(tmp_path, monkeypatch):
    quick = "  trainer: {eval_strategy: steps, eval_steps: 3, eval_delay: 1, logging_strategy: 'no', save_strategy: steps, save_steps: 3}\n"
    settings = SMALL.replace("  learning_rate: 5e-3\n", "  find_learning_rate: true\n") + quick
    run = make_run(tmp_path / "runs" / "one", CLASSIFICATION, SIDES, settings)
    monkeypatch.setattr(learning_rate, "STEPS", 6)
    recipe = load_finished(run.recipe)
    assert len(losses_of(prepare(run, get_ready(run, recipe)), tmp_path / "work")) == 6
    assert not list((tmp_path / "work").glob("checkpoint-*"))


def test_training_takes_the_rate_that_was_found_and_other_seeds_give_other_models(tmp_path, capsys):
    settings = SMALL.replace("  learning_rate: 5e-3\n", "  find_learning_rate: true\n  seeds: 2\n")
    run = make_run(tmp_path / "runs" / "one", CLASSIFICATION, SIDES, settings)
    sft.train(run)
    found = RangeTest.model_validate_json((run.model / "learning_rate.json").read_text())
    record = ModelRecord.model_validate_json((run.model / "settings.json").read_text())
    assert record.trainer["learning_rate"] == found.learning_rate
    assert 1e-5 < found.learning_rate < 0.1
    other = json.loads((run.seeds / "8" / "settings.json").read_text())
    assert (record.seed, other["seed"], other["trainer"]["learning_rate"]) == (7, 8, found.learning_rate)
    weights = [(folder / "model.safetensors").read_bytes() for folder in (run.model, run.seeds / "8")]
    assert weights[0] != weights[1]
    assert [path.name for path in run.seeds.iterdir()] == ["8"]
    assert {"model/learning_rate.json", "seeds/8/metrics.jsonl"} <= set(run.check_phase("train").files)
    assert record.steps == 12  # the range test left nothing in the model's own run


def test_a_run_stopped_between_seeds_goes_on(tmp_path, monkeypatch):
    settings = SMALL + "  seeds: 2\n"
    whole = make_run(tmp_path / "runs" / "whole", CLASSIFICATION, SIDES, settings)
    sft.train(whole)
    again = make_run(tmp_path / "runs" / "again", CLASSIFICATION, SIDES, settings)
    tune = sft.tune

    def stop_at_the_first(job, work, folder):
        if job.recipe.seed == 7:
            raise KeyboardInterrupt
        return tune(job, work, folder)

    with monkeypatch.context() as patched:
        patched.setattr(sft, "tune", stop_at_the_first)
        with pytest.raises(KeyboardInterrupt):
            sft.train(again)
    assert not again.seeds.exists()
    sft.train(again)
    names = ("model/model.safetensors", "model/settings.json", "seeds/8/model.safetensors")
    files = [run.check_phase("train").files for run in (whole, again)]
    assert [files[0][name] for name in names] == [files[1][name] for name in names]
