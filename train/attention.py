"""Attention of rows that stand end to end in one: each token looks back within its own row alone, and no mask is built."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

NAME = "fairlead_packed"
"""What transformers calls this attention by. It stands in a model's config while the model is trained, and in no saved file."""
UNKNOWN = ("softcap", "s_aux", "position_bias")
"""What some bases add to their attention (Gemma 2, gpt-oss, T5), and packed attention does not have."""
WIDEST = 256
"""The widest head of torch's flash attention; a width must also be a multiple of 8."""


class CannotPackError(Exception):
    """A base asks its attention for what packed rows cannot have."""


def attend(
    _module: Any,
    query: Any,
    key: Any,
    value: Any,
    attention_mask: Any,
    *,
    scaling: float | None = None,
    dropout: float = 0.0,
    sliding_window: int | None = None,
    cu_seq_lens_q: Any = None,
    max_length_q: int | None = None,
    **others: Any,
) -> tuple[Any, None]:
    """Return the attention within each of the rows that stand end to end, in the form that transformers asks for.

    `query` is (1, heads, tokens, width), `key` and `value` may have fewer heads; the answer is (1, tokens, heads, width).
    `cu_seq_lens_q` holds where each row begins, and the end; `max_length_q` is the length of the longest row.
    """
    if cu_seq_lens_q is None or max_length_q is None:
        raise CannotPackError("does not hand the borders of rows to its attention")
    asked = [name for name in UNKNOWN if others.get(name) is not None]
    if dropout:
        raise CannotPackError("has dropout in its attention")
    if asked or attention_mask is not None:
        raise CannotPackError(f"has an attention with {', '.join(asked) or 'a mask of its own'}")
    assert query.shape[0] == 1, "packed rows stand in one"
    states = [each[0].transpose(0, 1) for each in (query, key, value)]
    mixed = (varlen if takes_varlen(query) else attend_apart)(
        query=states[0], key=states[1], value=states[2],
        borders=cu_seq_lens_q, longest=max_length_q, scale=scaling, window=sliding_window,
    )  # fmt: skip
    return mixed[None], None


def takes_varlen(query: Any) -> bool:
    """Return whether torch's kernel takes these states: on a GPU, in bfloat16 (or under its autocast), heads of a fit width."""
    import torch

    if not query.is_cuda or not is_fit(query.shape[-1]):
        return False
    autocast = torch.is_autocast_enabled("cuda") and torch.get_autocast_dtype("cuda") == torch.bfloat16
    return bool(autocast or query.dtype == torch.bfloat16)


def is_fit(width: int) -> bool:
    """Return whether torch's kernel takes heads of this width."""
    return width <= WIDEST and width % 8 == 0


def kernel_of(config: Any, device: str, *, bfloat16: bool) -> str:
    """Return the name of what computes the attention of packed rows for a model of this config."""
    width = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    return "varlen_attn" if device == "cuda" and bfloat16 and is_fit(width) else "sdpa"


def varlen(
    query: Any, key: Any, value: Any, *, borders: Any, longest: int, scale: float | None, window: int | None
) -> Any:
    """Return the causal attention of rows end to end by torch's kernel for rows of any length, in bfloat16 on a GPU.

    `query`, `key` and `value` are (tokens, heads, width). Autocast does not reach the kernel, and norms and rotary positions
    come in float32, so they are rounded here. A window of n tokens is n - 1 tokens to the left, and the token itself.
    """
    import torch
    from torch.nn.attention.varlen import varlen_attn

    states = [each.to(torch.bfloat16) for each in (query, key, value)]
    seen = (-1, 0) if window is None else (window - 1, 0)
    fewer = query.shape[1] != key.shape[1]
    return varlen_attn(*states, borders, borders, longest, longest, scale=scale, window_size=seen, enable_gqa=fewer)


def attend_apart(
    query: Any, key: Any, value: Any, *, borders: Any, longest: int, scale: float | None, window: int | None
) -> Any:
    """Return what `varlen` returns, on any device and in any precision: rows are parted for the attention alone.

    Behind the end of a shorter row stand zeros, which no token of the row looks at, so there is nothing to mask.
    """
    import torch

    lengths = borders.diff().long()
    row = torch.repeat_interleave(lengths, output_size=query.shape[0])
    place = torch.arange(query.shape[0], device=query.device) - borders[:-1].long()[row]
    parted = [
        each.new_zeros(len(lengths), longest, *each.shape[1:]).index_put((row, place), each).transpose(1, 2)
        for each in (query, key, value)
    ]
    back = torch.arange(longest, device=query.device)
    back = back[:, None] - back[None, :]
    near = None if window is None or window >= longest else (back >= 0) & (back < window)
    mixed = torch.nn.functional.scaled_dot_product_attention(
        *parted, attn_mask=near, is_causal=near is None, scale=scale, enable_gqa=query.shape[1] != key.shape[1]
    )
    return mixed.transpose(1, 2)[row, place]


@contextmanager
def packed_attention(model: Any) -> Iterator[None]:
    """Let a model use the attention of packed rows for a while; every batch must then say the borders of its rows."""
    from transformers import AttentionInterface

    AttentionInterface.register(NAME, attend)
    before = model.config._attn_implementation  # noqa: SLF001  (it has no public name)
    model.set_attn_implementation(NAME)
    try:
        yield
    finally:
        model.set_attn_implementation(before)


@contextmanager
def plain_attention(model: Any) -> Iterator[None]:
    """Let a model that is trained on packed rows answer for a while on padded ones."""
    packed = model.config._attn_implementation == NAME  # noqa: SLF001  (it has no public name)
    if packed:
        model.set_attn_implementation("sdpa")
    try:
        yield
    finally:
        if packed:
            model.set_attn_implementation(NAME)
