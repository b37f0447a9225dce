"""The base with examples in its prompt: which examples, chosen on validation rows and never on a test row, and what it then says.

An example is a training row as training writes it: its prompt, and the word of its label with the blank before it, without an end
token. Examples are joined by a blank line, and so is the row that is asked. The whole is tokenised together, and a label's score is
the log-likelihood of its word and of the end token, as without examples. (After examples a base may expect a blank line where the
end token is scored; that costs each label about the same.)

Rows that a step made (`parent`) are no examples, nor are rows that training would cut. Each draw orders the rows of every label by
the seed; its first k of each label, label by label in an order of chance, are a candidate. One that leaves no room for the longest
validation row is not tried. A test row that is longer than any of those loses the beginning of the examples.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from curate import rows as row_numbers
from curate.few_shot import Candidate, FewShotChoice
from curate.files import read_parquet
from curate.recipe import Recipe
from curate.store import RunDirectory
from curate.task import Classification
from train.draws import drawn_places
from train.models import LoadedModel
from train.progress import Progress
from train.prompts import completions, label_words, prompts
from train.scoring import as_table, score_labels
from train.settings import settings_of
from train.shared_beginnings import Numbers
from train.tokens import encode_pairs

PER_LABEL = (1, 2, 4, 8)
"""How many examples of each label are tried."""
DRAWS = 2
ROWS = 100
"""So many validation rows are asked at most, drawn by the seed: one of them is a point of accuracy."""
LONGEST = 4096
"""Tokens of a prompt with its label, where the model has positions for more."""
BETWEEN = "\n\n"
TOGETHER = 256
"""So many prompts are tokenised at a time: each holds all examples again."""
NO_ROWS = "there are no validation rows to choose examples by"
NO_ROOM = "no examples leave room for a row in the model's positions"
NO_EXAMPLES = "a label has no training row that could be an example"


@dataclass(frozen=True)
class Examples:
    """A candidate before it is tried: its training rows in their order, its text, and the tokens of that."""

    name: str
    per_label: int
    draw: int
    rows: pl.DataFrame
    text: str
    tokens: int


def choose(directory: RunDirectory, recipe: Recipe, loaded: LoadedModel) -> tuple[pl.DataFrame, FewShotChoice]:
    """Return what the base says of the validation rows after each candidate (one line a candidate and row), and the choice.

    The highest accuracy is chosen; of several the lowest log loss, then the fewest examples, then the first draw.
    """
    task = recipe.task
    assert isinstance(task, Classification)
    there = labelled(read_parquet(directory.data("validation")), task)
    asked = there[drawn_places(there.height, ROWS, recipe.seed)]
    limit = longest_prompt(loaded)
    bare = FewShotChoice(validation_rows=asked.height, validation_rows_there=there.height, longest=limit)
    drawn = draw_examples(directory, recipe, loaded)
    fitting, left_out = _fitting(drawn, asked, recipe, loaded, limit) if asked.height else ([], {})
    tables, tried = [answers_of(asked[:0], recipe, np.zeros((0, len(task.labels)))).select(_named(""), pl.all())], []
    with Progress("few-shot, choosing", len(fitting) * asked.height * len(task.labels)) as progress:
        for examples in fitting:
            scores = scores_after(examples.text, asked, recipe, loaded, progress)
            tables.append(answers_of(asked, recipe, scores).select(_named(examples.name), pl.all()))
            tried.append(_judged(examples, scores, asked, recipe))
    why = NO_ROWS if not asked.height else NO_EXAMPLES if not drawn else NO_ROOM
    best = min(tried, key=lambda one: (-one.accuracy, one.log_loss, one.per_label, one.draw), default=None)
    found = {"candidates": tuple(tried), "left_out": left_out}
    chosen = {"chosen": best.name} if best is not None else {"undefined": why}
    return pl.concat(tables), bare.model_copy(update={**found, **chosen})


def answer_after(directory: RunDirectory, recipe: Recipe, loaded: LoadedModel, choice: FewShotChoice) -> pl.DataFrame:
    """Return what the base says of the test rows after the chosen examples; no row where none were chosen."""
    task, rows = recipe.task, read_parquet(directory.data("test")).sort("row")
    assert isinstance(task, Classification)
    best = next((each for each in draw_examples(directory, recipe, loaded) if each.name == choice.chosen), None)
    if best is None:
        return answers_of(rows[:0], recipe, np.zeros((0, len(task.labels))))
    with Progress("predicting, few-shot base", rows.height * len(task.labels)) as progress:
        return answers_of(rows, recipe, scores_after(best.text, rows, recipe, loaded, progress))


def labelled(rows: pl.DataFrame, task: Classification) -> pl.DataFrame:
    """Return the rows whose label the task lists, in row order."""
    return rows.filter(pl.col(task.label).cast(pl.String).is_in(list(task.labels))).sort("row")


def longest_prompt(loaded: LoadedModel) -> int:
    """Return how many tokens a prompt with its label may have: the model's positions, and no more than `LONGEST`."""
    positions = getattr(loaded.model.config, "max_position_embeddings", None)
    return LONGEST if positions is None else min(LONGEST, positions)


def draw_examples(directory: RunDirectory, recipe: Recipe, loaded: LoadedModel) -> list[Examples]:
    """Return every candidate that the training rows have enough rows for, the fewest examples first."""
    task = recipe.task
    assert isinstance(task, Classification)
    rows = labelled(read_parquet(directory.data("train")).filter(pl.col("parent").is_null()), task)
    found = []
    for draw in range(1, DRAWS + 1):
        ordered = _drawn(rows, draw, recipe, loaded)
        for per_label in PER_LABEL:
            count = per_label * len(task.labels)
            if count <= ordered.height:
                found.append(_examples(ordered[:count], per_label, draw, recipe, loaded))
    return sorted(found, key=lambda each: (each.per_label, each.draw))


def _drawn(rows: pl.DataFrame, draw: int, recipe: Recipe, loaded: LoadedModel) -> pl.DataFrame:
    """Return the rows of a draw in their order: one of each label after the other, as often as every label has one."""
    task = recipe.task
    assert isinstance(task, Classification)
    random, most = np.random.default_rng([recipe.seed, draw]), max(PER_LABEL)
    truth = rows[task.label].cast(pl.String).to_numpy()
    kept = []
    for label in task.labels:
        places = random.permutation(np.flatnonzero(truth == label)).tolist()
        whole: list[int] = []
        for start in range(0, len(places), most):  # a loop over rows until enough are found: most draws look at eight
            whole += _uncut(rows, places[start : start + most], recipe, loaded)
            if len(whole) >= most:
                break
        kept.append(whole[:most])
    rounds = min(map(len, kept))
    order = [kept[label][turn] for turn in range(rounds) for label in random.permutation(len(kept))]
    return rows[order]


def _uncut(rows: pl.DataFrame, places: list[int], recipe: Recipe, loaded: LoadedModel) -> list[int]:
    texts, words = _pairs(rows[places], recipe)
    lost = encode_pairs(loaded.tokenizer, texts, words, settings_of(recipe).max_length).lost
    return [place for at, place in enumerate(places) if at not in lost]


def _pairs(rows: pl.DataFrame, recipe: Recipe) -> tuple[list[str], list[str]]:
    assert isinstance(recipe.task, Classification)
    return prompts(rows, recipe.task), completions(rows, recipe.task, "data/train.parquet")


def _examples(rows: pl.DataFrame, per_label: int, draw: int, recipe: Recipe, loaded: LoadedModel) -> Examples:
    text = BETWEEN.join(prompt + word for prompt, word in zip(*_pairs(rows, recipe), strict=True)) + BETWEEN
    name = f"{per_label} per label, draw {draw}"
    return Examples(name, per_label, draw, rows, text, len(loaded.tokenizer(text)["input_ids"]))


def _fitting(
    drawn: Sequence[Examples], asked: pl.DataFrame, recipe: Recipe, loaded: LoadedModel, limit: int
) -> tuple[list[Examples], dict[str, str]]:
    """Return the candidates that leave room for the longest of the rows (as far as training reads it), and why others do not."""
    task, maximum = recipe.task, settings_of(recipe).max_length
    assert isinstance(task, Classification)
    words = list(label_words(task).values())
    encoded = encode_pairs(
        loaded.tokenizer, [text for text in prompts(asked, task) for _word in words], words * asked.height, maximum
    )
    room = limit - max(map(len, encoded.input_ids))
    left_out = {each.name: f"its {each.tokens:,} tokens leave no room" for each in drawn if each.tokens > room}
    return [each for each in drawn if each.tokens <= room], left_out


def scores_after(text: str, rows: pl.DataFrame, recipe: Recipe, loaded: LoadedModel, progress: Progress) -> Numbers:
    """Return the score of every label (rows × labels) with this text before each row's prompt."""
    task = recipe.task
    assert isinstance(task, Classification)
    words, asked = list(label_words(task).values()), [text + prompt for prompt in prompts(rows, task)]
    longest, tokens = longest_prompt(loaded), settings_of(recipe).prediction_tokens
    parts = [
        score_labels(
            loaded, asked[start : start + TOGETHER], words,
            maximum=longest, tokens=tokens, tick=progress.advance, alike=True,
        )
        for start in range(0, len(asked), TOGETHER)
    ]  # fmt: skip
    return np.concatenate([np.zeros((0, len(words))), *parts])


def answers_of(rows: pl.DataFrame, recipe: Recipe, scores: Numbers) -> pl.DataFrame:
    """Return rows with the score of every label and the best label."""
    assert isinstance(recipe.task, Classification)
    return as_table(rows, list(recipe.task.labels), scores)


def _named(name: str) -> pl.Expr:
    return pl.lit(name, dtype=pl.String).alias("candidate")


def _judged(examples: Examples, scores: Numbers, asked: pl.DataFrame, recipe: Recipe) -> Candidate:
    """Return a candidate with its accuracy and its log loss on the validation rows."""
    assert isinstance(recipe.task, Classification)
    labels = list(recipe.task.labels)
    truth = np.array([labels.index(label) for label in asked[recipe.task.label].cast(pl.String)])
    likelihood = scores - np.logaddexp.reduce(scores, axis=1, keepdims=True)
    names = examples.rows.select(row_numbers.names(pl.col("row"), recipe.source_names).alias("name"))["name"]
    return Candidate(
        name=examples.name, per_label=examples.per_label, draw=examples.draw, rows=tuple(names), tokens=examples.tokens,
        accuracy=float(np.mean(scores.argmax(axis=1) == truth)),
        log_loss=-float(np.mean(likelihood[np.arange(len(truth)), truth])),
    )  # fmt: skip
