"""The base with examples in its prompt: which examples, chosen on validation rows and never on a test row, and what it then says.

An example is a training row as training writes it: its prompt, and the word of its label with the blank before it, without an end
token. Examples are joined by a blank line, and so is the row that is asked: as much of it as is read without examples. The whole is
tokenised together, and a label's score is the log-likelihood of its word and of the end token, as without examples. (After examples
a base may expect a blank line where the end token is scored; that costs each label about the same.)

Rows that a step made (`parent`) are no examples, nor are rows that training would cut. Each draw orders the rows of every label by
the seed; its first k of each label, label by label in an order of chance, are a candidate. One after which a validation row that is
asked has no room for all examples is not tried. A test row may be longer: it then loses the beginning of the examples (`cut`).
"""

from dataclasses import dataclass

import numpy as np
import polars as pl

from curate import rows as row_numbers
from curate.few_shot import Candidate, FewShotChoice
from curate.files import read_parquet
from curate.recipe import Recipe
from curate.store import RunDirectory
from curate.task import Classification
from train.after_examples import Flags, encode_after, longest_prompt, parts_asked, scores_after, scores_of
from train.draws import drawn_places
from train.models import LoadedModel
from train.progress import Progress
from train.prompts import completions, prompts
from train.scoring import as_table
from train.settings import settings_of
from train.shared_beginnings import Numbers
from train.tokens import encode_pairs

PER_LABEL = (1, 2, 4, 8)
"""How many examples of each label are tried."""
DRAWS = 2
ROWS = 100
"""So many validation rows are asked at most, drawn by the seed: one of them is a point of accuracy."""
BETWEEN = "\n\n"
NO_ROWS = "there are no validation rows to choose examples by"
NO_ROOM = "no examples leave room for a row"
ABSENT = "no training row that was read has the label '{}'"
ALL_CUT = "training cuts every row that has the label '{}'"


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
    limit = longest_prompt(recipe, loaded)
    bare = FewShotChoice(validation_rows=asked.height, validation_rows_there=there.height, longest=limit)
    drawn = draw_examples(directory, recipe, loaded) if asked.height else []
    parts, tried, left_out = parts_asked(asked, recipe, loaded), list[Candidate](), dict[str, str]()
    tables = [answers_of(asked[:0], recipe, np.zeros((0, len(task.labels)))).select(_named(""), pl.all())]
    with Progress("few-shot, choosing", len(drawn) * len(parts)) as progress:
        for examples in drawn:
            encoded = encode_after(examples.text, parts, recipe, loaded) if examples.tokens <= limit else None
            if encoded is None or encoded.lost:
                left_out[examples.name] = f"its {examples.tokens:,} tokens leave no room"
                progress.advance(len(parts))
                continue
            scores = scores_of(encoded, recipe, loaded, progress)
            tables.append(answers_of(asked, recipe, scores).select(_named(examples.name), pl.all()))
            tried.append(_judged(examples, scores, asked, recipe))
    best = min(tried, key=lambda one: (-one.accuracy, one.log_loss, one.per_label, one.draw), default=None)
    why = NO_ROWS if not asked.height else NO_ROOM if drawn else _lacking(directory, recipe, loaded)
    found = {"candidates": tuple(tried), "left_out": left_out}
    chosen = {"chosen": best.name} if best is not None else {"undefined": why}
    return pl.concat(tables), bare.model_copy(update={**found, **chosen})


def answer_after(directory: RunDirectory, recipe: Recipe, loaded: LoadedModel, choice: FewShotChoice) -> pl.DataFrame:
    """Return what the base says of the test rows after the chosen examples; no row where none were chosen.

    `cut` says that a row was so long that the examples before it lost their beginning.
    """
    task, rows = recipe.task, read_parquet(directory.data("test")).sort("row")
    assert isinstance(task, Classification)
    best = next((each for each in draw_examples(directory, recipe, loaded) if each.name == choice.chosen), None)
    if best is None:
        none = answers_of(rows[:0], recipe, np.zeros((0, len(task.labels))))
        return none.with_columns(_flagged(np.zeros(0, dtype=np.bool_)))
    with Progress("predicting, few-shot base", rows.height * len(task.labels)) as progress:
        scores, cut = scores_after(best.text, rows, recipe, loaded, progress)
    return answers_of(rows, recipe, scores).with_columns(_flagged(cut))


def labelled(rows: pl.DataFrame, task: Classification) -> pl.DataFrame:
    """Return the rows whose label the task lists, in row order."""
    return rows.filter(pl.col(task.label).cast(pl.String).is_in(list(task.labels))).sort("row")


def examples_among(directory: RunDirectory, task: Classification) -> pl.DataFrame:
    """Return the training rows that may be examples if they are not cut: labelled, and read rather than made by a step."""
    return labelled(read_parquet(directory.data("train")).filter(pl.col("parent").is_null()), task)


def draw_examples(directory: RunDirectory, recipe: Recipe, loaded: LoadedModel) -> list[Examples]:
    """Return every candidate that the training rows have enough rows for, the fewest examples first."""
    task = recipe.task
    assert isinstance(task, Classification)
    rows = examples_among(directory, task)
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


def _lacking(directory: RunDirectory, recipe: Recipe, loaded: LoadedModel) -> str:
    """Say of each label that has no row for an example whether it has none at all, or none that is whole."""
    task = recipe.task
    assert isinstance(task, Classification)
    rows, found = examples_among(directory, task), []
    for label in task.labels:
        places = (rows[task.label].cast(pl.String) == label).arg_true().to_list()
        if not places:
            found.append(ABSENT.format(label))
        elif not _uncut(rows, places, recipe, loaded):
            found.append(ALL_CUT.format(label))
    return "; ".join(found)


def _pairs(rows: pl.DataFrame, recipe: Recipe) -> tuple[list[str], list[str]]:
    assert isinstance(recipe.task, Classification)
    return prompts(rows, recipe.task), completions(rows, recipe.task, "data/train.parquet")


def _examples(rows: pl.DataFrame, per_label: int, draw: int, recipe: Recipe, loaded: LoadedModel) -> Examples:
    text = BETWEEN.join(prompt + word for prompt, word in zip(*_pairs(rows, recipe), strict=True)) + BETWEEN
    name = f"{per_label} per label, draw {draw}"
    return Examples(name, per_label, draw, rows, text, len(loaded.tokenizer(text)["input_ids"]))


def answers_of(rows: pl.DataFrame, recipe: Recipe, scores: Numbers) -> pl.DataFrame:
    """Return rows with the score of every label and the best label."""
    assert isinstance(recipe.task, Classification)
    return as_table(rows, list(recipe.task.labels), scores)


def _flagged(cut: Flags) -> pl.Series:
    return pl.Series("cut", cut, dtype=pl.Boolean)


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
