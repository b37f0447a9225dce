"""Beginnings read once: the likelihoods of rows read whole, whatever shares a batch, and only of models that allow it."""

import copy

import numpy as np
import pytest
import torch  # noqa: TID253  (what these tests are about)

from train import shared_beginnings
from train.models import LoadedModel, align, load_model, load_tokenizer
from train.scoring import log_likelihoods, log_likelihoods_of_groups, score_encoded, score_labels
from train.shared_beginnings import Reach, Shared, reach, share
from train.tokens import MASKED, Encoded, encode_continuations, encode_pairs

PROMPTS = [
    "a warm evening\nThis is",
    "the fair was dreadful and the band was sour, and it rained all day\nThis is",
    "x\nThis is",
    "we found the soup grim but the bread lovely, " * 6 + "\nThis is",  # cut, and more of it for a longer label
]
WORDS = [" good", " bad", " neither here nor there", " neither", " good and bad", " bad"]
MAXIMUM = 60


def quiet(_done):
    pass


def far_from_uniform(model):
    """Larger weights, so that a mistake shows."""
    with torch.no_grad():
        for weight in model.parameters():
            weight.mul_(3)
    return model.eval()


@pytest.fixture(scope="module")
def small(base_folder):
    made = LoadedModel(far_from_uniform(load_model(base_folder, "cpu")), load_tokenizer(base_folder))
    align(made, is_chat=False)
    return made


def encoded_pairs(small):
    return encode_pairs(
        small.tokenizer, [prompt for prompt in PROMPTS for _word in WORDS], WORDS * len(PROMPTS), MAXIMUM
    )


def by_hand(small):
    """The likelihood of every label and end token, one row at a time, in float64."""
    encoded, found = encoded_pairs(small), []
    for ids, labels in zip(encoded.input_ids, encoded.labels, strict=True):
        with torch.no_grad():
            likelihoods = torch.log_softmax(small.model(torch.tensor([ids])).logits[0].double(), dim=-1)
        scored = [likelihoods[at - 1, label].item() for at, label in enumerate(labels) if label != MASKED]
        found.append(sum(scored))
    return np.array(found).reshape(len(PROMPTS), len(WORDS))


def tokens_read(model, work):
    """Run some work; return what it returned and the tokens of each pass through the model, padding too."""
    passes = []
    hook = model.get_input_embeddings().register_forward_hook(
        lambda _module, given, _made: passes.append(given[0].numel())
    )
    try:
        return work(), passes
    finally:
        hook.remove()


@pytest.mark.parametrize("tokens", [1, 100, 4096])
def test_labels_have_the_likelihood_of_their_row_alone_however_many_are_read_together(small, tokens):
    scores = score_labels(small, PROMPTS, WORDS, maximum=MAXIMUM, tokens=tokens, tick=quiet)
    expected = by_hand(small)
    assert scores == pytest.approx(expected, abs=1e-4)
    assert (scores[:, :5].argmax(axis=1) == expected[:, :5].argmax(axis=1)).all()
    assert scores[:, 1].tolist() == pytest.approx(scores[:, 5].tolist(), abs=1e-5), "the same word twice"
    assert scores.std() > 1
    assert np.ptp(scores, axis=0).min() > 1, "a prompt's words must matter"


def test_what_pads_a_row_does_not_matter(small):
    scores = score_labels(small, PROMPTS, WORDS, maximum=MAXIMUM, tokens=4096, tick=quiet)
    other = LoadedModel(small.model, copy.deepcopy(small.tokenizer))
    other.tokenizer.pad_token = "a"
    assert other.tokenizer.pad_token_id != small.tokenizer.pad_token_id
    assert score_labels(other, PROMPTS, WORDS, maximum=MAXIMUM, tokens=4096, tick=quiet) == pytest.approx(
        scores, abs=1e-5
    )


def test_a_beginning_is_read_once_and_every_row_is_ticked(small):
    done = []
    prompts, words = [PROMPTS[1]] * 3, [" good", " bad", " odd"]
    length = len(small.tokenizer(PROMPTS[1])["input_ids"])
    ends = sum(len(ids) - 1 - length for ids in encode_pairs(small.tokenizer, prompts, words, 96).input_ids)
    _scores, passes = tokens_read(
        small.model, lambda: score_labels(small, prompts, words, maximum=96, tokens=4096, tick=done.append)
    )
    assert passes == [1, 3 * length, 3 * ends]  # the question how far it can be reused, the beginnings, the ends
    assert sum(done) == 9


def test_what_rows_share():
    rows = [[9, 1, 2, 3, 7, 0], [9, 1, 2, 4, 0], [9, 1, 2, 4, 5, 6, 0], [8, 1, 2, 4, 0]]
    labels = [[*[MASKED] * 3, *row[3:]] for row in rows]
    encoded = Encoded(rows, labels)
    first, other = share(encoded, [range(4)], 100)
    assert first == Shared([0, 1, 2], length=3, ends=2 + 1 + 3, longest=7, first=2)
    assert other == Shared([3], length=4, ends=0, longest=5, first=2)  # all but the last token, which is only predicted
    assert share(encoded, [[0, 1], [3]], 100)[0] == Shared([0, 1], length=3, ends=3, longest=6, first=2)
    assert share(encoded, [[1, 2]], 100) == [Shared([1, 2], length=4, ends=2, longest=7, first=2)]


def test_many_ends_are_shared_out_to_parts(small, monkeypatch):
    encoded = encoded_pairs(small)
    groups = [range(start, start + len(WORDS)) for start in range(0, len(encoded.input_ids), len(WORDS))]
    assert len(share(encoded, groups, 2**27 // 8)) > len(share(encoded, groups, 400)), "bounded by the logits"
    monkeypatch.setattr(shared_beginnings, "WIDEST", 4)
    parts = share(encoded, groups, 400)
    assert sorted(place for part in parts for place in part.places) == list(range(len(encoded.input_ids)))
    assert all(part.ends <= 4 or len(part.places) == 1 for part in parts)
    scores, counts = log_likelihoods_of_groups(small, encoded, groups, 4096, quiet)
    assert counts.tolist() == [sum(label != MASKED for label in labels) for labels in encoded.labels]
    assert scores == pytest.approx(by_hand(small).ravel(), abs=1e-4)


def test_sentences_that_are_scored_whole_share_their_beginning(small):
    texts = [
        f"{first} {end}"
        for first in ("the fair was lovely and so was the band, it was", "a sour")
        for end in ("warm", "grim too")
    ]
    encoded = encode_continuations(small.tokenizer, [""] * 4, texts)
    likelihoods, counts = log_likelihoods(small, encoded, 4096, quiet)
    shared = log_likelihoods_of_groups(small, encoded, [[0, 1], [2, 3]], 4096, quiet)
    assert shared[0] == pytest.approx(likelihoods, abs=1e-4)
    assert shared[1].tolist() == counts.tolist() == [len(ids) - 1 for ids in encoded.input_ids]


def test_the_cache_of_a_batch_is_bounded(small, monkeypatch):
    _scores, whole = tokens_read(
        small.model, lambda: score_labels(small, PROMPTS, WORDS, maximum=96, tokens=4096, tick=quiet)
    )
    size = 1 * 2 * 32 * 4  # one layer, keys and values of 32 numbers of 4 bytes a token
    monkeypatch.setattr(shared_beginnings, "LARGEST_CACHE", 100 * size)
    assert reach(small.model).tokens == 100
    _scores, bounded = tokens_read(
        small.model, lambda: score_labels(small, PROMPTS, WORDS, maximum=96, tokens=4096, tick=quiet)
    )
    assert max(whole) > 100 >= max(bounded)


SIZES = {"vocab_size": 400, "hidden_size": 32, "num_hidden_layers": 2, "pad_token_id": 2}
HEADS = {**SIZES, "intermediate_size": 64, "num_attention_heads": 4, "num_key_value_heads": 2}


def model_of(kind, attention, **settings):
    """A model of some kind with random weights."""
    from transformers import AutoConfig, AutoModelForCausalLM

    torch.manual_seed(7)
    config = AutoConfig.for_model(kind, **settings)
    return far_from_uniform(AutoModelForCausalLM.from_config(config, attn_implementation=attention))


@pytest.mark.parametrize(
    ("kind", "attention", "settings", "longest"),
    [
        ("qwen3", "sdpa", {**HEADS, "head_dim": 8}, 2**62),
        ("qwen3", "eager", {**HEADS, "head_dim": 8}, 2**62),
        ("gpt2", "sdpa", {"vocab_size": 400, "n_embd": 32, "n_layer": 2, "n_head": 4}, 2**62),  # learnt positions
        ("mistral", "sdpa", {**HEADS, "sliding_window": 30}, 29),  # rows that are longer are read whole
        ("mamba", "eager", {**SIZES, "state_size": 4}, 0),
        ("bloom", "eager", {"vocab_size": 400, "hidden_size": 32, "n_layer": 2, "n_head": 4}, 0),  # ALiBi
        ("lfm2", "sdpa", {**HEADS, "layer_types": ["conv", "full_attention"]}, 0),  # hybrid
    ],
)
def test_only_a_cache_of_keys_and_values_is_reused(small, kind, attention, settings, longest):
    other = LoadedModel(model_of(kind, attention, **settings), small.tokenizer)
    assert reach(other.model).longest == longest
    encoded = encoded_pairs(other)
    whole, _count = log_likelihoods(other, encoded, 4096, quiet)
    scores = score_labels(other, PROMPTS, WORDS, maximum=MAXIMUM, tokens=4096, tick=quiet)
    assert scores.ravel() == pytest.approx(whole, abs=1e-4)
    assert np.ptp(scores, axis=0).min() > 0.1


def test_a_model_of_bfloat16_is_summed_in_float32(small):
    rough = LoadedModel(copy.deepcopy(small.model).to(torch.bfloat16), small.tokenizer)
    scores = score_labels(rough, PROMPTS, WORDS, maximum=MAXIMUM, tokens=4096, tick=quiet)
    whole, _count = log_likelihoods(rough, encoded_pairs(small), 4096, quiet)
    assert scores.ravel() == pytest.approx(whole, rel=0.02)
    assert (scores != scores.astype(np.float16)).any()


def test_without_groups_nothing_is_read(small):
    assert [found.tolist() for found in log_likelihoods_of_groups(small, Encoded([], []), [], 100, quiet)] == [
        [],
        [],
    ]
    assert Reach(0, 0) == reach(model_of("mamba", "eager", **SIZES))


def scores_alike(loaded, prompts, tokens):
    """Prompts that begin alike, scored with what they begin with read once."""
    every = [prompt for prompt in prompts for _word in WORDS]
    encoded = encode_pairs(loaded.tokenizer, every, WORDS * len(prompts), 400)
    return score_encoded(loaded, encoded, len(WORDS), tokens=tokens, tick=quiet, alike=True)


def test_a_long_beginning_is_read_once_for_all_prompts_and_each_prompt_once_for_its_labels(small, monkeypatch):
    before = "the fair was dreadful and the band was sour, and it rained all day. " * 3
    prompts = [before + prompt for prompt in (*PROMPTS[:3], PROMPTS[0], "a sour end")]
    monkeypatch.setattr(shared_beginnings, "WIDEST", 10_000)  # one line
    expected = score_labels(small, prompts, WORDS, maximum=400, tokens=4096, tick=quiet)
    scores, passes = tokens_read(small.model, lambda: scores_alike(small, prompts, 4096))
    assert scores == pytest.approx(expected, abs=1e-4)
    assert scores.std() > 1
    every = [prompt for prompt in prompts for _word in WORDS]
    encoded = encode_pairs(small.tokenizer, every, WORDS * len(prompts), 400)
    columns = enumerate(zip(*encoded.input_ids, strict=False))
    length = next(at for at, tokens in columns if len(set(tokens)) > 1)
    forks = [labels.count(MASKED) for labels in encoded.labels]
    stems = sum(fork - length for fork in forks[:: len(WORDS)])
    branches = sum(len(ids) - 1 - fork for ids, fork in zip(encoded.input_ids, forks, strict=True))
    assert passes == [1, length, stems + branches]
    assert scores_alike(small, [], 4096).shape == (0, len(WORDS))


@pytest.mark.parametrize("tokens", [1, 16384])
def test_a_long_beginning_that_lines_share_is_read_once_a_batch(small, monkeypatch, tokens):
    before = "the fair was dreadful and the band was sour, and it rained all day. " * 3
    prompts = [before + prompt for prompt in PROMPTS[:3]]
    expected = score_labels(small, prompts, WORDS, maximum=400, tokens=4096, tick=quiet)
    monkeypatch.setattr(shared_beginnings, "WIDEST", 20)
    scores, passes = tokens_read(small.model, lambda: scores_alike(small, prompts, tokens))
    assert scores == pytest.approx(expected, abs=1e-4)
    beginnings, ends = passes[1::2], passes[2::2]
    assert set(beginnings) == {beginnings[0]}
    assert (len(ends) > 2) == (tokens == 1)
    assert tokens == 1 or max(ends) > 2 * len(small.tokenizer(PROMPTS[1])["input_ids"]), "several lines"
