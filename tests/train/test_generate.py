"""Greedy generation."""

import pytest
import torch  # noqa: TID253  (what these tests are about)

from train.generate import generate
from train.models import LoadedModel, align, load_model, load_tokenizer
from train.tokens import encode_prompts

PROMPTS = ["a warm evening", "the fair was dreadful and the band was sour", "x"]


@pytest.fixture(scope="module")
def small(base_folder):
    made = LoadedModel(load_model(base_folder, "cpu"), load_tokenizer(base_folder))
    align(made, is_chat=False)
    return made


def greedy(small, ids, longest):
    new = []
    for _step in range(longest):
        with torch.no_grad():
            token = int(small.model(torch.tensor([[*ids, *new]])).logits[0, -1].argmax())
        if token == small.tokenizer.eos_token_id:
            break
        new.append(token)
    return small.tokenizer.decode(new, skip_special_tokens=True)


def stopped(small, ids, longest):
    """How many tokens come before the end token, one forward pass a token, and whether it came."""
    new = []
    while len(new) < longest:
        with torch.no_grad():
            new.append(int(small.model(torch.tensor([[*ids, *new]])).logits[0, -1].argmax()))
        if new[-1] == small.tokenizer.eos_token_id:
            return len(new) - 1, True
    return len(new), False


def test_each_row_is_continued_as_if_it_stood_alone(small):
    prompts = encode_prompts(small.tokenizer, PROMPTS, 96)
    written = generate(small, prompts, longest_answer=6, tokens=4096, tick=lambda _done: None)
    assert [text for text, _tokens, _ended in written] == [greedy(small, ids, 6) for ids in prompts]
    assert any(text for text, _tokens, _ended in written)
    assert [(tokens, ended) for _text, tokens, ended in written] == [stopped(small, ids, 6) for ids in prompts]


def test_it_stops_at_the_end_token(small):
    prompts = encode_prompts(small.tokenizer, PROMPTS, 96)
    head = small.model.get_output_embeddings()
    bias = torch.zeros(head.weight.shape[0])
    bias[small.tokenizer.eos_token_id] = 1e4
    hook = head.register_forward_hook(lambda _module, _inputs, logits: logits + bias)
    try:
        written = generate(small, prompts, longest_answer=6, tokens=4096, tick=lambda _done: None)
        assert written == [("", 0, True)] * 3
    finally:
        hook.remove()


def test_a_row_that_ends_early_is_not_as_long_as_its_batch(small):
    prompts = encode_prompts(small.tokenizer, PROMPTS, 96)
    end, calls = small.tokenizer.eos_token_id, []

    def turn(_module, _inputs, logits):
        """Let the second row end after two tokens, and the others never."""
        calls.append(1)
        bias = torch.zeros_like(logits)
        bias[..., end] = -1e4
        bias[1 if len(calls) > 2 else slice(0, 0), ..., end] = 1e4
        return logits + bias

    hook = small.model.get_output_embeddings().register_forward_hook(turn)
    try:
        written = generate(small, [prompts[0]] * 3, longest_answer=5, tokens=4096, tick=lambda _done: None)
    finally:
        hook.remove()
    assert [(tokens, ended) for _text, tokens, ended in written] == [(5, False), (2, True), (5, False)]


def test_no_rows():
    assert (
        generate(
            LoadedModel(None, type("T", (), {"eos_token_id": 1, "pad_token_id": 2, "bos_token_id": 0})),
            [],
            longest_answer=3,
            tokens=9,
            tick=print,
        )
        == []
    )
