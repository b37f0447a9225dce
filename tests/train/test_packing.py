"""Training without padding: the same loss, gradients and weights as with it, and what stands in its way."""

import contextlib
import copy
from dataclasses import replace

import pytest
import torch  # noqa: TID253  (what these tests are about)
from small_runs import CLASSIFICATION, SMALL, labelled, make_run
from test_attention import SIZES, small
from test_weighting import assert_same, one_step

from curate.errors import UserError
from curate.files import digest_file
from curate.recipe_file import load_recipe
from curate.train_settings import Train
from train import attention, callbacks, packing, sft
from train.callbacks import read_journal
from train.job import Job, get_ready, prepare
from train.tokens import Encoded
from train.trainer import make_trainer

ROWS = labelled(60)
SHORT = {"epochs": 1, "learning_rate": 1e-3, "trainer": {"save_strategy": "no"}}
SIDES = {"train": ROWS[:24], "validation": ROWS[24:31], "test": ROWS[31:36]}


@pytest.fixture(scope="module")
def job(tmp_path_factory) -> Job:
    run = make_run(tmp_path_factory.mktemp("runs") / "small", CLASSIFICATION, SIDES)
    return prepare(run, get_ready(run, load_recipe(run.recipe)))


def with_settings(job: Job, **settings) -> Job:
    """The job with other settings, on a model of its own."""
    recipe = job.recipe.model_copy(update={"train": job.recipe.train.model_copy(update=settings)})
    return replace(job, recipe=recipe, loaded=replace(job.loaded, model=copy.deepcopy(job.loaded.model)))


@pytest.mark.parametrize("weights", [(), (1.0, 0.5, 2.0, 0.25, 1.0, 3.0)])
def test_loss_and_gradients_are_those_of_padded_rows(job, tmp_path, weights):
    if not weights:  # supervised throughout: the first token of each row is the one that must not be learnt
        job = replace(job, train=replace(job.train, labels=job.train.input_ids))
    rows = [0, 3, 7, 8, 20, 21]
    padded = one_step(with_settings(job, packing=False), tmp_path, rows, weights, 3)
    packed = with_settings(job, packing=True)
    assert_same(one_step(packed, tmp_path, rows, weights, 3), padded, 1e-4)
    with attention.packed_attention(packed.loaded.model):
        assert_same(one_step(packed, tmp_path, rows, weights, 3), padded, 1e-4)
        assert_same(one_step(packed, tmp_path, rows, weights, 6), padded, 1e-4)


def test_the_first_label_of_each_row_is_masked_and_no_other(job, tmp_path):
    collate = make_trainer(with_settings(job), tmp_path).data_collator
    rows = [{"input_ids": [5, 6, 7], "labels": [5, 6, 7]}, {"input_ids": [8, 9], "labels": [-100, 9]}]
    batch = collate([*rows, {"input_ids": [10, 11, 12], "labels": [10, 11, -100]}])
    assert batch["input_ids"].tolist() == [[5, 6, 7, 8, 9, 10, 11, 12]]
    assert batch["labels"].tolist() == [[-100, 6, 7, -100, 9, -100, 11, -100]]
    assert batch["position_ids"].tolist() == [[0, 1, 2, 0, 1, 0, 1, 2]]
    assert "attention_mask" not in batch


def test_a_step_may_be_cut_into_batches_and_rows_may_be_packed(job, tmp_path):
    job = replace(job, validation=Encoded([], []))
    models, losses = [], []
    for packed, size in ((False, 8), (False, 2), (True, 2)):
        settings = {"packing": packed, "batch_size": size, "gradient_accumulation": 8 // size}
        trainer = make_trainer(with_settings(job, **settings, **SHORT), tmp_path)
        with attention.packed_attention(trainer.model) if packed else contextlib.nullcontext():
            trainer.train()
        models.append({name: weight.detach() for name, weight in trainer.model.named_parameters()})
        losses.append([line["loss"] for line in trainer.state.log_history if "loss" in line])
    assert [len(curve) for curve in losses] == [3] * 3
    for model, curve in zip(models[1:], losses[1:], strict=True):
        assert curve == pytest.approx(losses[0], rel=1e-4)
        for name, weight in job.loaded.model.named_parameters():
            moved = float((models[0][name] - weight.detach()).abs().max())
            assert moved > 1e-4
            assert float((model[name] - models[0][name]).abs().max()) < 0.05 * moved, name


def test_the_validation_loss_is_a_mean_over_tokens(job, tmp_path):
    trainer = make_trainer(with_settings(job, batch_size=4), tmp_path)  # 7 rows: a batch of 4 and one of 3
    rows = trainer.eval_dataset
    with torch.inference_mode():
        losses = [
            torch.nn.functional.cross_entropy(
                trainer.model(torch.tensor([row["input_ids"]])).logits[0, :-1], torch.tensor(row["labels"][1:]), reduction="sum"
            )
            for row in rows
        ]  # fmt: skip
    tokens = sum(label != -100 for row in rows for label in row["labels"][1:])
    assert trainer.evaluate()["eval_loss"] == pytest.approx(float(sum(losses)) / tokens, rel=1e-5)


def test_a_run_counted_in_tokens_that_was_stopped_within_an_epoch_goes_on_in_the_same_order(
    tmp_path, monkeypatch, capsys
):
    settings = SMALL.replace("batch_size: 8", "batch_tokens: 120").replace("max_length: 96", "max_length: 30")
    settings += "  gradient_accumulation: 2\n  trainer: {save_strategy: steps, save_steps: 2, logging_steps: 1}\n"
    sides = {**SIDES, "train": ROWS[:20], "validation": SIDES["validation"][:0]}
    whole, again = (make_run(tmp_path / "runs" / name, CLASSIFICATION, sides, settings) for name in ("whole", "again"))
    sft.train(whole)
    lines = read_journal(whole.model / "metrics.jsonl")
    middle = next(line["step"] for line in lines if line["step"] % 2 == 0 and line["epoch"] % 1 and line["epoch"] > 1)
    write = callbacks.Journal.write

    def stop(self, step, logs):
        if step == middle + 1:
            raise KeyboardInterrupt
        write(self, step, logs)

    with monkeypatch.context() as patched:
        patched.setattr(callbacks.Journal, "write", stop)
        with pytest.raises(KeyboardInterrupt):
            sft.train(again)
    sft.train(again)
    assert f"going on from step {middle}" in capsys.readouterr().err
    assert digest_file(again.model / "model.safetensors") == digest_file(whole.model / "model.safetensors")
    curves = [[line["loss"] for line in read_journal(run.model / "metrics.jsonl")] for run in (whole, again)]
    assert curves[0] == curves[1]


def test_bases_and_settings_that_cannot_be_packed_are_padded_or_told(monkeypatch, capsys):
    model = small("llama")
    assert packing.packs(Train(), model, bfloat16=False)
    assert packing.packs(Train(), model, bfloat16=True)
    assert not packing.packs(Train(packing=False), model, bfloat16=False)
    noisy = Train(trainer={"neftune_noise_alpha": 5.0})
    assert not packing.packs(noisy, model, bfloat16=False)
    assert "rows are padded, for train.trainer.neftune_noise_alpha" in capsys.readouterr().err
    with pytest.raises(UserError, match=r"train.packing: rows cannot be packed: train.trainer.neftune"):
        packing.packs(noisy.model_copy(update={"packing": True}), model, bfloat16=False)
    with pytest.raises(UserError, match=r"train.batch_tokens: rows cannot be packed"):
        packing.packs(noisy.model_copy(update={"batch_tokens": 64}), model, bfloat16=False)

    def mixed(query, key, value, *, borders, longest, **others):
        return whole(query, key, value, borders=borders[[0, -1]], longest=query.shape[0], **others)

    whole = attention.attend_apart
    monkeypatch.setattr(attention, "attend_apart", mixed)  # as a base would that looks back over the border of rows
    assert packing.obstacle(Train(), model, bfloat16=False) == "the base lets packed rows change one another"
    assert packing.obstacle(Train(), model, bfloat16=True) == "the base lets packed rows change one another"


def test_an_attention_of_another_kind_is_an_obstacle():
    from transformers import Gemma2Config, Gemma2ForCausalLM, LlamaConfig, LlamaForCausalLM

    capped = Gemma2ForCausalLM(
        Gemma2Config(**{**SIZES, "attn_implementation": "eager"}, attn_logit_softcapping=30.0)
    ).eval()
    assert packing.obstacle(Train(), capped, bfloat16=False) == "the base has an attention with softcap"
    dropping = LlamaForCausalLM(LlamaConfig(**SIZES, attention_dropout=0.1)).eval()
    assert packing.obstacle(Train(), dropping, bfloat16=False) == "the base has dropout in its attention"
    own = small("llama")
    own._supports_attention_backend = False
    assert packing.obstacle(Train(), own, bfloat16=False) == "the base has an attention of its own"
