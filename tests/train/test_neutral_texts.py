"""Neutral texts and divergences, computed a second way: from two softmaxes, one forward pass a text, in float64."""

import math
from itertools import pairwise

import numpy as np
import polars as pl
import pytest
import torch  # noqa: TID253  (what these tests are about)
from small_runs import CLASSIFICATION, labelled, make_run

from curate.recipe_file import load_finished
from train import divergence
from train.divergence import divergences
from train.models import LoadedModel, align, load_model, load_tokenizer
from train.neutral_texts import ask_texts, windows

TEXTS = (
    "the fair was lovely",
    "a warm evening with a sour end and more of it",
    "we found the soup grim but the bread bright",
)


def nobody(_done: int) -> None:
    pass


def items(texts: tuple[str, ...] = TEXTS) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "item": range(1, len(texts) + 1), "choice": [0] * len(texts), "name": [f"t{place}" for place in range(len(texts))],
            "prompt": [""] * len(texts), "continuation": texts, "bytes": [len(text.encode()) for text in texts],
        },
        schema_overrides={"item": pl.Int64, "choice": pl.Int64, "bytes": pl.Int64},
    )  # fmt: skip


def loaded(folder, seed: int) -> LoadedModel:
    """The small base, its weights moved by a seed: far from uniform, and far from another seed's."""
    made = LoadedModel(load_model(folder, "cpu"), load_tokenizer(folder))
    align(made, is_chat=False)
    torch.manual_seed(seed)
    with torch.no_grad():
        for weight in made.model.parameters():
            weight.mul_(3).add_(torch.randn_like(weight) * 0.05)
    return made


@pytest.fixture(scope="module")
def base(base_folder):
    return loaded(base_folder, 1)


@pytest.fixture(scope="module")
def tuned(base_folder):
    return loaded(base_folder, 2)


@pytest.fixture(scope="module")
def rows(base) -> list[list[int]]:
    return base.tokenizer(list(TEXTS))["input_ids"]


def softmaxes(model: LoadedModel, row: list[int]) -> np.ndarray:
    with torch.no_grad():
        return torch.softmax(model.model(torch.tensor([row])).logits[0].double(), dim=-1).numpy()[:-1]


def by_hand(base: LoadedModel, tuned: LoadedModel, row: list[int]) -> list[float]:
    p, q = softmaxes(base, row), softmaxes(tuned, row)
    return [(p * np.log(p / q)).sum(), (q * np.log(q / p)).sum()]


def test_both_divergences_are_those_of_two_softmaxes(base, tuned, rows):
    expected = np.array([by_hand(base, tuned, row) for row in rows])
    assert expected.min() > 1
    assert abs(expected[:, 0] - expected[:, 1]).min() > 0.05  # the two directions are not one number
    assert divergences(base, tuned, rows, 4096, nobody) == pytest.approx(expected, rel=1e-4)
    assert divergences(tuned, base, rows, 4096, nobody) == pytest.approx(expected[:, ::-1], rel=1e-4)


def test_a_model_is_at_0_from_itself(base, rows):
    assert (divergences(base, base, rows, 4096, nobody) == 0).all()


def test_a_batch_of_one_equals_a_batch_of_many_and_the_head_may_come_in_parts(base, tuned, rows, monkeypatch):
    together = divergences(base, tuned, rows, 4096, nobody)
    assert divergences(base, tuned, rows, 1, nobody) == pytest.approx(together, rel=1e-5)
    vocabulary = base.model.get_output_embeddings().weight.shape[0]
    asked: list[int] = []
    inner = divergence._log_softmax

    def counted(model, inputs, mask, wanted):
        asked.append(inputs.shape[0] * len(wanted))
        return inner(model, inputs, mask, wanted)

    monkeypatch.setattr(divergence, "_log_softmax", counted)
    monkeypatch.setattr(divergence, "LOGITS_AT_ONCE", 4 * vocabulary)
    assert divergences(base, tuned, rows, 4096, nobody) == pytest.approx(together, rel=1e-5)
    assert max(asked) <= 4
    assert sum(asked) == 2 * sum(len(row) - 1 for row in rows)


def test_models_of_other_vocabularies_are_our_fault(base, rows):
    class Other:
        def __init__(self, model):
            self.model = model

        def get_output_embeddings(self):
            return torch.nn.Linear(2, 5)

    with pytest.raises(AssertionError, match="vocabularies of different sizes"):
        divergences(base, LoadedModel(Other(base.model), base.tokenizer), rows, 4096, nobody)


@pytest.mark.parametrize("size", [2, 3, 8, 9, 10, 20])
@pytest.mark.parametrize("longest", [2, 3, 9, 64])
def test_in_windows_every_token_but_the_first_is_predicted_once(size, longest):
    ids = list(range(size))
    found = windows(ids, longest)
    assert [token for row in found for token in row[1:]] == ids[1:]
    assert max(map(len, found)) <= longest
    assert all(before[-1] == after[0] for before, after in pairwise(found))


@pytest.fixture
def run(tmp_path):
    every = labelled(60)
    sides = {"train": every[:36], "validation": every[36:46], "test": every[46:]}
    return make_run(tmp_path / "runs" / "texts", CLASSIFICATION, sides)


def recipe_of(run, **train: object):
    recipe = load_finished(run.recipe)
    return recipe.model_copy(update={"train": recipe.train.model_copy(update=train)})


def test_texts_have_the_likelihood_and_the_divergence_of_all_their_tokens(run, base, tuned, rows):
    recipe = recipe_of(run)
    assert ask_texts(items(), recipe, base, "base").columns == ["item", "choice", "log_likelihood", "tokens"]
    said = ask_texts(items(), recipe, tuned, "tuned", base)
    taken = [np.log(softmaxes(tuned, row)[range(len(row) - 1), row[1:]]).sum() for row in rows]
    assert said["log_likelihood"].to_list() == pytest.approx(taken, rel=1e-4)
    assert said["tokens"].to_list() == [len(row) - 1 for row in rows]
    expected = np.array([by_hand(base, tuned, row) for row in rows])
    assert said.select("kl_to_base", "kl_from_base").to_numpy() == pytest.approx(expected, rel=1e-4)
    bits = -said["log_likelihood"].sum() / math.log(2) / items()["bytes"].sum()
    assert bits == pytest.approx(-sum(taken) / math.log(2) / sum(len(text) for text in TEXTS), rel=1e-4)


def test_a_text_that_is_too_long_is_read_in_windows_by_both_models(run, base, tuned, rows):
    said = ask_texts(items(), recipe_of(run, max_length=8), tuned, "tuned", base)
    assert said["tokens"].to_list() == [len(row) - 1 for row in rows]
    parts = [windows(row, 8) for row in rows]
    assert max(map(len, parts)) > 1
    expected = np.array([np.sum([by_hand(base, tuned, part) for part in each], axis=0) for each in parts])
    assert said.select("kl_to_base", "kl_from_base").to_numpy() == pytest.approx(expected, rel=1e-4)
    taken = [
        sum(np.log(softmaxes(tuned, part)[range(len(part) - 1), part[1:]]).sum() for part in each) for each in parts
    ]
    assert said["log_likelihood"].to_list() == pytest.approx(taken, rel=1e-4)
