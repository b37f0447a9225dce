"""Dropout: a base is trained with the rate of the recipe and none of its own, and what cannot be set is told."""

import pytest
import torch  # noqa: TID253  (what these tests are about)
from small_runs import CLASSIFICATION, SMALL, gpt2, labelled, make_run
from test_attention import SIZES

from curate.errors import UserError
from curate.recipe_file import load_recipe
from curate.train_settings import Train
from train import packing, sft
from train.bases import prepare_base
from train.dropout import dropout_names, other_dropout, tell_other_dropout, with_dropout
from train.models import load_base
from train.trainer import start

SIDES = {"train": labelled(80)[:24], "validation": labelled(80)[48:52], "test": labelled(80)[60:64]}


def rates(model) -> set[float]:
    return {module.p for module in model.modules() if isinstance(module, torch.nn.Dropout)}


def gpt2_run(folder, more=""):
    settings = SMALL.replace("5e-3", "1e-3").replace("epochs: 2", "epochs: 1") + more
    return make_run(folder / "run", CLASSIFICATION, SIDES, gpt2(folder / "base", settings))


@pytest.mark.parametrize("packed", ["auto", "false"])
def test_a_base_with_dropout_of_its_own_is_trained_with_that_of_the_recipe(tmp_path, monkeypatch, packed):
    run, seen, begin = gpt2_run(tmp_path, f"  packing: {packed}\n"), [], sft.start

    def watch(trainer, checkpoint=None):
        seen.append((rates(trainer.model), trainer.padding_free))
        begin(trainer, checkpoint)

    monkeypatch.setattr(sft, "start", watch)
    sft.train(run)
    assert seen == [({0.0}, packed == "auto")]


def test_the_rate_is_set_in_what_is_tuned_and_not_in_the_base_as_it_is(tmp_path):
    run = gpt2_run(tmp_path, "  dropout: 0.25\n")
    recipe = load_recipe(run.recipe)
    base = prepare_base(run, recipe)
    tuned = load_base(base, recipe, "cpu", to_tune=True).model
    assert rates(tuned) == {0.25}
    assert other_dropout(tuned, 0.25) == {}
    assert rates(load_base(base, recipe, "cpu").model) == {0.1}
    assert packing.obstacle(Train(), tuned, bfloat16=False) == "the base has dropout in its attention"
    assert not tuned.training


def test_every_rate_of_the_models_that_know_one_is_found():
    from transformers import AutoModelForCausalLM, GPT2Config, GPTNeoConfig, OPTConfig

    small = {"vocab_size": 40, "hidden_size": 32}
    neo = GPTNeoConfig(**small, num_layers=2, num_heads=4, attention_types=[[["global", "local"], 1]])
    gpt = GPT2Config(**small, n_layer=1, n_head=4)
    opt = OPTConfig(**small, word_embed_proj_dim=32, num_hidden_layers=1, num_attention_heads=4, ffn_dim=48)
    assert dropout_names(gpt) == ["attn_pdrop", "embd_pdrop", "resid_pdrop"]
    for config in (gpt, neo, opt):
        model = AutoModelForCausalLM.from_config(with_dropout(config, 0.25))
        assert (other_dropout(model, 0.25), bool(other_dropout(model, 0.0))) == ({}, True)
        assert rates(model) <= {0.25}
    assert gpt.attn_pdrop == 0.1  # a copy was changed
    opt.layerdrop = 0.1  # of whole layers: another thing
    model = AutoModelForCausalLM.from_config(with_dropout(opt, 0.0))
    assert other_dropout(model, 0.0) == {"model.decoder.layerdrop": 0.1}


def test_what_the_recipe_does_not_reach_is_told(capsys):
    layers = torch.nn.Sequential(torch.nn.Dropout(0.1), torch.nn.Dropout(0.0), torch.nn.Linear(2, 2))
    tell_other_dropout(layers, 0.1)
    assert capsys.readouterr().err == ""
    tell_other_dropout(layers, 0.0)
    assert "of its own, which train.dropout does not set: 0.p 0.1\n" in capsys.readouterr().err


def test_a_base_that_cannot_be_packed_after_all_is_the_users_to_mend():
    from transformers import LlamaConfig, LlamaForCausalLM

    class Trainer:
        model, padding_free = LlamaForCausalLM(LlamaConfig(**SIZES, attention_dropout=0.1)).train(), True

        def train(self, **_):
            borders = torch.tensor([0, 3], dtype=torch.int32)
            self.model(
                torch.tensor([[3, 4, 5]]), cu_seq_lens_q=borders, cu_seq_lens_k=borders, max_length_q=3, max_length_k=3
            )

    with pytest.raises(UserError, match=r"train.packing: rows cannot be packed: the base has dropout in its attention"):
        start(Trainer())
