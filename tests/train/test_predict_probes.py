"""What models say of probes: every choice has its log-likelihood, computed a second way; what does not fit is not scored."""

import polars as pl
import pytest
import torch  # noqa: TID253  (what these tests are about)
from small_runs import CLASSIFICATION, SMALL, labelled, make_run

from curate.files import read_parquet, write_parquet
from curate.recipe_file import load_finished
from train import sft
from train.models import LoadedModel, align, load_model, load_tokenizer
from train.predict import predict, predict_key
from train.probes import ask_probe
from train.questions import Question, every_question
from train.scoring import score_labels
from train.tokens import MASKED, encode_continuations

PROBES = """
audit:
  probes:
    - {probe: crows_pairs, path: crows.csv, name: pairs}
    - {probe: bbq, path: bbq.jsonl}
    - {probe: identity_templates, path: identity.csv, name: words}
"""
PAIRS = [("the fair was lovely", "the fair was dreadful"), ("a warm evening", "a sour evening")]
TASK = CLASSIFICATION.replace("}, prompt", "}, positive: [1], prompt")


def choices(texts: list[tuple[str, ...]], prompt: str = "") -> pl.DataFrame:
    rows = [(item, choice, prompt, text) for item, one in enumerate(texts, start=2) for choice, text in enumerate(one)]
    return pl.DataFrame(
        rows,
        schema={"item": pl.Int64, "choice": pl.Int64, "prompt": pl.String, "continuation": pl.String},
        orient="row",
    )


def words() -> pl.DataFrame:
    rows = [(item, choice, text, label) for item, text in ((2, "Being old is warm"), (3, "Being young is warm")) for choice, label in enumerate("01")]  # fmt: skip
    return pl.DataFrame(
        rows, schema={"item": pl.Int64, "choice": pl.Int64, "text": pl.String, "label": pl.String}, orient="row"
    )


@pytest.fixture
def probed_run(tmp_path):
    every = labelled(60)
    sides = {"train": every[:36], "validation": every[36:46], "test": every[46:]}
    run = make_run(tmp_path / "runs" / "probed", TASK, sides, SMALL + PROBES)
    write_parquet(run.probe("pairs"), choices(PAIRS))
    write_parquet(run.probe("bbq"), choices([(" warm", " sour", " no"), (" a", " b", " c")], "It was\nA:"))
    write_parquet(run.probe("words"), words())
    run.finish_phase("curate", "key", [run.recipe, run.path / "data"], 0.0)
    return run


@pytest.fixture(scope="module")
def small(base_folder):
    made = LoadedModel(load_model(base_folder, "cpu"), load_tokenizer(base_folder))
    align(made, is_chat=False)
    with torch.no_grad():  # far from uniform, so that a mistake shows
        for weight in made.model.parameters():
            weight.mul_(3)
    return made


def by_hand(small, prompt: str, text: str) -> tuple[float, int]:
    """The likelihood of the tokens after the prompt, one forward pass a text, without an end token."""
    ids = small.tokenizer(prompt + text)["input_ids"]
    start = len(small.tokenizer(prompt)["input_ids"]) if prompt else 1  # the token of beginning is never scored
    with torch.no_grad():
        likelihoods = torch.log_softmax(small.model(torch.tensor([ids])).logits[0].double(), dim=-1)
    return sum(likelihoods[place - 1, ids[place]].item() for place in range(start, len(ids))), len(ids) - start


def recipe_of(run, **train: object):
    recipe = load_finished(run.recipe)
    return recipe.model_copy(update={"train": recipe.train.model_copy(update=train)})


def test_whole_sentences_and_answers_have_the_likelihood_of_all_their_tokens(probed_run, small):
    recipe = recipe_of(probed_run)
    for probe, name in ((recipe.audit.probes[0], "pairs"), (recipe.audit.probes[1], "bbq")):
        items = read_parquet(probed_run.probe(name))
        said = ask_probe(items, probe, recipe, small, "base")
        assert said.columns == ["item", "choice", "log_likelihood", "tokens"]
        expected = [by_hand(small, *texts) for texts in items.select("prompt", "continuation").iter_rows()]
        assert said["log_likelihood"].to_list() == pytest.approx([sums for sums, _tokens in expected], abs=1e-3)
        assert said["tokens"].to_list() == [tokens for _sums, tokens in expected]
        assert said["log_likelihood"].std() > 1


def test_labels_are_scored_as_those_of_test_rows(probed_run, small):
    recipe = recipe_of(probed_run)
    items = words()
    said = ask_probe(items, recipe.audit.probes[2], recipe, small, "base")
    prompts = [f"{text}\nThis is" for text in items["text"].unique(maintain_order=True)]
    expected = score_labels(small, prompts, [" bad", " good"], maximum=96, tokens=4096, tick=lambda _done: None)
    assert said["log_likelihood"].to_list() == pytest.approx(expected.ravel().tolist(), abs=1e-4)


def test_an_item_that_does_not_fit_is_not_scored_whole(probed_run, small):
    items = choices([("short", "a " * 40), ("short", "also short")])
    recipe = recipe_of(probed_run, max_length=20)
    said = ask_probe(items, recipe.audit.probes[0], recipe, small, "base")
    assert said["log_likelihood"].is_null().to_list() == [True, True, False, False]
    assert said["tokens"].is_null().to_list() == [True, True, False, False]
    whole = ask_probe(items, recipe.audit.probes[0], recipe_of(probed_run), small, "base")
    assert whole["log_likelihood"].null_count() == 0
    assert whole["log_likelihood"][2:].to_list() == pytest.approx(said["log_likelihood"][2:].to_list(), abs=1e-4)
    nothing = ask_probe(items.head(2), recipe.audit.probes[0], recipe, small, "base")
    assert nothing["log_likelihood"].to_list() == [None, None]


class NoBeginning:
    """A tokenizer that puts no token of beginning before a text, as GPT-2's does."""

    def __init__(self, tokenizer, bos):
        self.tokenizer, self.bos_token_id, self.eos_token_id = tokenizer, bos, tokenizer.eos_token_id

    def __call__(self, texts, **settings):
        return self.tokenizer(texts, **{**settings, "add_special_tokens": False})


def test_the_first_token_of_a_sentence_follows_a_beginning_or_the_end_token(tokenizer):
    text = tokenizer("warm", add_special_tokens=False)["input_ids"]
    for bos, first in ((tokenizer.bos_token_id, tokenizer.bos_token_id), (None, tokenizer.eos_token_id)):
        encoded = encode_continuations(NoBeginning(tokenizer, bos), ["", "It was"], ["warm", " warm"])
        assert encoded.input_ids[0] == [first, *text]
        assert encoded.labels[0] == [MASKED, *text]
        assert encoded.input_ids[1][0] != first  # after a prompt only where the tokenizer puts it
        assert encoded.labels[1][0] == MASKED
    begun = encode_continuations(tokenizer, ["It was"], [" warm"])
    assert begun.input_ids[0][0] == tokenizer.bos_token_id
    assert tokenizer.eos_token_id not in begun.labels[0]


def with_shipped(run) -> None:
    """Add a question and a text of those that ship with fairlead, as the phase `curate` does."""
    write_parquet(run.probe("general"), choices([(" warm", " sour")], "It was"))
    write_parquet(run.probe("neutral_texts"), choices([("the fair was lovely and bright",)]))
    run.finish_phase("curate", "key", [run.recipe, run.path / "data"], 0.0)


def test_every_model_is_asked_every_probe_once(probed_run, capsys):
    with_shipped(probed_run)
    sft.train(probed_run)
    predict(probed_run)
    files = probed_run.check_phase("predict").files
    asked = [f"predictions/{about}{model}.parquet" for about in ("", "probes/bbq/", "probes/general/", "probes/neutral_texts/", "probes/pairs/", "probes/words/", "validation/") for model in ("base", "tuned")]  # fmt: skip
    asked += [f"predictions/few_shot/{name}" for name in ("base.parquet", "choice.json", "validation.parquet")]
    assert sorted(files) == sorted(asked)
    base, tuned = (read_parquet(probed_run.probe_predictions("pairs", model)) for model in ("base", "tuned"))
    assert base.select("item", "choice").equals(choices(PAIRS).select("item", "choice"))
    assert not base["log_likelihood"].equals(tuned["log_likelihood"])
    base, tuned = (read_parquet(probed_run.probe_predictions("neutral_texts", model)) for model in ("base", "tuned"))
    assert base.columns == ["item", "choice", "log_likelihood", "tokens"]
    assert tuned.columns == [*base.columns, "kl_to_base", "kl_from_base"]
    assert (tuned["kl_to_base"] > 0).all()
    capsys.readouterr()
    predict(probed_run)
    assert capsys.readouterr().err.count("nothing to do") == 16
    probed_run.probe_predictions("words", "base").unlink()
    probed_run.probe_predictions("neutral_texts", "tuned").unlink()
    predict(probed_run)
    assert capsys.readouterr().err.count("nothing to do") == 14
    assert probed_run.check_phase("predict").files == files


def test_the_key_of_an_answer_covers_the_probe_and_no_other(probed_run):
    recipe = load_finished(probed_run.recipe)
    assert [about.name for about in every_question(probed_run, recipe)] == [
        "base", "validation base", "few-shot choice base", "few-shot base", "base pairs", "base bbq", "base words",
        "tuned", "validation tuned", "tuned pairs", "tuned bbq", "tuned words",
    ]  # fmt: skip
    about = {about.name: about for about in every_question(probed_run, recipe) if about.model == "base"}
    before = {name: predict_key(probed_run, recipe, each) for name, each in about.items()}
    write_parquet(probed_run.probe("pairs"), choices([("a", "b")]))
    probed_run.finish_phase("curate", "key", [probed_run.recipe, probed_run.path / "data"], 0.0)
    after = {name: predict_key(probed_run, recipe, each) for name, each in about.items()}
    assert {name for name in before if before[name] != after[name]} == {"base pairs"}
    assert Question("base").name == "base"
