"""Adapters, end to end on a small run: what is trained, what is saved, and that it loads with the same logits."""

import json
import subprocess
import sys

import pytest
import torch  # noqa: TID253  (what these tests are about)
from small_runs import CLASSIFICATION, SMALL, labelled, make_run

from curate.errors import UserError
from curate.files import read_parquet
from curate.recipe_file import load_finished
from curate.train_settings import Train
from train import sft
from train.adapters import adapter_config, keep_float32, saves_adapter, trains_float32
from train.bases import prepare_base
from train.check import needed
from train.job import get_ready, prepare
from train.model_record import ModelRecord
from train.models import load_tuned
from train.predict import predict
from train.preflight import read_certificate
from train.trainer import make_trainer

SIDES = {"train": labelled(80)[:48], "validation": labelled(80)[48:60], "test": labelled(80)[60:]}
# peft 0.21 reads a name of the model that transformers 5.23 calls by another
pytestmark = pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing` is deprecated:FutureWarning")


def tuned(folder, settings):
    run = make_run(folder / "runs" / "one", CLASSIFICATION, SIDES, SMALL + settings)
    sft.train(run)
    return run, ModelRecord.model_validate_json((run.model / "settings.json").read_text())


def test_an_adapter_with_decomposed_weights_loads_on_its_base(tmp_path):
    run, record = tuned(tmp_path, "  method: dora\n")
    check_adapter(run, record, decomposed=True)
    recipe = load_finished(run.recipe)
    model = load_tuned(run.model, prepare_base(run, recipe), recipe, "cpu").model
    assert type(model.base_model.model.model.layers[0].self_attn.q_proj.base_layer).__name__ == "Linear"
    predict(run)
    scores = [read_parquet(run.predictions(model))["score_1"].to_list() for model in ("base", "tuned")]
    assert scores[0] != scores[1]


def test_an_adapter_on_four_bits_is_trained_in_float32_and_loads_again(tmp_path):
    run = make_run(tmp_path / "runs" / "one", CLASSIFICATION, SIDES, SMALL + "  method: qlora\n")
    # in a process of its own, as a user trains: the kernels of 4 bits are native code that shares no memory with other tests
    done = subprocess.run([sys.executable, "-m", "train.sft", str(run.path)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    record = ModelRecord.model_validate_json((run.model / "settings.json").read_text())
    check_adapter(run, record, decomposed=False)


def check_adapter(run, record, *, decomposed):
    from safetensors.torch import load_file

    assert record.reload_difference < 1e-4
    assert record.trained_parameters == read_certificate(run.preflight).trained_parameters
    assert json.loads((run.model / "adapter_config.json").read_text())["use_dora"] is decomposed
    weights = load_file(run.model / "adapter_model.safetensors")
    assert {weight.dtype for weight in weights.values()} == {torch.float32}
    assert sum(weight.numel() for weight in weights.values()) == record.trained_parameters


def test_a_merged_adapter_is_a_whole_model_with_the_same_logits(tmp_path):
    run, record = tuned(tmp_path, "  method: lora\n  lora: {merge: true}\n")
    names = {path.name for path in run.model.iterdir()}
    assert "model.safetensors" in names
    assert "adapter_config.json" not in names
    assert 0 < record.trained_parameters < record.parameters
    assert record.reload_difference < 1e-3
    recipe = load_finished(run.recipe)
    base = prepare_base(run, recipe)
    before, after = load_tuned(base, base, recipe, "cpu").model, load_tuned(run.model, base, recipe, "cpu").model
    assert not torch.equal(
        before.model.layers[0].self_attn.q_proj.weight, after.model.layers[0].self_attn.q_proj.weight
    )
    assert torch.equal(before.model.embed_tokens.weight, after.model.embed_tokens.weight)


def test_what_is_trained_is_float32():
    layers = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.Linear(2, 2)).to(torch.bfloat16)
    layers[0].requires_grad_(requires_grad=False)
    assert not trains_float32(layers)
    keep_float32(layers)
    assert trains_float32(layers)
    assert [layer.weight.dtype for layer in layers] == [torch.bfloat16, torch.float32]


def test_weights_of_bfloat16_are_not_trained(labelled_run, monkeypatch, tmp_path):
    monkeypatch.setattr("train.models.WEIGHTS_DTYPE", "bfloat16")
    job = prepare(labelled_run, get_ready(labelled_run, load_finished(labelled_run.recipe)))
    with pytest.raises(AssertionError, match="a weight that is trained is not float32"):
        make_trainer(job, tmp_path)


def test_methods():
    assert adapter_config(Train()) is None
    assert [saves_adapter(Train(method=method)) for method in ("full", "lora", "dora", "qlora")] == [
        False,
        True,
        True,
        True,
    ]
    assert not saves_adapter(Train.model_validate({"method": "lora", "lora": {"merge": True}}))
    assert needed(Train(method="qlora", tracker="wandb")) == {"tracker": "wandb"}
    assert needed(Train(method="lora")) == {}


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ("  method: qlora\n  lora: {merge: true}\n", "a base in 4 bits takes no adapter"),
        ("  lora: {merge: true}\n", "has no effect with method: full"),
        ("  samples: {rows: 2}\n", "has no effect without samples.every_steps"),
        ("  best_by: worst_group_accuracy\n", "the recipe names no groups"),
    ],
)
def test_settings_that_do_not_fit_are_refused(tmp_path, settings, message):
    with pytest.raises(UserError, match=message):
        make_run(tmp_path, CLASSIFICATION, SIDES, SMALL + settings)
