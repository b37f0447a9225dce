"""The demo base: made from text alone, the same each time, kept by content."""

import shutil

import torch  # noqa: TID253  (what these tests are about)
from small_runs import labelled

from curate.files import digest_file
from curate.train_settings import DemoBase
from train.demo_base import _schedule, demo_key, ensure_demo_base, pack
from train.models import load_model, load_tokenizer

SETTINGS = DemoBase(hidden_size=32, layers=1, heads=2, vocabulary=400, steps=3, batch_size=4, block_size=32)
TEXTS = labelled(60)["text"].to_list()


def test_the_same_text_and_seed_give_the_same_bytes(tmp_path, base_folder):
    again = ensure_demo_base(tmp_path, TEXTS, SETTINGS, 128, 7)
    other = ensure_demo_base(tmp_path, TEXTS, SETTINGS, 128, 8)
    assert again.name == base_folder.name != other.name
    for name in ("model.safetensors", "tokenizer.json", "config.json"):
        assert digest_file(again / name) == digest_file(base_folder / name)
    assert digest_file(other / "model.safetensors") != digest_file(again / "model.safetensors")
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([again.name, other.name])


def test_it_is_made_once(base_folder):
    before = (base_folder / "model.safetensors").stat().st_mtime_ns
    assert ensure_demo_base(base_folder.parent, TEXTS, SETTINGS, 128, 7) == base_folder
    assert (base_folder / "model.safetensors").stat().st_mtime_ns == before


def test_a_damaged_base_is_made_again(base_folder, tmp_path):
    copy = tmp_path / base_folder.name
    shutil.copytree(base_folder, copy)
    (copy / "model.safetensors").write_bytes(b"half")
    assert ensure_demo_base(tmp_path, TEXTS, SETTINGS, 128, 7) == copy
    assert digest_file(copy / "model.safetensors") == digest_file(base_folder / "model.safetensors")
    assert [path.name for path in tmp_path.iterdir()] == [copy.name]


def test_the_key_hangs_on_everything():
    key = demo_key(TEXTS, SETTINGS, 128, 7)
    others = [
        demo_key(TEXTS[:-1], SETTINGS, 128, 7),
        demo_key(TEXTS, SETTINGS.model_copy(update={"steps": 4}), 128, 7),
        demo_key(TEXTS, SETTINGS, 256, 7),
        demo_key(TEXTS, SETTINGS, 128, 8),
    ]
    assert len({key, *others}) == 5


def test_tokens(tokenizer):
    special = (tokenizer.bos_token_id, tokenizer.eos_token_id, tokenizer.pad_token_id)
    assert special == (0, 1, 2)
    text = "Ünïcode 🎪 <|end|>\n\ttabs"
    ids = tokenizer(text, split_special_tokens=True)["input_ids"]
    assert ids[0] == tokenizer.bos_token_id
    assert tokenizer.eos_token_id not in ids
    assert tokenizer.decode(ids[1:]) == text


def test_documents_are_packed_between_beginning_and_end(tokenizer):
    stream = pack(tokenizer, ["a warm", "end"])
    assert tokenizer.decode(stream) == "<|begin|>a warm<|end|><|begin|>end<|end|>"


def test_it_loads_as_any_other_model(base_folder):
    model, tokenizer = load_model(base_folder, "cpu"), load_tokenizer(base_folder)
    assert model.dtype == torch.float32
    assert model.config._attn_implementation == "sdpa"
    assert model.config.eos_token_id == tokenizer.eos_token_id


def test_the_learning_rate_rises_and_falls():
    rates = [_schedule(step, 100) for step in range(100)]
    assert rates[0] == 0.2
    assert max(rates) == rates[4] == 1.0
    assert rates[4:] == sorted(rates[4:], reverse=True)
    assert 0.1 <= rates[-1] < 0.11
