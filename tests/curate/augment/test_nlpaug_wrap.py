"""nlpaug as it is wrapped: a real model pair from a folder, and noise that touches nothing but the text."""

import random
from pathlib import Path

import numpy as np
import pytest
from tiny_models import LINES, make_marian, make_nltk_data

from curate.augment.nlpaug_wrap import NlpaugTranslator, nlpaug_problem, noise_problem, noisy
from curate.errors import UserError


def quiet(_done: int) -> None:
    """Do nothing."""


@pytest.fixture(scope="module")
def models(tmp_path_factory) -> tuple[str, str]:
    folder = tmp_path_factory.mktemp("models")
    return str(make_marian(folder / "there", 1)), str(make_marian(folder / "back", 2))


def by_hand(texts: list[str], folder: str) -> list[str]:
    """Translate each text alone, without nlpaug."""
    from transformers import MarianMTModel, MarianTokenizer

    tokenizer, model = MarianTokenizer.from_pretrained(folder), MarianMTModel.from_pretrained(folder).eval()
    found = []
    for text in texts:
        made = model.generate(**tokenizer([text], return_tensors="pt"), max_length=24)
        found.append(tokenizer.batch_decode(made, skip_special_tokens=True)[0])
    return found


def test_a_local_pair_translates_there_and_back_without_a_network(models, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    texts = [*LINES, "the men", "they do not walk"]
    ticks: list[int] = []
    made = NlpaugTranslator(models).round_trip(texts, ticks.append)
    assert made == [text.strip() for text in by_hand(by_hand(texts, models[0]), models[1])]
    assert len(set(made)) > 1
    assert sum(ticks) == 2 * len(texts)


def test_a_text_of_more_words_than_positions_is_cut_and_not_an_error(models):
    assert len(NlpaugTranslator(models).round_trip(["the house " * 60, "the men"], quiet)) == 2


def test_many_texts_come_back_in_their_order(models):
    texts = ["the men", *LINES] * 60
    made = NlpaugTranslator(models).round_trip(texts, quiet)
    assert made == made[:5] * 60


def test_models_that_are_not_there_are_one_clear_error(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    missing = (str(tmp_path / "there"), str(tmp_path / "back"))
    assert "there is no model in" in (nlpaug_problem(missing) or "")
    with pytest.raises(UserError, match=r"cannot be loaded .*; give models: \[there, back\]"):
        NlpaugTranslator(missing).round_trip(["a"], quiet)


def test_missing_packages_are_named(monkeypatch):
    monkeypatch.setattr(
        "curate.augment.nlpaug_wrap.find_spec", lambda name: None if name in ("nlpaug", "torch") else name
    )
    assert (
        nlpaug_problem(("a/b", "b/a"))
        == "nlpaug's back-translation needs nlpaug, torch; pip install 'fairlead[augment,train]'"
    )
    assert noise_problem("swap") == "word noise needs nlpaug; pip install 'fairlead[augment]'"
    with pytest.raises(UserError, match=r"pip install 'fairlead\[augment\]'"):
        noisy(["a b"], [1], "swap", 0.1, quiet)


def test_swapping_keeps_every_word_and_deleting_loses_some():
    text = "alpha beta gamma delta epsilon zeta eta theta"
    swapped, deleted = (noisy([text], [1], action, 0.25, quiet)[0] for action in ("swap", "delete"))
    assert sorted(swapped.lower().split()) == sorted(text.split())
    assert swapped != text
    assert len(deleted.split()) == 6
    assert set(deleted.lower().split()) < set(text.split())


def test_words_with_apostrophes_and_lines_stay_whole():
    assert sorted(noisy(["I don't #know\n\nwell-kept"], [3], "swap", 0.5, quiet)[0].lower().split()) == [
        "#know",
        "don't",
        "i",
        "well-kept",
    ]
    assert noisy(["one\n\ntwo"], [3], "swap", 0.5, quiet) == ["one\n\ntwo"]


def test_the_noise_of_a_text_depends_on_its_seed_alone():
    texts = [f"a{number} b c d e f g h" for number in range(20)]
    together = noisy(texts, range(20), "swap", 0.3, quiet)
    assert noisy(texts[::-1], range(19, -1, -1), "swap", 0.3, quiet) == together[::-1]
    assert [noisy([text], [seed], "swap", 0.3, quiet)[0] for seed, text in enumerate(texts)] == together
    assert noisy(texts, range(100, 120), "swap", 0.3, quiet) != together


def test_the_global_chance_is_put_back():
    random.seed(5)
    np.random.seed(5)  # noqa: NPY002  (it is the global state that is looked at)
    ours, theirs = random.getstate(), np.random.get_state()[1].tolist()  # noqa: NPY002
    noisy(["a b c d e"], [1], "delete", 0.3, quiet)
    assert random.getstate() == ours
    assert np.random.get_state()[1].tolist() == theirs  # noqa: NPY002


def test_synonyms_come_from_wordnet(tmp_path: Path, monkeypatch):
    import nltk

    monkeypatch.setattr(nltk.data, "path", [str(tmp_path / "nowhere")])
    names = "wordnet averaged_perceptron_tagger_eng"
    assert (
        noise_problem("synonym")
        == f"NLTK's wordnet and averaged_perceptron_tagger_eng not installed; python -m nltk.downloader {names}"
    )
    monkeypatch.setattr(nltk.data, "path", [str(make_nltk_data(tmp_path))])
    assert noise_problem("synonym") is None
    assert noisy(["The doctor came"], [1], "synonym", 0.3, quiet) == ["The physician came"]
