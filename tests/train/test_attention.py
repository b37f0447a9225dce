"""Attention of rows end to end: each has what it has alone, by torch's kernel for a GPU and by the one for everything else."""

import inspect
import itertools

import pytest
import torch  # noqa: TID253  (what these tests are about)
from torch.nn.attention.varlen import varlen_attn  # noqa: TID253
from torch.nn.functional import scaled_dot_product_attention as plain  # noqa: TID253

from train import attention

ROWS = [[5, 6, 7, 8, 9, 10, 11, 12, 13], [14, 15, 16], [17, 18, 19, 20, 21, 22]]
SIZES = {
    "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2,
    "vocab_size": 40, "head_dim": 8, "attn_implementation": "sdpa", "initializer_range": 0.3,
}  # fmt: skip


def small(kind: str):
    from transformers import AutoModelForCausalLM, LlamaConfig, MistralConfig, Qwen3Config

    torch.manual_seed(3)
    configs = {"llama": LlamaConfig, "qwen3": Qwen3Config, "window": MistralConfig}
    more = {"sliding_window": 4} if kind == "window" else {}
    return AutoModelForCausalLM.from_config(configs[kind](**SIZES, **more)).eval()


def flat(rows):
    from trl.trainer.sft_trainer import DataCollatorForLanguageModeling

    batch = DataCollatorForLanguageModeling(pad_token_id=0, padding_free=True)([{"input_ids": row} for row in rows])
    return {name: value for name, value in batch.items() if name != "labels"}


def difference(model, rows, name="packed"):
    """The largest difference of logits, end to end and alone, and how far they spread."""
    with torch.inference_mode():
        alone = torch.cat([model(torch.tensor([row])).logits[0] for row in rows])
        with attention.packed_attention(model):
            packed = model(**flat(rows), use_cache=False).logits[0]
    return float((packed - alone).abs().max()), float(alone.std())


@pytest.mark.parametrize("kind", ["llama", "qwen3", "window"])
def test_rows_end_to_end_have_the_logits_of_each_alone(kind):
    model = small(kind)
    found, spread = difference(model, ROWS)
    assert found < 1e-4 * spread
    assert model.config._attn_implementation == "sdpa"
    with torch.inference_mode():  # and torch's own attention with its block-diagonal mask says the same
        with attention.packed_attention(model):
            ours = model(**flat(ROWS), use_cache=False).logits
        assert torch.allclose(model(**flat(ROWS), use_cache=False).logits, ours, atol=1e-5)


@pytest.mark.parametrize("kind", ["qwen3", "window"])
def test_the_kernel_of_a_gpu_is_called_as_torch_wants_it(kind, monkeypatch):
    calls = []

    def reference(*states_and_borders, scale, window_size, enable_gqa):
        query, key, value, borders, borders_k, longest, longest_k = states_and_borders
        options = {"scale": scale, "window_size": window_size, "enable_gqa": enable_gqa}
        inspect.signature(varlen_attn).bind(*states_and_borders, **options)
        assert {query.dtype, key.dtype, value.dtype} == {torch.bfloat16}
        assert (query.shape[1:], key.shape[1:], borders.dtype) == ((4, 8), (2, 8), torch.int32)
        assert borders.tolist() == borders_k.tolist() == [0, 9, 12, 18]
        assert longest == longest_k == 9
        assert query.stride(-1) == key.stride(-1) == value.stride(-1) == 1
        calls.append(window_size)
        parts = []
        for low, high in itertools.pairwise(borders):
            states = [each[low:high].transpose(0, 1) for each in (query, key, value)]
            back = torch.arange(high - low)[:, None] - torch.arange(high - low)[None]
            seen = (back >= -window_size[1]) & ((back <= window_size[0]) | (window_size[0] < 0))
            parts.append(plain(*states, attn_mask=seen, scale=scale, enable_gqa=enable_gqa).transpose(0, 1))
        return torch.cat(parts)

    monkeypatch.setattr("torch.nn.attention.varlen.varlen_attn", reference)
    monkeypatch.setattr(attention, "takes_varlen", lambda _query: True)
    with torch.autocast("cpu", torch.bfloat16):
        found, spread = difference(small(kind), ROWS)
    assert found < 0.05 * spread
    assert calls == [(3, 0) if kind == "window" else (-1, 0)] * 2


def test_gradients_end_to_end_are_those_of_each_alone():
    torch.manual_seed(1)
    query, key, value = (torch.randn(18, heads, 8, requires_grad=True) for heads in (4, 2, 2))
    borders = torch.tensor([0, 9, 12, 18], dtype=torch.int32)
    together = attention.attend_apart(query, key, value, borders=borders, longest=9, scale=0.5, window=None)
    weights = torch.randn_like(together)
    found = torch.autograd.grad((together * weights).sum(), (query, key, value))
    parts = [
        plain(*(each[low:high].transpose(0, 1) for each in (query, key, value)), is_causal=True, scale=0.5, enable_gqa=True)
        for low, high in ((0, 9), (9, 12), (12, 18))
    ]  # fmt: skip
    apart = torch.cat([part.transpose(0, 1) for part in parts])
    assert torch.allclose(together, apart, atol=1e-6)
    for one, other in zip(found, torch.autograd.grad((apart * weights).sum(), (query, key, value)), strict=True):
        assert torch.allclose(one, other, atol=1e-5)


def test_the_kernel_of_a_gpu_is_taken_on_a_gpu_alone():
    assert not attention.takes_varlen(torch.zeros(3, 4, 8, dtype=torch.bfloat16))
    config = small("llama").config
    assert attention.kernel_of(config, "cuda", bfloat16=True) == "varlen_attn"
    assert attention.kernel_of(config, "cuda", bfloat16=False) == "sdpa"
    assert attention.kernel_of(config, "cpu", bfloat16=False) == "sdpa"
    assert [attention.is_fit(width) for width in (8, 64, 256, 264, 36)] == [True, True, True, False, False]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "does not hand the borders"),
        ({"softcap": 50.0}, "attention with softcap"),
        ({"dropout": 0.1}, "has dropout in its attention"),
    ],
)
def test_what_packed_rows_cannot_have_is_told(given, said):
    states = [torch.zeros(1, 2, 3, 8)] * 3
    borders = {"cu_seq_lens_q": torch.tensor([0, 3]), "max_length_q": 3} if given else {}
    with pytest.raises(attention.CannotPackError, match=said):
        attention.attend(None, *states, None, **borders, **given)
