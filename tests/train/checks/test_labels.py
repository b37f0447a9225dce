"""What the checks of labels find: rows that are too few, and words that a tokenizer does not keep apart."""

import polars as pl
import pytest
from small_runs import CLASSIFICATION, labelled, ready_of

from train.checks.labels import labels, labels_apart, labels_of, written_labels


def test_enough_rows_of_every_label(tokenizer):
    sides = {"train": labelled(30), "validation": labelled(36)[30:], "test": labelled(42)[36:]}
    ready = ready_of(tokenizer, CLASSIFICATION, sides)
    assert labels(ready).outcome == "passed"
    assert labels_of(ready, "test") == {"0": 3, "1": 3}


def test_a_rare_label_is_refused_and_an_unseen_one_told(tokenizer):
    rows = labelled(30)
    few = pl.concat([rows.filter(pl.col("label") == "0"), rows.filter(pl.col("label") == "1")[:2]])
    found = labels(ready_of(tokenizer, CLASSIFICATION, {"train": few}))
    assert (found.outcome, found.said) == ("failed", "too few training rows of 1 (2)")
    accepted = "{base: demo, accept: [labels]}"
    assert labels(ready_of(tokenizer, CLASSIFICATION, {"train": few}, accepted)).outcome == "accepted"
    assert (
        labels(ready_of(tokenizer, CLASSIFICATION, {"train": few}, "{base: demo, minimum_per_label: 2}")).outcome
        == "passed"
    )
    unseen = ready_of(
        tokenizer, CLASSIFICATION, {"train": rows, "validation": labelled(36)[30:].filter(pl.col("label") == "0")}
    )
    assert labels(unseen).said.startswith("no validation row of 1")


def lower_casing():
    """A tokenizer of whole words in small letters, which knows some of them."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    words = ["<unk>", "</s>", "<pad>", "this", "is", "good", "bad", "us"]
    backend = Tokenizer(models.WordLevel({word: place for place, word in enumerate(words)}, unk_token="<unk>"))
    backend.normalizer, backend.pre_tokenizer = normalizers.Lowercase(), pre_tokenizers.Whitespace()
    return PreTrainedTokenizerFast(
        tokenizer_object=backend,
        unk_token="<unk>",
        eos_token="</s>",
        pad_token="<pad>",
        clean_up_tokenization_spaces=False,
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("0: bad, 1: good", "the words of the 2 labels are other tokens each, and the tokenizer knows them"),
        ("0: US, 1: us", "the words of 0 and 1 are the same tokens"),
        ("0: good, 1: odd", "the tokenizer does not know the word of 1"),
        ("0: even, 1: odd", "the words of 0 and 1 are the same tokens; the tokenizer does not know the word of 0, 1"),
        (
            "0: bad, 1: bad bad bad bad bad bad bad bad",
            "the word of 1 is longer than train.max_length, or nothing to the tokenizer",
        ),
    ],
)
def test_labels_that_a_tokenizer_does_not_keep_apart(words, said):
    task = CLASSIFICATION.replace("0: bad, 1: good", words)
    found = labels_apart(ready_of(lower_casing(), task, {"train": labelled(4)}, "{base: demo, max_length: 8}"))
    assert (found.outcome, found.said) == ("passed" if words == "0: bad, 1: good" else "failed", said)
    assert not found.hint or "task.labels" in found.hint


def test_an_end_token_that_is_the_unknown_one_too_is_no_fault():
    tokenizer = lower_casing()
    tokenizer.unk_token = "</s>"
    ready = ready_of(tokenizer, CLASSIFICATION, {"train": labelled(4)})
    assert written_labels(ready, ready.recipe.task) == {"0": (6,), "1": (5,)}
    assert labels_apart(ready).outcome == "passed"


def test_what_has_no_labels_passes(tokenizer):
    rows = pl.DataFrame({"row": [256], "q": ["a"], "a": ["b"]})
    task = '{kind: instruction, prompt: "{q}", completion: a}'
    assert labels_apart(ready_of(tokenizer, task, {"train": rows})).said == "the task has no labels"
