"""What tuning works on: a recipe's rows as tokens, with its base's tokenizer and shape; then the base itself, loaded."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from curate.errors import Mistake, UserError
from curate.files import read_parquet
from curate.recipe import Recipe
from curate.store import RunDirectory
from curate.task import Classification
from curate.train_settings import Train
from train.adapters import check_four_bits
from train.bases import prepare_base
from train.dropout import dropout_names, tell_other_dropout
from train.encode import encode_answers
from train.models import LoadedModel, Outline, base_outline, choose_device, load_base, longest_row
from train.room import longest_question, writes
from train.settings import settings_of
from train.token_batches import check_batch_tokens
from train.tokens import Encoded
from train.weighting import row_weights

SIDES = ("train", "validation", "test")
LEARNED = ("train", "validation")


@dataclass(frozen=True)
class Ready:
    """What is known before any weight is loaded: tokenizer and shape of the base, and the rows of every side as tokens.

    Of the test side only rows that have an answer are here. `device` is where the model will stand.
    """

    recipe: Recipe
    device: str
    outline: Outline
    rows: Mapping[str, pl.DataFrame]
    encoded: Mapping[str, Encoded]


@dataclass(frozen=True)
class Job:
    """Everything that tuning needs, read and checked."""

    recipe: Recipe
    base: Path
    device: str
    loaded: LoadedModel
    train: Encoded
    validation: Encoded
    validation_rows: pl.DataFrame


def get_ready(directory: RunDirectory, recipe: Recipe) -> Ready:
    """Turn the rows of every side into tokens; raises `UserError` if there is none to learn from."""
    settings = settings_of(recipe)
    device = choose_device(settings.device)
    if settings.method == "qlora":
        check_four_bits(device)
    sides = {side: _answered(read_parquet(directory.data(side)).sort("row"), recipe, side) for side in SIDES}
    if not sides["train"].height:
        hint = "'fairlead curate' shows what each step dropped"
        raise UserError(Mistake(str(directory.data("train")), "no row is left to learn from", hint))
    outline = base_outline(directory, recipe)
    maximum = longest_row(outline.config, settings.max_length)
    if writes(recipe):
        longest_question(outline.config, settings)
    if settings.dropout and not dropout_names(outline.config):
        raise UserError(Mistake("train.dropout", "the base has no layer of dropout", "leave it out"))
    encoded = {
        side: encode_answers(rows, recipe, outline.tokenizer, maximum, str(directory.data(side)))
        for side, rows in sides.items()
    }
    if settings.batch_tokens is not None:
        check_batch_tokens(settings.batch_tokens, [len(ids) for side in LEARNED for ids in encoded[side].input_ids])
    if not encoded["validation"].supervised_rows().input_ids:
        check_evaluation(settings)
    encoded["train"] = replace(encoded["train"], weights=row_weights(sides["train"]))
    return Ready(recipe, device, outline, sides, encoded)


def check_evaluation(settings: Train) -> None:
    """Raise `UserError` where the trainer is to evaluate: called where there are no validation rows."""
    wanted = settings.trainer.get("eval_strategy", "no")
    if wanted != "no":
        what = f"eval_strategy: {wanted} asks for validation rows, and there are none"
        raise UserError(Mistake("train.trainer", what, "leave it out, or let split: {validation: ...} hold some back"))


def _answered(rows: pl.DataFrame, recipe: Recipe, side: str) -> pl.DataFrame:
    """Return the rows; of the test side, where a label may be unknown, those whose label the task lists."""
    task = recipe.task
    if side != "test" or not isinstance(task, Classification):
        return rows
    return rows.filter(pl.col(task.label).cast(pl.String).is_in(list(task.labels)))


def prepare(directory: RunDirectory, ready: Ready) -> Job:
    """Load the base; the demo base is made if it is not cached."""
    base = prepare_base(directory, ready.recipe)
    loaded = load_base(base, ready.recipe, ready.device, to_tune=True)
    tell_other_dropout(loaded.model, settings_of(ready.recipe).dropout)
    known = ready.outline.tokenizer
    assert loaded.tokenizer.get_vocab() == known.get_vocab(), "the rows were tokenised by another tokenizer"
    assert loaded.tokenizer.chat_template == known.chat_template, "the rows were rendered by another chat template"
    encoded, rows = ready.encoded, ready.rows["validation"]
    return Job(ready.recipe, base, ready.device, loaded, encoded["train"], encoded["validation"], rows)
