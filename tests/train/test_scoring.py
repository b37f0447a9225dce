"""Log-likelihoods, computed a second way; a batch of one equals a batch of many."""

import numpy as np
import pytest
import torch  # noqa: TID253  (what these tests are about)

from train.models import LoadedModel, align, load_model, load_tokenizer
from train.scoring import log_likelihoods, score_labels
from train.tokens import MASKED, encode_pairs

PROMPTS = [
    "a warm evening\nThis is",
    "the fair was dreadful and the band was sour, and it rained all day\nThis is",
    "x\nThis is",
]
WORDS = [" good", " bad", " neither here nor there"]


@pytest.fixture(scope="module")
def small(base_folder):
    made = LoadedModel(load_model(base_folder, "cpu"), load_tokenizer(base_folder))
    align(made, is_chat=False)
    with torch.no_grad():  # far from uniform, so that a mistake shows
        for weight in made.model.parameters():
            weight.mul_(3)
    return made


def by_hand(small, prompt, word):
    ids = small.tokenizer(prompt + word)["input_ids"] + [small.tokenizer.eos_token_id]
    start = len(small.tokenizer(prompt)["input_ids"])
    with torch.no_grad():
        likelihoods = torch.log_softmax(small.model(torch.tensor([ids])).logits[0].double(), dim=-1)
    return sum(likelihoods[place - 1, ids[place]].item() for place in range(start, len(ids)))


def test_each_score_is_that_of_the_word_and_the_end_token(small):
    scores = score_labels(small, PROMPTS, WORDS, maximum=96, tokens=4096, tick=lambda _done: None)
    expected = np.array([[by_hand(small, prompt, word) for word in WORDS] for prompt in PROMPTS])
    assert scores == pytest.approx(expected, abs=1e-4)
    assert scores.std() > 1


def test_a_batch_of_one_equals_a_batch_of_many(small):
    many = score_labels(small, PROMPTS, WORDS, maximum=96, tokens=4096, tick=lambda _done: None)
    one = score_labels(small, PROMPTS, WORDS, maximum=96, tokens=1, tick=lambda _done: None)
    assert np.abs(many - one).max() < 1e-4


def test_sums_and_counts_of_answers(small):
    done = []
    encoded = encode_pairs(small.tokenizer, PROMPTS, WORDS, 96)
    sums, counts = log_likelihoods(small, encoded, 4096, done.append)
    assert sums == pytest.approx([by_hand(small, *pair) for pair in zip(PROMPTS, WORDS, strict=True)], abs=1e-4)
    assert counts.tolist() == [sum(label != MASKED for label in labels) for labels in encoded.labels]
    assert sum(done) == 3


def test_a_row_without_an_answer_counts_nothing(small):
    encoded = encode_pairs(small.tokenizer, ["short"], [" good" * 60], 20)
    assert [found.tolist() for found in log_likelihoods(small, encoded, 64, lambda _done: None)] == [[0.0], [0]]
