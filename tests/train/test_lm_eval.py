"""Our scores against EleutherAI's lm-evaluation-harness: the same model, prompts and continuations, the same log-likelihoods."""

import shutil

import numpy as np
import pytest
import torch  # noqa: TID253  (what these tests are about)

from train.models import LoadedModel, load_model, load_tokenizer
from train.scoring import log_likelihoods, score_labels
from train.tokens import MASKED, encode_continuations, encode_pairs

PROMPTS = [
    "a warm evening\nThis is",
    "the fair was dreadful and the band was sour, and it rained all day\nThis is",
    "x\nThis is",
    "we found the soup grim but the bread lovely, " * 6 + "\nThis is",  # cut, and more of it for a longer label
]
WORDS = [" good", " bad", " neither here nor there", " good and bad"]
MAXIMUM = 60


def quiet(_done):
    pass


@pytest.fixture(scope="module")
def folder(base_folder, tmp_path_factory):
    """The small base with larger weights, so that a mistake shows."""
    copy = tmp_path_factory.mktemp("sharp") / "base"
    shutil.copytree(base_folder, copy)
    model = load_model(base_folder, "cpu")
    with torch.no_grad():
        for weight in model.parameters():
            weight.mul_(3)
    model.save_pretrained(copy)
    return copy


@pytest.fixture(scope="module")
def ours(folder):
    return LoadedModel(load_model(folder, "cpu"), load_tokenizer(folder))


@pytest.fixture(scope="module")
def theirs(folder):
    from lm_eval.models.huggingface import HFLM

    return HFLM(pretrained=str(folder), device="cpu", dtype="float32", batch_size=3)


def test_labels_with_their_end_token(ours, theirs):
    encoded = encode_pairs(ours.tokenizer, [prompt for prompt in PROMPTS for _word in WORDS], WORDS * 4, MAXIMUM)
    assert encoded.lost
    requests = []
    for ids, labels in zip(encoded.input_ids, encoded.labels, strict=True):
        first = labels.count(MASKED)
        requests.append((("", ""), ids[:first], ids[first:]))
    said = [likelihood for likelihood, _greedy in theirs._loglikelihood_tokens(requests, disable_tqdm=True)]
    expected = np.array(said).reshape(len(PROMPTS), len(WORDS))
    scores = score_labels(ours, PROMPTS, WORDS, maximum=MAXIMUM, tokens=4096, tick=quiet)
    assert np.abs(scores - expected).max() < 1e-4
    assert scores.argmax(axis=1).tolist() == expected.argmax(axis=1).tolist()
    assert np.ptp(scores, axis=0).min() > 1, "a prompt's words must matter"


def test_continuations_as_texts(ours, theirs):
    from lm_eval.api.instance import Instance

    pairs = [(prompt, word) for prompt in PROMPTS for word in WORDS]
    pairs += [("", "the fair was lovely"), ("It was ", "warm"), ("It was\nA:", " soup, bread")]
    instances = [Instance("loglikelihood", {}, pair, place) for place, pair in enumerate(pairs)]
    expected = [likelihood for likelihood, _greedy in theirs.loglikelihood(instances, disable_tqdm=True)]
    encoded = encode_continuations(
        ours.tokenizer, [prompt for prompt, _word in pairs], [word for _prompt, word in pairs]
    )
    said, _count = log_likelihoods(ours, encoded, 4096, quiet)
    assert np.abs(said - expected).max() < 1e-4
    assert np.ptp(said) > 10
