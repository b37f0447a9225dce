"""The range test of the learning rate."""

import json
import math

import pytest
from small_runs import CLASSIFICATION, SMALL, labelled, make_run

from train import sft
from train.learning_rate import STEPS, RangeTest, has_diverged, rates, smoothed, suggested
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
