"""Rows that count by weight: the loss and its gradients are those that the weights say."""

from dataclasses import replace

import polars as pl
import pytest
import torch  # noqa: TID253  (what these tests are about)
from small_runs import CLASSIFICATION, SMALL, labelled, make_run

from curate.errors import UserError
from curate.files import digest_file
from curate.recipe_file import load_recipe
from train import sft
from train.job import Job, get_ready, prepare
from train.tokens import Encoded
from train.trainer import make_trainer
from train.weighting import check_weighting, row_weights

ROWS = labelled(60)
SIDES = {"train": ROWS[:24], "validation": ROWS[24:30], "test": ROWS[30:36]}


@pytest.fixture(scope="module")
def job(tmp_path_factory) -> Job:
    run = make_run(tmp_path_factory.mktemp("runs") / "small", CLASSIFICATION, SIDES)
    return prepare(run, get_ready(run, load_recipe(run.recipe)))


def one_step(job: Job, folder, rows: list[int], weights: tuple[float, ...], batch: int):
    """The loss of one step of the trainer over some rows, `batch` rows at a time, and the gradient of every parameter."""
    chosen = replace(
        job.train,
        input_ids=[job.train.input_ids[row] for row in rows],
        labels=[job.train.labels[row] for row in rows],
        weights=weights,
    )
    trainer = make_trainer(replace(job, train=chosen), folder)
    trainer._set_signature_columns_if_needed()
    kept = trainer.train_dataset.select_columns(
        [name for name in trainer.train_dataset.column_names if name in trainer._signature_columns]
    )
    places = [range(start, min(start + batch, len(rows))) for start in range(0, len(rows), batch)]
    batches = [trainer.data_collator([kept[place] for place in part]) for part in places]
    _samples, items = trainer.get_batch_samples(iter(batches), len(batches), "cpu")
    trainer.model.zero_grad()
    trainer.current_gradient_accumulation_steps = len(batches)
    loss = sum(trainer.training_step(trainer.model, one, num_items_in_batch=items) for one in batches)
    return float(loss), {name: weight.grad.clone() for name, weight in trainer.model.named_parameters()}


def assert_same(one, other, tolerance: float) -> None:
    assert one[0] == pytest.approx(other[0], rel=tolerance)
    assert one[1].keys() == other[1].keys()
    assert max(float(gradient.abs().max()) for gradient in one[1].values()) > 0.01
    for name, gradient in one[1].items():
        assert torch.allclose(gradient, other[1][name], rtol=tolerance, atol=1e-7), name


@pytest.mark.parametrize("masked", [True, False])
def test_weights_of_one_change_not_a_bit(job, tmp_path, masked):
    if not masked:  # the first token of a row is never predicted, whether it is supervised or not
        job = replace(job, train=replace(job.train, labels=job.train.input_ids))
    plain = one_step(job, tmp_path, [0, 1, 2, 3], (), 2)
    weighted = one_step(job, tmp_path, [0, 1, 2, 3], (1.0,) * 4, 2)
    assert weighted[0] == plain[0]
    assert all(torch.equal(gradient, plain[1][name]) for name, gradient in weighted[1].items())


@pytest.mark.parametrize("batch", [1, 2])
def test_a_row_of_weight_zero_is_not_there(job, tmp_path, batch):
    alone = one_step(job, tmp_path, [0], (), 1)
    assert_same(one_step(job, tmp_path, [0, 1], (1.0, 0.0), batch), alone, 1e-4)
    assert_same(one_step(job, tmp_path, [1, 0], (0.0, 1.0), batch), alone, 1e-4)


@pytest.mark.parametrize("batch", [1, 3])
def test_a_weight_counts_as_that_many_copies_however_the_step_is_cut_into_batches(job, tmp_path, batch):
    copied = one_step(job, tmp_path, [0, 0, 0, 1], (), 4)
    assert_same(one_step(job, tmp_path, [0, 1], (3.0, 1.0), batch), copied, 1e-4)
    assert_same(one_step(job, tmp_path, [0, 1], (0.03, 0.01), batch), copied, 1e-4)


def test_a_step_of_nothing_but_weight_zero_has_no_loss(job, tmp_path):
    loss, gradients = one_step(job, tmp_path, [0, 1], (0.0, 0.0), 2)
    assert loss == 0.0
    assert not any(gradient.any() for gradient in gradients.values())


def weighted_run(folder, weights: pl.Expr, settings: str = SMALL):
    sides = {side: rows.with_columns(row_weight=weights) for side, rows in SIDES.items()}
    return make_run(folder, CLASSIFICATION, sides, settings)


def test_a_run_with_weights_of_one_gives_the_model_of_a_run_without(tmp_path, capsys):
    short = SMALL.replace("epochs: 2", "epochs: 1") + "  gradient_accumulation: 2\n"
    plain = make_run(tmp_path / "runs" / "plain", CLASSIFICATION, SIDES, short)
    ones = weighted_run(tmp_path / "runs" / "ones", pl.lit(1.0), short)
    halves = weighted_run(tmp_path / "runs" / "halves", pl.when(pl.col("label") == "1").then(1.5).otherwise(0.5), short)
    for run in (plain, ones, halves):
        sft.train(run)
    digests = [digest_file(run.model / "model.safetensors") for run in (plain, ones, halves)]
    assert digests[0] == digests[1] != digests[2]
    said = capsys.readouterr().err
    assert "rows count by their row_weight, 0.5 to 1.5" in said


def test_weights_stay_with_their_rows():
    encoded = Encoded([[1, 2], [3, 4], [5, 6]], [[-100, 2], [-100, -100], [-100, 6]], {}, (1.0, 2.0, 3.0))
    kept = encoded.supervised_rows()
    assert (kept.input_ids, kept.weights) == ([[1, 2], [5, 6]], (1.0, 3.0))
    assert row_weights(pl.DataFrame({"row": [1, 2], "row_weight": [0.5, None]})) == (0.5, 1.0)
    assert row_weights(ROWS) == ()


def test_another_loss_is_refused(tmp_path):
    run = weighted_run(tmp_path / "runs" / "dft", pl.lit(1.0), SMALL + "  trainer: {loss_type: dft}\n")
    with pytest.raises(UserError, match=r"recipe.yaml:\d+: train.trainer.loss_type does not go with weighted rows"):
        sft.train(run)
    check_weighting({"loss_type": "nll", "label_smoothing_factor": 0.0}, str)
