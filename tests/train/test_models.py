"""Loading, and the agreement on end and pad tokens."""

import shutil

import pytest

from curate.errors import UserError
from train.bases import base_identity
from train.models import (
    LoadedModel,
    align,
    choose_device,
    load_model,
    load_tokenizer,
    longest_row,
    padded,
    uses_bfloat16,
)
from train.models import base_folder as find_base


def loaded(folder):
    return LoadedModel(load_model(folder, "cpu"), load_tokenizer(folder))


def test_a_folder_is_a_base_and_its_identity_is_its_content(base_folder, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(base_folder, copy)
    assert find_base(str(copy)) == copy
    assert base_identity(str(copy)) == base_identity(str(base_folder))
    (copy / "config.json").write_text((copy / "config.json").read_text() + "\n")
    assert base_identity(str(copy)) != base_identity(str(base_folder))


def test_a_folder_below_the_data_folder_is_found(base_folder, monkeypatch):
    monkeypatch.setenv("FAIRLEAD_DATA", str(base_folder.parent))
    assert find_base(base_folder.name) == base_folder


@pytest.mark.parametrize("name", ["no-one/no-such-model", "./no/such/folder", "gone away"])
def test_a_base_that_is_nowhere_is_one_clear_line(name):
    with pytest.raises(UserError) as caught:
        find_base(name)
    (mistake,) = caught.value.mistakes
    assert mistake.where == "train.base"
    assert f"'{name}' is n" in mistake.what
    assert "hub id such as" in mistake.hint


def test_a_folder_without_a_model_is_one_clear_line(tmp_path):
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(UserError, match="does not load as a causal language model"):
        load_model(tmp_path, "cpu")


def test_pad_and_end_agree_everywhere(base_folder):
    made = loaded(base_folder)
    align(made, is_chat=False)
    for config in (made.model.config, made.model.generation_config):
        assert (config.eos_token_id, config.pad_token_id) == (made.tokenizer.eos_token_id, made.tokenizer.pad_token_id)


def test_a_missing_pad_token_gets_a_row_of_its_own(base_folder):
    made = loaded(base_folder)
    size = made.model.get_input_embeddings().weight.shape[0]
    made.tokenizer.pad_token = made.tokenizer.eos_token
    align(made, is_chat=False)
    assert made.tokenizer.pad_token_id not in (None, made.tokenizer.eos_token_id)
    rows = made.model.get_input_embeddings().weight
    assert rows.shape[0] >= len(made.tokenizer) >= size
    assert made.model.config.pad_token_id == made.tokenizer.pad_token_id


def test_a_new_row_is_the_mean_of_the_others(base_folder):
    made = loaded(base_folder)
    size = made.model.get_input_embeddings().weight.shape[0]
    made.tokenizer.add_tokens([f"extra{place}" for place in range(4)])
    made.tokenizer._special_tokens_map["pad_token"] = None
    align(made, is_chat=False)
    rows = made.model.get_input_embeddings().weight
    assert rows.shape[0] == len(made.tokenizer) > size
    assert (rows[size:] - rows[:size].mean(dim=0)).abs().max() < 1e-6


def test_a_chat_ends_a_turn_with_the_templates_end(base_folder):
    made = loaded(base_folder)
    made.tokenizer.add_special_tokens({"additional_special_tokens": ["<|turn|>"]})
    made.tokenizer.chat_template = "{% for turn in messages %}{{ turn['content'] + '<|turn|>\n' }}{% endfor %}"
    made.model.resize_token_embeddings(len(made.tokenizer), mean_resizing=False)
    align(made, is_chat=True)
    assert made.tokenizer.eos_token == "<|turn|>"
    assert made.model.generation_config.eos_token_id == made.tokenizer.eos_token_id


def test_no_end_token_is_refused(base_folder):
    made = loaded(base_folder)
    made.tokenizer._special_tokens_map["eos_token"] = None
    with pytest.raises(UserError, match="no end token"):
        align(made, is_chat=False)


def test_device_precision_and_length(base_folder):
    assert choose_device("auto") == choose_device("cpu") == "cpu"
    assert not uses_bfloat16("auto", "cpu")
    with pytest.raises(UserError, match="'cuda' is not available"):
        choose_device("cuda")
    with pytest.raises(UserError, match="bfloat16 is not available on this cpu"):
        uses_bfloat16("bfloat16", "cpu")
    config = load_model(base_folder, "cpu").config
    assert longest_row(config, config.max_position_embeddings) == config.max_position_embeddings
    with pytest.raises(UserError, match="2049 tokens are more than the base's 2048 positions"):
        longest_row(config, 2049)


def test_padding():
    assert padded([[1, 2, 3], [4]], 0).tolist() == [[1, 2, 3], [4, 0, 0]]
    assert padded([[1, 2, 3], [4]], 0, left=True).tolist() == [[1, 2, 3], [0, 0, 4]]
