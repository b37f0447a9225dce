"""The phase `predict`: what the base and the tuned model say about the test rows. No truth stands in what it writes."""

import argparse
import sys
import time
from pathlib import Path
from typing import Literal, get_args

import polars as pl

from curate.files import digest_file, digest_text, read_parquet, write_parquet
from curate.manifest import PhaseRecord
from curate.packages import package_versions
from curate.recipe import Recipe
from curate.recipe_file import load_finished
from curate.store import RunDirectory
from curate.task import Classification
from train.encode import encode_answers, encode_questions
from train.generate import generate
from train.models import (
    LoadedModel,
    base_identity,
    choose_device,
    load_base,
    load_tuned,
    longest_row,
    prepare_base,
    settings_of,
)
from train.process import VERSIONED, run, say
from train.progress import Progress
from train.prompts import label_words, parse_answers, prompts
from train.scoring import log_likelihoods, score_labels

Model = Literal["base", "tuned"]
MODELS: tuple[Model, ...] = get_args(Model)


def main() -> None:
    """Read the command line and predict."""
    parser = argparse.ArgumentParser(
        prog="python -m train.predict", description="Ask the models of a run about its test rows."
    )
    parser.add_argument("run", type=Path, help="the run directory")
    parser.add_argument("models", nargs="*", choices=[*MODELS, []], help="which models; left out: both")
    arguments = parser.parse_args()
    predict(RunDirectory(arguments.run), tuple(model for model in MODELS if model in (arguments.models or MODELS)))


def predict(directory: RunDirectory, models: tuple[Model, ...] = MODELS) -> None:
    """Write `predictions/<model>.parquet` for each model that has none for these inputs; each is recorded as it is finished."""
    directory.check_phase("curate")
    if "tuned" in models:
        directory.check_phase("train")
    recipe = load_finished(directory.recipe)
    keys = {model: predict_key(directory, recipe, model) for model in models}
    done = finished(directory, keys)
    for model in models:
        if model in done:
            say(f"predict: nothing to do, {directory.predictions(model)} is up to date")
            continue
        started = time.monotonic()
        write_parquet(directory.predictions(model), ask(directory, recipe, model))
        done = {**finished(directory, keys), model: keys[model]}
        key = digest_text(*(f"{name} {done[name]}" for name in sorted(done)))
        directory.finish_phase("predict", key, [directory.predictions(name) for name in sorted(done)], started, done)


def predict_key(directory: RunDirectory, recipe: Recipe, model: Model) -> str:
    """Return the key of one model's predictions: everything that they depend on."""
    manifest, settings = directory.read_manifest(), settings_of(recipe)
    files = manifest.phases["curate"].files
    data = ["data/test.parquet", *(["data/train.parquet"] if settings.base == "demo" else [])]
    weights = (
        sorted(f"{name} {digest}" for name, digest in manifest.phases["train"].files.items())
        if model == "tuned"
        else []
    )
    versions = [f"{name} {version}" for name, version in package_versions(VERSIONED).items()]
    return digest_text(
        "predict", model, settings.model_dump_json(), recipe.task.model_dump_json(), str(recipe.seed), base_identity(settings.base),
        *(f"{name} {files[name]}" for name in data), *weights, *versions,
    )  # fmt: skip


def finished(directory: RunDirectory, keys: dict[Model, str]) -> dict[str, str]:
    """Return the recorded key of each model whose predictions are unharmed, and made from these inputs where `keys` says which."""
    record: PhaseRecord | None = directory.read_manifest().phases.get("predict")
    if record is None:
        return {}
    found = {}
    for model in MODELS:
        path = directory.predictions(model)
        digest = record.files.get(str(path.relative_to(directory.path)))
        current = model not in keys or record.notes.get(model) == keys[model]
        if digest and current and path.is_file() and digest_file(path) == digest:
            found[str(model)] = record.notes[model]
    return found


def ask(directory: RunDirectory, recipe: Recipe, name: Model) -> pl.DataFrame:
    """Load one model and return its predictions for the test rows, in row order."""
    device = choose_device(settings_of(recipe).device)
    base = prepare_base(directory, recipe)
    is_tuned = name == "tuned"
    loaded = load_tuned(directory.model, base, recipe, device) if is_tuned else load_base(base, recipe, device)
    rows = read_parquet(directory.data("test")).sort("row")
    asked = classify if isinstance(recipe.task, Classification) else answer
    return asked(rows, recipe, loaded, name)


def classify(rows: pl.DataFrame, recipe: Recipe, loaded: LoadedModel, title: str) -> pl.DataFrame:
    """Return the score of every label, the best label, and what the model writes by itself for the first rows."""
    task, settings = recipe.task, settings_of(recipe)
    assert isinstance(task, Classification)
    words = label_words(task)
    labels = list(words)
    maximum = longest_row(loaded.model.config, settings.max_length)
    with Progress(f"predicting, {title}", rows.height * len(words)) as progress:
        scores = score_labels(
            loaded, prompts(rows, task), list(words.values()),
            maximum=maximum, tokens=settings.prediction_tokens, tick=progress.advance,
        )  # fmt: skip
    generated = write_first(rows, recipe, loaded, title)
    return rows.select("row").with_columns(
        *(pl.Series(f"score_{label}", scores[:, place], dtype=pl.Float64) for place, label in enumerate(labels)),
        pl.Series("answer", [labels[place] for place in scores.argmax(axis=1)], dtype=pl.String),
        generated.alias("generated"),
        parse_answers(generated, task).alias("generated_answer"),
    )


def answer(rows: pl.DataFrame, recipe: Recipe, loaded: LoadedModel, title: str) -> pl.DataFrame:
    """Return the loss of every row's answer in nats, its tokens, and what the model writes for the first rows."""
    settings = settings_of(recipe)
    maximum = longest_row(loaded.model.config, settings.max_length)
    encoded = encode_answers(rows, recipe, loaded.tokenizer, maximum, "data/test.parquet")
    with Progress(f"predicting, {title}", rows.height) as progress:
        likelihood, tokens = log_likelihoods(loaded, encoded, settings.prediction_tokens, progress.advance)
    return rows.select("row").with_columns(
        pl.Series("loss", -likelihood, dtype=pl.Float64),
        pl.Series("tokens", tokens, dtype=pl.Int64),
        write_first(rows, recipe, loaded, title).alias("answer"),
    )


def write_first(rows: pl.DataFrame, recipe: Recipe, loaded: LoadedModel, title: str) -> pl.Series:
    """Return what the model writes after the first rows' prompts; null for the rows after them."""
    settings = settings_of(recipe)
    first, longest = rows.head(settings.generation.rows), settings.generation.max_new_tokens
    positions = getattr(loaded.model.config, "max_position_embeddings", None)
    room = settings.max_length if positions is None else min(settings.max_length, positions - longest)
    questions = encode_questions(first, recipe, loaded.tokenizer, room)
    with Progress(f"writing, {title}", first.height) as progress:
        texts = generate(
            loaded, questions, longest_answer=longest, tokens=settings.prediction_tokens, tick=progress.advance
        )
    return pl.Series("generated", [*texts, *[None] * (rows.height - first.height)], dtype=pl.String)


if __name__ == "__main__":
    sys.exit(run(main))
