"""The phase `predict`: what both models say of test rows, validation rows, probes and text from elsewhere. It writes no truth."""

import argparse
import sys
import time
from functools import cache, partial
from pathlib import Path

import polars as pl

from curate.few_shot import FewShotChoice
from curate.files import digest_file, digest_text, read_parquet, write_parquet, write_text
from curate.manifest import PhaseRecord
from curate.packages import package_versions
from curate.probes.neutral_texts import NeutralTexts
from curate.recipe import Recipe
from curate.recipe_file import load_finished
from curate.store import RunDirectory
from curate.task import Classification
from train.bases import base_identity, prepare_base
from train.draws import drawn_places
from train.encode import answer_bytes, encode_answers
from train.few_shot import answer_after, choose
from train.generate import generate
from train.models import LoadedModel, choose_device, load_base, load_tuned, longest_row
from train.neutral_texts import ask_texts
from train.probes import ask_probe
from train.process import VERSIONED, run, say
from train.progress import Progress
from train.prompts import asks_nothing, label_words, parse_answers, prompts
from train.questions import MODELS, Model, Question, every_question
from train.room import questions_to_continue
from train.scoring import as_table, encode_labels, log_likelihoods, score_encoded
from train.settings import settings_of
from train.tokens import Encoded

VERSION = 4
"""Rises when the same model is asked otherwise, or its answers are written otherwise."""


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
    """Write what each model says, file by file, where there is none for these inputs; each is recorded as it is finished.

    `predictions/<model>.parquet` is about the test rows, `predictions/validation/<model>.parquet` about the validation rows (the
    scores of a classification alone: what is fitted on them), `predictions/probes/<probe>/<model>.parquet` about a probe's items,
    `predictions/outside/<file>/<model>.parquet` about the rows of a file from elsewhere. `predictions/few_shot/` holds which
    examples were tried on validation rows (`choice.json`, `validation.parquet`), and what the base says of the test rows after
    those that were chosen (`base.parquet`).
    """
    started = time.monotonic()
    directory.check_phase("curate")
    if "tuned" in models:
        directory.check_phase("train")
    recipe = load_finished(directory.recipe)
    keys = {
        about: predict_key(directory, recipe, about)
        for about in every_question(directory, recipe)
        if about.model in models
    }
    done = finished(directory, recipe, keys)
    for model in models:
        load = cache(partial(load_model_of, directory, recipe, model))
        for about, key in keys.items():
            if about.model != model:
                continue
            loaded = load if about.seed is None else partial(load_model_of, directory, recipe, model, about.seed)
            if about.name in done:
                say(f"predict: nothing to do, {about.predictions(directory)} is up to date")
                continue
            write_answer(directory, recipe, loaded(), about)
            done = {**finished(directory, recipe, keys), about.name: key}
            asked = [each for each in every_question(directory, recipe) if each.name in done]
            files = [path for each in asked for path in each.files(directory)]
            whole = digest_text(*(f"{name} {done[name]}" for name in sorted(done)))
            directory.finish_phase("predict", whole, files, started, done)


def predict_key(directory: RunDirectory, recipe: Recipe, about: Question) -> str:
    """Return the key of an answer: everything that it depends on."""
    manifest, settings = directory.read_manifest(), settings_of(recipe)
    files = manifest.phases["curate"].files
    data = [
        str(about.asked(directory).relative_to(directory.path)),
        *(["data/train.parquet"] if settings.base == "demo" or about.few_shot is not None else []),
        *(["data/validation.parquet"] if about.few_shot is not None else []),
    ]
    weights = (
        sorted(f"{name} {digest}" for name, digest in manifest.phases["train"].files.items())
        if about.model == "tuned"
        else []
    )
    versions = [f"{name} {version}" for name, version in package_versions(VERSIONED).items()]
    said = (about.name, settings.model_dump_json(), recipe.task.model_dump_json(), str(recipe.seed))
    inputs = (*(f"{name} {files[name]}" for name in data), *weights, *versions)
    return digest_text("predict", str(VERSION), *said, base_identity(settings.base), *inputs)


def finished(directory: RunDirectory, recipe: Recipe, keys: dict[Question, str]) -> dict[str, str]:
    """Return the recorded key of each answer that is unharmed, and made from these inputs where `keys` says which."""
    record: PhaseRecord | None = directory.read_manifest().phases.get("predict")
    if record is None:
        return {}
    found = {}
    for about in every_question(directory, recipe):
        files = about.files(directory)
        current = about not in keys or record.notes.get(about.name) == keys[about]
        if current and all(_unharmed(directory, record, path) for path in files):
            found[about.name] = record.notes[about.name]
    return found


def _unharmed(directory: RunDirectory, record: PhaseRecord, path: Path) -> bool:
    digest = record.files.get(str(path.relative_to(directory.path)))
    return digest is not None and path.is_file() and digest_file(path) == digest


def load_model_of(directory: RunDirectory, recipe: Recipe, name: Model, seed: int | None = None) -> LoadedModel:
    """Load the base or the tuned model of a run, or with a `seed` the model that was tuned with that one."""
    device = choose_device(settings_of(recipe).device)
    base = prepare_base(directory, recipe)
    tuned = directory.model if seed is None else directory.seeds / str(seed)
    return load_tuned(tuned, base, recipe, device) if name == "tuned" else load_base(base, recipe, device)


def write_answer(directory: RunDirectory, recipe: Recipe, loaded: LoadedModel, about: Question) -> None:
    """Ask a model, and write its answer."""
    if about.few_shot == "choice":
        table, choice = choose(directory, recipe, loaded)
        write_text(directory.few_shot_choice, choice.model_dump_json(indent=2) + "\n")
    elif about.few_shot == "test":
        chosen = FewShotChoice.model_validate_json(directory.few_shot_choice.read_text(encoding="utf-8"))
        table = answer_after(directory, recipe, loaded, chosen)
    else:
        table = ask(directory, recipe, loaded, about)
    write_parquet(about.predictions(directory), table)


def ask(directory: RunDirectory, recipe: Recipe, loaded: LoadedModel, about: Question) -> pl.DataFrame:
    """Return what a model says of the rows of a side, in row order, or of the items of a probe."""
    if about.probe is not None:
        items = read_parquet(about.asked(directory)).sort("item", "choice")
        if isinstance(about.probe, NeutralTexts):
            base = load_model_of(directory, recipe, "base") if about.model == "tuned" else None
            return ask_texts(items, recipe, loaded, about.model, base)
        return ask_probe(items, about.probe, recipe, loaded, about.model)
    rows = read_parquet(about.asked(directory)).sort("row")
    if not isinstance(recipe.task, Classification):
        return answer(rows, recipe, loaded, about)
    scored = classify(rows, recipe, loaded, about)
    if about.side == "validation" or about.seed is not None or about.outside is not None:
        return scored
    written = write_some(rows, recipe, loaded, about.model).rename({"text": "generated"})
    parsed = parse_answers(written["generated"], recipe.task).alias("generated_answer")
    return pl.concat([scored, written.with_columns(parsed)], how="horizontal")


def classify(rows: pl.DataFrame, recipe: Recipe, loaded: LoadedModel, about: Question) -> pl.DataFrame:
    """Return the score of every label and the best label; of a file from elsewhere also which rows were `cut`."""
    task, settings = recipe.task, settings_of(recipe)
    assert isinstance(task, Classification)
    words = label_words(task)
    maximum = longest_row(loaded.model.config, settings.max_length)
    with Progress(f"predicting, {about.name}", rows.height * len(words)) as progress:
        encoded = encode_labels(loaded, prompts(rows, task), list(words.values()), maximum)
        scores = score_encoded(loaded, encoded, len(words), tokens=settings.prediction_tokens, tick=progress.advance)
    table = as_table(rows, list(words), scores)
    return table if about.outside is None else table.with_columns(_cut(rows.height, encoded, len(words)))


def answer(rows: pl.DataFrame, recipe: Recipe, loaded: LoadedModel, about: Question) -> pl.DataFrame:
    """Return the loss of every row's answer in nats, its tokens and bytes, and what the model writes for some test rows.

    Of a file from elsewhere nothing is written, and which rows were `cut` is told.
    """
    title, where = (about.model, "data/test.parquet") if about.outside is None else (about.name, about.outside)
    task, settings = recipe.task, settings_of(recipe)
    assert not isinstance(task, Classification)
    maximum = longest_row(loaded.model.config, settings.max_length)
    encoded = encode_answers(rows, recipe, loaded.tokenizer, maximum, where)
    with Progress(f"predicting, {title}", rows.height) as progress:
        likelihood, tokens = log_likelihoods(loaded, encoded, settings.prediction_tokens, progress.advance)
    scored = rows.select("row").with_columns(
        pl.Series("loss", -likelihood, dtype=pl.Float64),
        pl.Series("tokens", tokens, dtype=pl.Int64),
        pl.Series("bytes", answer_bytes(rows, task, encoded), dtype=pl.Int64),
    )
    if about.outside is not None:
        return scored.with_columns(_cut(rows.height, encoded))
    written = write_some(rows, recipe, loaded, title).rename({"text": "answer"})
    return pl.concat([scored, written], how="horizontal")


def _cut(rows: int, encoded: Encoded, each: int = 1) -> pl.Series:
    """Return which rows lost their beginning, for they are longer than the longest row; `each` encoded ones are of one row."""
    lost = {place // each for place in encoded.lost}
    return pl.Series("cut", [row in lost for row in range(rows)], dtype=pl.Boolean)


def write_some(rows: pl.DataFrame, recipe: Recipe, loaded: LoadedModel, title: str) -> pl.DataFrame:
    """Return what the model writes after the prompts of some rows, drawn by the recipe's seed; null for the others.

    `text`, `written_tokens` (without the end token), and whether the model `ended` it by its end token.
    """
    settings = settings_of(recipe)
    wanted = 0 if asks_nothing(recipe.task) else settings.generation.rows
    places = drawn_places(rows.height, wanted, recipe.seed)
    drawn, longest = rows[places], settings.generation.max_new_tokens
    questions = questions_to_continue(drawn, recipe, loaded, f"predict, {title}")
    with Progress(f"writing, {title}", drawn.height) as progress:
        written = generate(
            loaded, questions, longest_answer=longest, tokens=settings.prediction_tokens, tick=progress.advance
        )
    schema = {"text": pl.String, "written_tokens": pl.Int64, "ended": pl.Boolean}
    found = pl.DataFrame(written, schema=schema, orient="row").with_columns(pl.Series("place", places, dtype=pl.Int64))
    every = pl.DataFrame({"place": pl.int_range(rows.height, eager=True)})
    return every.join(found, on="place", how="left", maintain_order="left").drop("place")


if __name__ == "__main__":
    sys.exit(run(main))
